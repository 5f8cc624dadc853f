#include "tensor/cpu/plan_agreement.h"

#include <cstring>
#include <functional>
#include <numeric>

#include <ATen/ATen.h>

#include "tensor/cpu/parallel.h"

namespace ptravel::cpu {
namespace {

using dnnl::memory;
using Description = memory::desc;

constexpr std::int64_t kNumbersPerTask = 1 << 16;

/// About as much as rounding leaves: larger offsets would hide it.
constexpr float kSmall = 1e-6F;

/// A number from -1 to 1 that depends on the place in no simple way.
float number_at(std::int64_t place, std::uint32_t kind) {
  auto hash = static_cast<std::uint32_t>(place) * 0x9E3779B1U + kind * 0x85EBCA77U;
  hash = (hash ^ (hash >> 16)) * 0x7FEB352DU;
  hash = (hash ^ (hash >> 15)) * 0x846CA68BU;
  return static_cast<float>(static_cast<std::int32_t>(hash ^ (hash >> 16))) * 0x1p-31F;
}

/// Memory for a dense layout, filled with value(place) in the layout's number format.
at::Tensor filled(const Description& layout, const std::function<float(std::int64_t)>& value) {
  const bool is_float = format_of(layout) == memory::data_type::f32;
  at::Tensor result = bytes_for(layout);
  const auto count = static_cast<std::int64_t>(layout.get_size() / (is_float ? 4 : 2));
  parallel_ranges(count, kNumbersPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t place = begin; place < end; ++place) {
      if (is_float) {
        static_cast<float*>(result.data_ptr())[place] = value(place);
      } else {
        static_cast<at::BFloat16*>(result.data_ptr())[place] = value(place);
      }
    }
  });
  return result;
}

at::Tensor small_numbers(const Description& layout, std::uint32_t kind) {
  return filled(layout, [kind](std::int64_t place) { return kSmall * number_at(place, kind); });
}

/// Numbers whose second half along an axis, of `length` entries that lie `inner` apart, mirrors the
/// first half times `sign`; a middle entry is zero. Mirrored, because halves in the same order
/// would be added up alike, leaving nothing.
at::Tensor mirrored(const Description& layout,
                    std::int64_t length,
                    std::int64_t inner,
                    float sign,
                    std::uint32_t kind) {
  return filled(layout, [=](std::int64_t place) {
    const std::int64_t entry = place / inner % length;
    const std::int64_t twin = length - 1 - entry;
    return entry < twin   ? number_at(place, kind)
           : entry > twin ? sign * number_at(place + (twin - entry) * inner, kind)
                          : 0.0F;
  });
}

/// The weights that cancel out, with the axes in order.
struct PlainWeights {
  PlainWeights(const Description& like, int reduced) {
    const memory::dims sizes = sizes_of(like);
    layout = Description(sizes, format_of(like),
                         sizes.size() == 4 ? memory::format_tag::abcd : memory::format_tag::ab);
    const std::int64_t inner = std::accumulate(sizes.begin() + reduced + 1, sizes.end(),
                                               std::int64_t{1}, std::multiplies<>());
    numbers = mirrored(layout, sizes[static_cast<std::size_t>(reduced)], inner, -1.0F, 1);
  }
  at::Tensor in(const Description& wanted) const {
    at::Tensor result = bytes_for(wanted);
    reorder_between(layout, numbers, wanted, result);
    return result;
  }

  Description layout;
  at::Tensor numbers;
};

}  // namespace

bool agree(const Plan& plan, const Plan& reference, int reduced) {
  const auto run_on = [](const Plan& which, PlanMemory memory, const at::Tensor& weights,
                         const at::Tensor& out) {
    const at::Tensor scratch = bytes_for(which.scratch);
    memory.weights = weights.data_ptr();
    memory.out = out.data_ptr();
    memory.scratch = scratch.data_ptr();
    run(which, memory);
  };
  const std::int64_t channels = sizes_of(plan.source)[1];
  const at::Tensor source = mirrored(plan.source, channels, 1, 1.0F, 2);
  const at::Tensor bias = small_numbers(plan.bias, 3);
  const at::Tensor residual = small_numbers(addend_layout(plan.addend, plan.out), 4);
  at::Tensor out = small_numbers(plan.out, 5);
  const at::Tensor expected = out.clone();
  PlanMemory memory;
  memory.source = source.data_ptr();
  memory.bias = plan.bias.get_size() > 0 ? bias.data_ptr() : nullptr;
  memory.residual = residual.data_ptr();
  {
    const PlainWeights plain(plan.weights, reduced);
    at::Tensor weights = plain.in(reference.weights);
    run_on(reference, memory, weights, expected);
    if (plan.weights != reference.weights) {
      weights = plain.in(plan.weights);
    }
    run_on(plan, memory, weights, out);
  }
  return std::memcmp(out.data_ptr(), expected.data_ptr(), static_cast<std::size_t>(out.nbytes())) ==
         0;
}

}  // namespace ptravel::cpu
