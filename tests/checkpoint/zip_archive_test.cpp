#include "checkpoint/zip_archive.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

auto read(const std::string& bytes) {
  return read_zip_directory(std::as_bytes(std::span(bytes)), "tiny.zip");
}

std::string patched(std::string bytes, std::size_t position, const std::string& with) {
  std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(position));
  return bytes;
}

TEST(ZipArchive, FindsMembers) {
  const std::string bytes = zip_bytes({{"a/b", "hello"}, {"a/", ""}, {"c", ""}});
  const auto members = read(bytes);
  ASSERT_EQ(members.size(), 2U);
  const ZipMember& member = members.at("a/b");
  EXPECT_EQ(bytes.substr(member.offset, member.size), "hello");
  EXPECT_EQ(members.at("c").size, 0U);
  EXPECT_TRUE(looks_like_zip(std::as_bytes(std::span(bytes))));
}

TEST(ZipArchive, RefusesEveryTruncation) {
  const std::string bytes = zip_bytes({{"a", "hello"}, {"b", "world"}});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(read(bytes.substr(0, length)), Error) << length;
  }
}

TEST(ZipArchive, LeavesCompressedCodeOut) {
  const std::string bytes = zip_bytes({{"n/code/a.py", "hello"}, {"n/data.pkl", "world"}});
  const std::size_t record = bytes.find("PK\x01\x02");
  const std::string packed = patched(patched(bytes, record + 10, "\x08"), record + 24, "\x55");
  EXPECT_EQ(read(packed).size(), 1U);
  EXPECT_EQ(read(packed).count("n/data.pkl"), 1U);
  EXPECT_EQ(read(bytes).size(), 2U);
  expect_error(ErrorCode::Unsupported, "encrypted",
               [&] { read(patched(packed, record + 8, "\x01")); });
  expect_error(ErrorCode::Corrupt, "more than the file has",
               [&] { read(patched(packed, record + 20, "\xf0\xf0\xf0\x10")); });
}

TEST(ZipArchive, RefusesLies) {
  const std::string bytes = zip_bytes({{"a", "hello"}, {"b", "world"}});
  const std::size_t directory = bytes.find("PK\x01\x02");
  const std::size_t second = bytes.find("PK\x01\x02", directory + 1);
  const std::size_t end = bytes.find("PK\x05\x06");
  expect_error(ErrorCode::Unsupported, "compressed",
               [&] { read(patched(bytes, directory + 10, "\x08")); });
  expect_error(ErrorCode::Unsupported, "encrypted",
               [&] { read(patched(bytes, directory + 8, "\x01")); });
  expect_error(ErrorCode::Corrupt, "two different sizes",
               [&] { read(patched(bytes, directory + 20, "\x04")); });
  expect_error(ErrorCode::Corrupt, "more than the file has",
               [&] { read(patched(bytes, directory + 20, "\xf0\xf0\xf0\x10\xf0\xf0\xf0\x10")); });
  expect_error(ErrorCode::Corrupt, "not where",
               [&] { read(patched(bytes, directory + 42, "\x01")); });
  expect_error(ErrorCode::Corrupt, "another name",
               [&] { read(patched(bytes, directory + 46, "z")); });
  expect_error(ErrorCode::Corrupt, "claims", [&] { read(patched(bytes, end + 10, "\xff\x7f")); });
  // The second record points at the first member's place.
  expect_error(ErrorCode::Corrupt, "", [&] {
    read(patched(patched(bytes, second + 42, little_endian(0, 4)), second + 46, "a"));
  });
  // The first member is said to reach into the second.
  expect_error(ErrorCode::Corrupt, "overlap", [&] {
    read(patched(bytes, directory + 20, std::string("\x0a") + little_endian(0, 3) + "\x0a"));
  });
}

TEST(ZipArchive, ReadsZip64Sizes) {
  // One member whose directory record leaves its sizes and place to the extra field.
  const std::string plain = zip_bytes({{"a", "hello"}});
  const std::size_t directory = plain.find("PK\x01\x02");
  const std::string extra = little_endian(1, 2) + little_endian(24, 2) + little_endian(5, 8) +
                            little_endian(5, 8) + little_endian(0, 8);
  std::string record = plain.substr(directory, 47);
  record = patched(record, 20, std::string(8, '\xff'));
  record = patched(record, 30, little_endian(extra.size(), 2));
  record = patched(record, 42, std::string(4, '\xff')) + extra;
  const std::size_t end64 = directory + record.size();
  const std::string tail =
      std::string("PK\x06\x06") + little_endian(44, 8) + std::string(12, '\0') +
      little_endian(1, 8) + little_endian(1, 8) + little_endian(record.size(), 8) +
      little_endian(directory, 8) + std::string("PK\x06\x07") + little_endian(0, 4) +
      little_endian(end64, 8) + little_endian(1, 4) + std::string("PK\x05\x06") +
      little_endian(0, 4) + std::string(4, '\xff') + std::string(8, '\xff') + little_endian(0, 2);
  const auto members = read(plain.substr(0, directory) + record + tail);
  EXPECT_EQ(members.at("a").size, 5U);
}

}  // namespace
}  // namespace ptravel
