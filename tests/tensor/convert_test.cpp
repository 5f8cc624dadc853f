#include "tensor/convert.h"

#include <limits>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/cpu/kernels.h"

namespace ptravel {
namespace {

/// Every half there is that is not a NaN.
at::Tensor all_halves(bool with_infinities) {
  at::Tensor bits = at::arange(65536, at::kLong);
  const at::Tensor exponent = bits.bitwise_and(0x7c00);
  const at::Tensor fraction = bits.bitwise_and(0x03ff);
  at::Tensor wanted = exponent.ne(0x7c00);
  if (with_infinities) {
    wanted = wanted.logical_or(fraction.eq(0));
  }
  bits = bits.index({wanted});
  return bits.to(at::kShort).view(at::kHalf);
}

TEST(ConvertNumbers, EveryHalfIsExact) {
  const at::Tensor halves = all_halves(true);
  const Converted result = convert_numbers(halves, at::kFloat);
  EXPECT_TRUE(at::equal(result.numbers, halves.to(at::kFloat)));
  EXPECT_FALSE(result.finite);
  const Converted finite = convert_numbers(all_halves(false), at::kFloat);
  EXPECT_TRUE(finite.finite);
}

TEST(ConvertNumbers, EveryInstructionSetAgrees) {
  const at::Tensor halves = all_halves(true);
  const at::Tensor expected = halves.to(at::kFloat);
  for (const auto* const* table = cpu::runnable_kernels(); *table != nullptr; ++table) {
    at::Tensor wide = at::empty_like(expected);
    EXPECT_FALSE((*table)->convert(cpu::Stored::Float16, halves.data_ptr(), cpu::Element::Float32,
                                   wide.data_ptr(), halves.numel()));
    EXPECT_TRUE(at::equal(wide, expected)) << (*table)->name;
  }
}

TEST(ConvertNumbers, RoundsAsLibTorchDoes) {
  for (const auto from : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    for (const auto to : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
      const at::Tensor x = at::randn({33, 7}).to(from);
      const Converted result = convert_numbers(x.t(), to);
      EXPECT_TRUE(result.numbers.is_contiguous());
      EXPECT_TRUE(at::equal(result.numbers, x.t().to(to))) << from << " to " << to;
      EXPECT_TRUE(result.finite);
      EXPECT_NE(result.numbers.data_ptr(), x.data_ptr());
    }
  }
}

TEST(ConvertNumbers, FindsWhatIsNotFinite) {
  for (const auto type : {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    for (const double broken :
         {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
          std::numeric_limits<double>::quiet_NaN()}) {
      at::Tensor x = at::zeros({1000}).to(type);
      x[997] = broken;
      EXPECT_FALSE(convert_numbers(x, at::kFloat).finite) << type << " " << broken;
      EXPECT_TRUE(convert_numbers(x.narrow(0, 0, 997), at::kFloat).finite);
    }
  }
  EXPECT_TRUE(convert_numbers(at::arange(5, at::kLong), at::kFloat).finite);
}

}  // namespace
}  // namespace ptravel
