#include "checkpoint/checkpoint_file.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/checkpoint/same_tensors.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

double counting(std::size_t i) { return static_cast<double>(i); }

TinyTensors some_tensors() {
  TinyTensor turned = tiny_tensor({4, 3}, counting, NumberFormat::F16);
  turned.turned = true;
  return {{"a.weight", tiny_tensor({3, 4}, counting)},
          {"a.turned", turned},
          {"b", tiny_tensor({3}, counting, NumberFormat::I64)},
          {"c", tiny_tensor({}, 1.5, NumberFormat::BF16)},
          {"d", tiny_tensor({0, 3}, 0, NumberFormat::F64)}};
}

class CheckpointLayouts : public testing::TestWithParam<std::pair<bool, bool>> {};

TEST_P(CheckpointLayouts, GiveBackEveryTensor) {
  const TemporaryFolder folder;
  const TinyTensors written = some_tensors();
  TinyCheckpointOptions options;
  options.legacy = GetParam().first;
  options.state_dict = GetParam().second;
  write_checkpoint(folder / "a.ckpt", written, options);
  const auto file = CheckpointFile::open(folder / "a.ckpt");
  expect_same(*file, written);
}

TEST(Checkpoint, ReadsAnyPartOfATurnedMatrix) {
  const TemporaryFolder folder;
  write_checkpoint(folder / "a.ckpt", some_tensors());
  const auto file = CheckpointFile::open(folder / "a.ckpt");
  const std::string whole = some_tensors().at("a.turned").bytes();
  for (std::size_t begin = 0; begin <= whole.size(); begin += 2) {
    for (std::size_t end = begin; end <= whole.size(); end += 2) {
      std::string part(end - begin, '?');
      file->read("a.turned", begin, std::as_writable_bytes(std::span(part)));
      EXPECT_EQ(part, whole.substr(begin, end - begin)) << begin << " " << end;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts,
                         CheckpointLayouts,
                         testing::Values(std::pair{false, true},
                                         std::pair{false, false},
                                         std::pair{true, true},
                                         std::pair{true, false}));

TEST(Checkpoint, RefusesCodeAndRunsNothing) {
  const TemporaryFolder folder;
  const std::string marker = (folder / "ran").string();
  const std::string command = "touch " + marker;
  TinyCheckpointOptions options;
  options.extra_pickle =
      std::string("cos\nsystem\n(X") + little_endian(command.size(), 4) + command + "tR";
  for (const bool legacy : {false, true}) {
    options.legacy = legacy;
    write_checkpoint(folder / "model.ckpt", some_tensors(), options);
    expect_error(ErrorCode::Unsupported,
                 "model.ckpt: asks for os.system; only tensors and plain containers are loaded",
                 [&] { CheckpointFile::open(folder / "model.ckpt"); });
  }
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST(Checkpoint, RefusesTruncations) {
  const TemporaryFolder folder;
  for (const bool legacy : {false, true}) {
    TinyCheckpointOptions options;
    options.legacy = legacy;
    write_checkpoint(folder / "a.ckpt", {{"a", tiny_tensor({5}, counting)}}, options);
    const std::string whole = read_file(folder / "a.ckpt");
    for (std::size_t length = 1; length < whole.size(); ++length) {
      write_bytes(folder / "cut.ckpt", whole.substr(0, length));
      EXPECT_THROW(CheckpointFile::open(folder / "cut.ckpt"), Error) << legacy << " " << length;
    }
  }
}

/// A checkpoint whose only tensor claims another shape, stride, offset or storage than it has.
void write_lie(const std::filesystem::path& path, const std::string& tail, std::size_t bytes) {
  const std::string storage =
      "(\x8c\x07storagectorch\nFloatStorage\n\x8c\x01"
      "0\x8c\x03"
      "cpuK\x04tQ";
  const std::string pickle =
      "\x80\x02}\x8c\x01"
      "actorch._utils\n_rebuild_tensor_v2\n(" +
      storage + tail + "\x89}tRs.";
  write_bytes(path, zip_bytes({{"m/data.pkl", pickle}, {"m/data/0", std::string(bytes, '\0')}}));
}

TEST(Checkpoint, RefusesViewsBeyondTheirStorage) {
  using namespace std::string_literals;
  const TemporaryFolder folder;
  const auto path = folder / "a.ckpt";
  write_lie(path, "K\x00K\x04\x85K\x01\x85"s, 16);
  EXPECT_EQ(CheckpointFile::open(path)->shape("a"), std::vector<std::int64_t>{4});
  const std::pair<std::string, std::size_t> lies[] = {
      {"K\x00K\x04\x85K\x01\x85"s, 12},              // the file has three numbers
      {"K\x01K\x04\x85K\x01\x85"s, 16},              // offset 1, four numbers
      {"K\x00K\x04\x85K\x02\x85"s, 16},              // every second of eight
      {"K\x00K\x05\x85K\x00\x85"s, 16},              // one number five times
      {"J\xff\xff\xff\xffK\x04\x85K\x01\x85"s, 16},  // negative offset
      {"K\x00J\xff\xff\xff\xff\x85K\x01\x85"s, 16},  // negative side
      {"K\x00K\x02\x85J\xff\xff\xff\xff\x85"s, 16},  // negative stride
      {"K\x00\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x40K\x08\x86K\x01K\x01\x86"s, 16},
      {"K\x00K\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85"s, 16},
  };
  for (const auto& [tail, bytes] : lies) {
    write_lie(path, tail, bytes);
    expect_error(ErrorCode::Corrupt, "reaches beyond", [&] { CheckpointFile::open(path); });
  }
  write_bytes(path, zip_bytes({{"m/other", "x"}}));
  expect_error(ErrorCode::Unsupported, "data.pkl", [&] { CheckpointFile::open(path); });
  write_bytes(path, "plain text");
  expect_error(ErrorCode::Corrupt, "no PyTorch file", [&] { CheckpointFile::open(path); });
}

/// A TorchScript module as its archive has it: an object of a class that the archive defines.
std::string script_module(const std::string& global, const std::string& attributes) {
  return "c" + global + "\n)\x81}(\x8c\x08training\x88" + attributes + "ub";
}

TEST(Checkpoint, ReadsTheModulesOfTorchScript) {
  using namespace std::string_literals;
  const TemporaryFolder folder;
  std::string pickle =
      "\x8c\x06weightctorch._utils\n_rebuild_tensor_v2\n((\x8c\x07storagectorch\nFloatStorage\n"
      "\x8c\x01"
      "0\x8c\x03"
      "cpuK\x04tQK\x00K\x04\x85K\x01\x85\x89}tR"s;
  for (int level = 0; level < 6; ++level) {
    pickle =
        "\x8c\x01"
        "m" +
        script_module("__torch__.some.___torch_mangle_3\nConv2d", pickle);
  }
  const std::string numbers(16, '\0');
  const auto write = [&](const std::string& top) {
    write_bytes(folder / "net.pt",
                zip_bytes({{"n/data.pkl", "\x80\x02" + script_module(top, pickle) + "."},
                           {"n/data/0", numbers},
                           {"n/code/__torch__.py", "import os"},
                           {"n/constants.pkl", "not looked at"}}));
  };
  write("__torch__\nNet");
  const auto file = CheckpointFile::open(folder / "net.pt");
  EXPECT_EQ(file->names(), std::vector<std::string>{"m.m.m.m.m.m.weight"});
  EXPECT_EQ(read_numbers(*file, "m.m.m.m.m.m.weight"), std::vector<double>(4, 0.0));
  for (const char* other : {"__torch__x\nNet", "__torch\nNet", "os\n__torch__"}) {
    write(other);
    expect_error(ErrorCode::Unsupported, "asks for",
                 [&] { CheckpointFile::open(folder / "net.pt"); });
  }
}

TEST(Checkpoint, RefusesOtherByteOrder) {
  const TemporaryFolder folder;
  write_bytes(folder / "a.ckpt", zip_bytes({{"m/data.pkl", "\x80\x02}."}, {"m/byteorder", "big"}}));
  expect_error(ErrorCode::Unsupported, "little-endian",
               [&] { CheckpointFile::open(folder / "a.ckpt"); });
}

TEST(Checkpoint, EndsWhenContainersReferToThemselves) {
  const TemporaryFolder folder;
  // A list that holds itself a thousand times: four levels deep that is 10^12 places.
  std::string pickle = "\x80\x02]q\x01(";
  for (int i = 0; i < 1000; ++i) {
    pickle += "h\x01";
  }
  write_bytes(folder / "a.ckpt", zip_bytes({{"m/data.pkl", pickle + "e."}}));
  expect_error(ErrorCode::Unsupported, "too many values",
               [&] { CheckpointFile::open(folder / "a.ckpt"); });
}

}  // namespace
}  // namespace ptravel
