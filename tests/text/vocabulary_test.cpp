#include "text/vocabulary.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "ptravel/error.h"
#include "text/byte_alphabet.h"
#include "text/tokenizer.h"

namespace ptravel {
namespace {

/// A tokenizer folder of its own for every test, removed afterwards.
class VocabularyFolder : public testing::Test {
 protected:
  VocabularyFolder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("ptravel_vocabulary_" + std::string(test->name()) + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    write("vocab.json",
          R"({"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab</w>": 7, ",</w>": 4, "!": 5,)"
          R"( "<|startoftext|>": 8, "<|endoftext|>": 9})");
    write("merges.txt", "#version: 0.2\na b</w>\n");
  }
  ~VocabularyFolder() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
  }

  void expect_corrupt(const std::string& part) const {
    try {
      Tokenizer::load(folder_);
      FAIL() << part;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Corrupt);
      EXPECT_THAT(error.what(), testing::HasSubstr(part));
    }
  }

  std::filesystem::path folder_;
};

TEST_F(VocabularyFolder, EncodesWithAnyVocabulary) {
  const Tokenizer tokenizer = Tokenizer::load(folder_);
  EXPECT_EQ(tokenizer.encode("AB ba, q"), (std::vector<std::int32_t>{7, 1, 2, 4, 9}));
  EXPECT_EQ(tokenizer.vocab_size(), 10);
  EXPECT_EQ(tokenizer.start_id(), 8);
  EXPECT_EQ(tokenizer.pad_id(), 9);
  EXPECT_EQ(tokenizer.comma_id(), 4);
  EXPECT_EQ(tokenizer.token_text(6), "");
}

TEST_F(VocabularyFolder, SpecialTokensFile) {
  write("special_tokens_map.json",
        R"({"pad_token": "!", "bos_token": {"content": "<|startoftext|>"}, "unk_token": "b"})");
  const Tokenizer tokenizer = Tokenizer::load(folder_);
  EXPECT_EQ(tokenizer.pad_id(), 5);
  EXPECT_EQ(tokenizer.encode("q"), (std::vector<std::int32_t>{1}));
}

TEST_F(VocabularyFolder, BadFilesAreNamed) {
  write("merges.txt", "#version: 0.2\na b</w>\nonly\n");
  expect_corrupt("merges.txt line 3");
  write("merges.txt", "a b c\n");
  expect_corrupt("merges.txt line 1");
  write("merges.txt", "");
  write("vocab.json", R"({"a": -1})");
  expect_corrupt("vocab.json: id of \"a\"");
  for (const char* id :
       {"99999999999", "1e308", "1.5", "9223372036854775808", "18446744073709551615", "\"1\""}) {
    write("vocab.json", std::string(R"({"a": )") + id + "}");
    expect_corrupt("vocab.json: id of \"a\"");
  }
  write("vocab.json", R"({"a": 0})");
  expect_corrupt("<|startoftext|>");
  write("vocab.json", "[1, 2");
  expect_corrupt("vocab.json: expected a JSON object");
  std::filesystem::remove(folder_ / "vocab.json");
  EXPECT_THROW(Tokenizer::load(folder_), Error);
}

TEST(Vocabulary, ByteAlphabetRoundTrips) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<unsigned char>(byte);
    EXPECT_EQ(byte_of_printable(printable_of_byte(value)), value);
  }
  EXPECT_EQ(byte_of_printable(0x2000), std::nullopt);
  EXPECT_EQ(byte_of_printable(0x20), std::nullopt);
}

TEST(Vocabulary, EmbeddedIsComplete) {
  const Vocabulary vocabulary = embedded_clip_vocabulary();
  EXPECT_EQ(vocabulary.merges.size(), 48894u);
  EXPECT_EQ(vocabulary.ids.size(), 49408u);
}

}  // namespace
}  // namespace ptravel
