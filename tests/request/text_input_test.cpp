#include "ptravel/text_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::string refusal(const std::string& bytes) {
  try {
    decode_text(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(TextInput, EveryUsualEncodingGivesTheSameText) {
  const std::string text = "girl, smile\nb\xC3\xB6y \xF0\x9F\x98\x80";
  EXPECT_EQ(decode_text(text), text);
  EXPECT_EQ(decode_text("\xEF\xBB\xBF" + text), text);
  const std::string little = "a\0\xF6\0=\xD8\0\xDE"s;  // a, o umlaut, a face beyond U+FFFF
  const std::string big = "\0a\0\xF6\xD8=\xDE\0"s;
  EXPECT_EQ(decode_text("\xFF\xFE" + little), "a\xC3\xB6\xF0\x9F\x98\x80");
  EXPECT_EQ(decode_text("\xFE\xFF" + big), "a\xC3\xB6\xF0\x9F\x98\x80");
  EXPECT_EQ(decode_text("g\0i\0r\0l\0"s), "girl") << "no mark, but no doubt either";
  EXPECT_EQ(decode_text("\0g\0i\0r\0l"s), "girl");
  EXPECT_EQ(decode_text(""), "");
  EXPECT_EQ(decode_text("\xFF\xFE"), "");
}

TEST(TextInput, WhatIsNoTextIsRefusedWithItsPlace) {
  EXPECT_THAT(refusal("caf\xE9"), HasSubstr("byte 3 (e9) is not UTF-8"));
  EXPECT_THAT(refusal("a\0b"s), HasSubstr("byte 1 (00) is a zero"));
  EXPECT_THAT(refusal("\xED\xA0\x80"), HasSubstr("byte 0")) << "a surrogate";
  EXPECT_THAT(refusal("\xC0\x80"), HasSubstr("byte 0")) << "overlong";
  EXPECT_THAT(refusal("ab\xE2\x82"), HasSubstr("byte 2"));
  EXPECT_THAT(refusal("\xFF\xFE"s + "a\0b"s), HasSubstr("ends within a character"));
  EXPECT_THAT(refusal("\xFF\xFE"s + "a\0\0\xD8"s), HasSubstr("byte 4"));
  EXPECT_THAT(refusal("\xFF\xFE"s + "a\0\0\0"s), HasSubstr("byte 4"));
  EXPECT_EQ(text_problem("b\xC3\xB6y"), std::nullopt);
}

TEST(TextInput, FilesAreNamedWithWhatNamesThem) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "latin1.txt", "caf\xE9");
  write_file_atomic(folder / "good.txt",
                    "\xEF\xBB\xBF"
                    "a");
  const auto refused = [&](const char* name) {
    try {
      read_text_file({folder / name, "--prompt-file"});
    } catch (const Error& error) {
      EXPECT_EQ(error.problems().at(0).field, "--prompt-file");
      return error.problems().at(0).message;
    }
    return std::string();
  };
  EXPECT_EQ(read_text_file({folder / "good.txt", "--prompt-file"}), "a");
  EXPECT_THAT(refused("latin1.txt"), HasSubstr("latin1.txt: byte 3"));
  EXPECT_THAT(refused("."), HasSubstr("is a folder, expected a text file"));
  EXPECT_THAT(refused("gone.txt"), HasSubstr("gone.txt: is not there"));
}

}  // namespace
}  // namespace ptravel
