#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/train/caption_tokens.h"
#include "base/files.h"

namespace ptravel::train {
namespace {

TEST(CaptionWords, AreWhatTheDefaultModelSaysThatItKnows) {
  std::string text;
  for (const std::string& word : caption_words()) {
    text += word + "\n";
  }
  EXPECT_EQ(text, read_file(PTRAVEL_DEFAULT_MODEL "/words.txt"));
}

TEST(CaptionWords, HoldWhatCaptionsSay) {
  const std::vector<std::string> words = caption_words();
  EXPECT_THAT(words, testing::IsSupersetOf({"girl", "hair", "red", "beach", "masterpiece"}));
  EXPECT_EQ(std::count(words.begin(), words.end(), "girl"), 1);
}

}  // namespace
}  // namespace ptravel::train
