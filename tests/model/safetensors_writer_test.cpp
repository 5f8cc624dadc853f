#include "model/safetensors_writer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "model/tensor_sources.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

TEST(SafetensorsWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  const at::Tensor numbers = at::arange(24, at::kFloat).reshape({2, 3, 4}) - 7.5;
  std::map<std::string, at::Tensor> tensors;
  for (const at::ScalarType type :
       {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble, at::kLong, at::kInt}) {
    tensors[std::string("t.") + c10::toString(type)] = numbers.to(type);
  }
  tensors["bytes"] = at::arange(3, at::kByte);
  tensors["empty"] = at::empty({0, 3}, at::kHalf);
  tensors["scalar"] = at::full({}, -2, at::kLong);
  tensors["transposed"] = numbers.transpose(0, 2);
  tensors["learning"] = numbers.clone().requires_grad_();
  write_safetensors(folder / "a.safetensors", tensors, {{"format", "pt"}});
  EXPECT_EQ(folder.names(), std::set<std::string>{"a.safetensors"});
  const auto file = SafetensorsFile::open(folder / "a.safetensors");
  EXPECT_EQ(file->names().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_TRUE(FileTensors(file).tensor(name).equal(tensor)) << name;
    EXPECT_EQ(FileTensors(file).dtype(name), tensor.scalar_type()) << name;
  }
  EXPECT_EQ(file->metadata().at("format"), "pt");
}

TEST(SafetensorsWriter, WritesAFileWithoutTensors) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", {});
  EXPECT_TRUE(SafetensorsFile::open(folder / "a.safetensors")->names().empty());
}

TEST(SafetensorsWriter, RefusesOtherNumberFormats) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::InvalidArgument, "odd", [&] {
    write_safetensors(folder / "a.safetensors", {{"odd", at::zeros({2}, at::kComplexFloat)}});
  });
  EXPECT_TRUE(folder.names().empty());
}

TEST(SafetensorsWriter, LeavesNothingWhereItCannotWrite) {
  const TemporaryFolder folder;
  const std::map<std::string, at::Tensor> tensors = {{"a", at::zeros({2})}};
  write_bytes(folder / "file", "x");
  expect_error(ErrorCode::Io, "file",
               [&] { write_safetensors(folder / "file/a.safetensors", tensors); });
  std::filesystem::create_directories(folder / "a.safetensors/inside");
  expect_error(ErrorCode::Io, "a.safetensors",
               [&] { write_safetensors(folder / "a.safetensors", tensors); });
  EXPECT_EQ(folder.names(), (std::set<std::string>{"a.safetensors", "file"}));
}

}  // namespace
}  // namespace ptravel
