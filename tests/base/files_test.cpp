#include "base/files.h"

#include <functional>

#include <gtest/gtest.h>
#include <unistd.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files() : folder_(fs::temp_directory_path() / ("ptravel_files_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }
  fs::path folder_;
};

ErrorCode code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::Internal;
}

TEST_F(Files, AtomicWriteReplacesAndLeavesNoTemporary) {
  const fs::path path = folder_ / "a.txt";
  write_file_atomic(path, "old");
  write_file_atomic(path, "new content");
  EXPECT_EQ(read_file(path), "new content");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Files, FailedWriteKeepsTheOldFile) {
  const fs::path path = folder_ / "taken";
  fs::create_directories(path / "inside");
  EXPECT_EQ(code_of([&] { write_file_atomic(path, "x"); }), ErrorCode::Io);
  EXPECT_TRUE(fs::exists(path / "inside"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Files, ErrorsNameTheFile) {
  EXPECT_EQ(code_of([&] { read_file(folder_ / "missing"); }), ErrorCode::NotFound);
  EXPECT_EQ(code_of([&] { read_file(folder_); }), ErrorCode::Io);
  EXPECT_EQ(code_of([&] { MappedFile::open(folder_ / "missing"); }), ErrorCode::NotFound);
  write_file_atomic(folder_ / "empty", "");
  EXPECT_EQ(code_of([&] { MappedFile::open(folder_ / "empty"); }), ErrorCode::Corrupt);
  write_file_atomic(folder_ / "big", "12345");
  EXPECT_EQ(code_of([&] { read_file(folder_ / "big", 4); }), ErrorCode::Unsupported);
}

TEST_F(Files, MappingShowsAndReadsTheBytes) {
  std::string content(100000, 'x');
  content[5] = 'y';
  write_file_atomic(folder_ / "map", content);
  const MappedFile file = MappedFile::open(folder_ / "map");
  ASSERT_EQ(file.bytes().size(), content.size());
  EXPECT_EQ(file.bytes()[99999], std::byte{'x'});
  std::string part(3, ' ');
  file.read(4, 3, part.data());
  EXPECT_EQ(part, "xyx");
  EXPECT_THROW(file.read(99999, 2, part.data()), Error);
}

TEST_F(Files, ReadingAFileThatWasCutShortIsAnError) {
  write_file_atomic(folder_ / "map", std::string(100000, 'x'));
  const MappedFile file = MappedFile::open(folder_ / "map");
  fs::resize_file(folder_ / "map", 50000);
  std::string part(60000, ' ');
  EXPECT_EQ(code_of([&] { file.read(0, part.size(), part.data()); }), ErrorCode::Io);
}

}  // namespace
}  // namespace ptravel
