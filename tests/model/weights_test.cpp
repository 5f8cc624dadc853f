#include "model/weights.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tensor_sources.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

std::shared_ptr<MemoryTensors> memory(const std::map<std::string, at::Tensor>& tensors) {
  auto source = std::make_shared<MemoryTensors>();
  for (const auto& [name, tensor] : tensors) {
    source->add(name, tensor);
  }
  return source;
}

TEST(Weights, LoadsAnOwnCopyInTheChosenFormat) {
  const at::Tensor stored = at::arange(6, at::kHalf).reshape({2, 3});
  const Weights weights(memory({{"net.block.weight", stored}}), "net", "net");
  const at::Tensor loaded = weights.at("block").load("weight", {2, 3}, {});
  EXPECT_EQ(loaded.scalar_type(), at::kFloat);
  EXPECT_TRUE(loaded.equal(stored.to(at::kFloat)));
  const at::Tensor same_type = weights.load("block.weight", {2, 3}, {at::kCPU, at::kHalf});
  EXPECT_NE(same_type.data_ptr(), stored.data_ptr());
  EXPECT_NO_THROW(weights.finish());
}

TEST(Weights, CopiesTransposedTensorsContiguously) {
  const at::Tensor stored = at::arange(6, at::kFloat).reshape({2, 3}).t();
  const Weights weights(memory({{"w", stored}}), "", "net");
  const at::Tensor loaded = weights.load("w", {3, 2}, {});
  EXPECT_TRUE(loaded.is_contiguous());
  EXPECT_TRUE(loaded.equal(stored));
}

TEST(Weights, StopsWhereMuchMoreIsAskedForThanThereIs) {
  const Weights weights(memory({}), "", "net");
  EXPECT_NO_THROW(weights.load("first", {1 << 14, 1 << 14}, {}));
  expect_error(ErrorCode::Corrupt, "first: missing", [&] { weights.load("second", {1}, {}); });
}

TEST(Weights, ReportsEverythingAtOnce) {
  const Weights weights(memory({{"net.shape", at::zeros({2, 9})},
                                {"net.nan", at::full({3}, std::nan(""), at::kHalf)},
                                {"net.inf", at::full({1}, INFINITY, at::kBFloat16)},
                                {"net.extra", at::zeros({7})},
                                {"net.known", at::zeros({1})},
                                {"other.extra", at::zeros({1})}}),
                        "net.", "net");
  EXPECT_EQ(weights.load("shape", {2, 4}, {}).sizes(), at::IntArrayRef({2, 4}));
  EXPECT_EQ(weights.load("gone", {5}, {}).sum().item<float>(), 0.0F);
  weights.load("nan", {3}, {});
  weights.load("inf", {1}, {});
  weights.ignore("known");
  for (const char* part :
       {"[net]", "net.shape: expected [2, 4], file has [2, 9]", "net.gone: missing, expected [5]",
        "net.nan: holds numbers that are not finite", "net.inf: holds",
        "net.extra: not used, [7]"}) {
    expect_error(ErrorCode::Corrupt, part, [&] { weights.finish(); });
  }
  try {
    weights.finish();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("other.extra"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("net.known"), std::string::npos);
  }
}

TEST(Weights, CountsBeyondTwentyProblems) {
  const Weights weights(memory({}), "", "net");
  for (int i = 0; i < 30; ++i) {
    weights.load(std::string("w") + std::to_string(i), {1 << 10, 1 << 10}, {});
  }
  expect_error(ErrorCode::Corrupt, "and 10 more", [&] { weights.finish(); });
}

TEST(Weights, FindsNumbersThatOverflowHalfPrecision) {
  const Weights weights(memory({{"w", at::full({1}, 1e6)}}), "", "net");
  weights.load("w", {1}, {at::kCPU, at::kHalf});
  expect_error(ErrorCode::Corrupt, "too large", [&] { weights.finish(); });
}

TEST(Weights, ShapesDoNotCountAsUse) {
  const Weights weights(memory({{"w", at::zeros({2})}}), "", "net");
  EXPECT_TRUE(weights.contains("w"));
  EXPECT_EQ(weights.shape("w"), std::vector<std::int64_t>{2});
  EXPECT_FALSE(weights.shape("v"));
  expect_error(ErrorCode::Corrupt, "not used", [&] { weights.finish(); });
}

/// A stored tensor of one row of bytes.
std::shared_ptr<FileTensors> file_of(const TemporaryFolder& folder,
                                     const std::string& format,
                                     const std::string& numbers) {
  const auto bytes_each = static_cast<std::size_t>(bytes_per_number(*parse_number_format(format)));
  const std::string header = R"({"a":{"dtype":")" + format + R"(","shape":[)" +
                             std::to_string(numbers.size() / bytes_each) +
                             R"(],"data_offsets":[0,)" + std::to_string(numbers.size()) + "]}}";
  write_bytes(folder / "a.safetensors", safetensors_bytes(header, numbers));
  return FileTensors::open(folder / "a.safetensors");
}

TEST(FileTensors, WidensUnsignedNumbers) {
  const TemporaryFolder folder;
  EXPECT_EQ(file_of(folder, "U32", little_endian(4000000000, 4))->tensor("a").item<std::int64_t>(),
            4000000000);
  EXPECT_EQ(file_of(folder, "U16", little_endian(60000, 2))->tensor("a").item<std::int64_t>(),
            60000);
}

TEST(FileTensors, TakeEveryComputableFormatAndNoOther) {
  const TemporaryFolder folder;
  for (int i = 0; i <= static_cast<int>(NumberFormat::F8E5M2Fnuz); ++i) {
    const auto format = static_cast<NumberFormat>(i);
    const std::string name(number_format_name(format));
    const auto file = file_of(folder, name, std::string(2 * bytes_per_number(format), '\0'));
    EXPECT_EQ(scalar_type(format).has_value(), is_computable(format)) << name;
    if (is_computable(format)) {
      EXPECT_EQ(file->tensor("a").scalar_type(), file->dtype("a")) << name;
      EXPECT_TRUE(file->tensor("a").equal(at::zeros({2}, file->dtype("a")))) << name;
    } else {
      expect_error(ErrorCode::Unsupported, "a.safetensors: tensor \"a\" is stored as " + name,
                   [&] { file->tensor("a"); });
    }
  }
}

TEST(FileTensors, ReadsTurnedMatricesOfCheckpoints) {
  const TemporaryFolder folder;
  TinyTensor turned =
      tiny_tensor({700, 900}, [](std::size_t at) { return static_cast<double>(at); });
  turned.turned = true;
  write_checkpoint(folder / "a.ckpt", {{"a", turned}});
  const at::Tensor read = FileTensors::open(folder / "a.ckpt")->tensor("a");
  EXPECT_TRUE(read.is_contiguous());
  EXPECT_TRUE(read.equal(at::arange(630000, at::kFloat).reshape({700, 900})));
}

}  // namespace
}  // namespace ptravel
