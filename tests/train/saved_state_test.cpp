#include "apps/train/saved_state.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace ptravel::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFirstPiece = "vae-state-0-0.safetensors";

SavedState some_state(double offset = 0) {
  SavedState state;
  state.tensors = {{"weights", at::arange(100000, at::kFloat) + offset},
                   {"mean", at::arange(60000, at::kFloat) * 0.5},
                   {"steps", at::full({1}, 12, at::kLong)},
                   {"none", at::empty({0}, at::kFloat)}};
  state.numbers = {{"step", 12}, {"seconds", 3.25 + offset}, {"skipped", 1}};
  state.log = "step,loss\n10,0.5\n";
  return state;
}

void expect_same(const std::optional<SavedState>& actual, const SavedState& expected) {
  ASSERT_TRUE(actual.has_value());
  EXPECT_EQ(actual->numbers, expected.numbers);
  EXPECT_EQ(actual->log, expected.log);
  ASSERT_EQ(actual->tensors.size(), expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) {
    EXPECT_TRUE(at::equal(actual->tensors.at(name), tensor)) << name;
  }
}

TEST(SavedState, ComesBack) {
  const TemporaryFolder folder;
  EXPECT_FALSE(load_state(folder.path(), "vae").has_value());
  save_state(folder.path(), "vae", some_state(), 0);
  EXPECT_EQ(folder.names(), (std::set<std::string>{"vae-state.json", kFirstPiece}));
  expect_same(load_state(folder.path(), "vae"), some_state());
  EXPECT_FALSE(load_state(folder.path(), "diffusion").has_value());
}

TEST(SavedState, IsCutIntoPiecesNoLargerThanTheLimit) {
  const TemporaryFolder folder;
  constexpr double kMib = 0.25;
  save_state(folder.path(), "vae", some_state(), kMib);
  EXPECT_EQ(folder.names().size(), 1U + 4);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_LE(static_cast<double>(entry.file_size()), kMib * 1048576) << entry.path();
  }
  expect_same(load_state(folder.path(), "vae"), some_state());
}

TEST(SavedState, ReplacesTheOlderOne) {
  const TemporaryFolder folder;
  save_state(folder.path(), "diffusion", some_state(9), 0.25);
  save_state(folder.path(), "vae", some_state(), 0.25);
  const std::size_t both = folder.names().size();
  save_state(folder.path(), "vae", some_state(1), 0.25);
  EXPECT_EQ(folder.names().size(), both);
  EXPECT_FALSE(fs::exists(folder / kFirstPiece));
  save_state(folder.path(), "vae", some_state(2), 0);
  EXPECT_EQ(folder.names().size(), both - 3);
  expect_same(load_state(folder.path(), "vae"), some_state(2));
  expect_same(load_state(folder.path(), "diffusion"), some_state(9));
}

TEST(SavedState, ACutOffPieceIsCorrupt) {
  for (const double share : {0.9, 0.5, 0.0005, 0.0}) {
    const TemporaryFolder folder;
    save_state(folder.path(), "vae", some_state(), 0);
    const fs::path piece = folder / kFirstPiece;
    fs::resize_file(piece,
                    static_cast<std::uintmax_t>(share * static_cast<double>(fs::file_size(piece))));
    expect_error(ErrorCode::Corrupt, kFirstPiece, [&] { load_state(folder.path(), "vae"); });
  }
}

TEST(SavedState, AMissingPieceIsCorrupt) {
  const TemporaryFolder folder;
  save_state(folder.path(), "vae", some_state(), 0);
  fs::remove(folder / kFirstPiece);
  expect_error(ErrorCode::Corrupt, kFirstPiece, [&] { load_state(folder.path(), "vae"); });
}

TEST(SavedState, AGarbledIndexIsCorrupt) {
  const TemporaryFolder folder;
  save_state(folder.path(), "vae", some_state(), 0);
  const fs::path index = folder / "vae-state.json";
  const std::string good = read_file(index);
  const std::string front = R"({"generation":0,"log":"","numbers":{},"pieces":)";
  std::vector<std::string> garbled = {"",
                                      "\xff\xfe",
                                      "[]",
                                      "7",
                                      "{}",
                                      good.substr(0, good.size() / 2),
                                      front + "[]}",
                                      front + "[1]}",
                                      front + "[null]}",
                                      front + "7}",
                                      front + R"(["../x.safetensors"]})",
                                      front + R"(["none.safetensors"]})",
                                      R"({"generation":"x","log":"","numbers":{},"pieces":[]})",
                                      R"({"generation":0,"log":1,"numbers":{},"pieces":[]})",
                                      R"({"generation":0,"log":"","numbers":[],"pieces":[]})"};
  for (const std::string& text : garbled) {
    write_file_atomic(index, text);
    expect_error(ErrorCode::Corrupt, "[training state]", [&] { load_state(folder.path(), "vae"); });
  }
  write_file_atomic(index, good);
  expect_same(load_state(folder.path(), "vae"), some_state());
}

TEST(SavedState, WhatCannotBeWrittenIsAnErrorOfTheSystem) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "file", "x");
  expect_error(ErrorCode::Io, "file", [&] { save_state(folder / "file", "vae", some_state(), 0); });
}

}  // namespace
}  // namespace ptravel::train
