#include "text/tokenizer.h"

#include <thread>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Ids = std::vector<std::int32_t>;

TEST(Tokenizer, KnownIds) {
  const Tokenizer& clip = Tokenizer::clip();
  EXPECT_EQ(clip.encode("Hello, World!"), (Ids{3306, 267, 1002, 256}));
  EXPECT_EQ(clip.encode("it\u2019s curly"), (Ids{585, 568, 20795}));
  EXPECT_EQ(clip.encode("a <|endoftext|> b"), (Ids{320, 49407, 321}));
  EXPECT_EQ(clip.encode(""), Ids{});
  EXPECT_EQ(clip.encode(" \n\t"), Ids{});
}

TEST(Tokenizer, SpecialIds) {
  const Tokenizer& clip = Tokenizer::clip();
  EXPECT_EQ(clip.start_id(), 49406);
  EXPECT_EQ(clip.end_id(), 49407);
  EXPECT_EQ(clip.pad_id(), 49407);
  EXPECT_EQ(clip.comma_id(), 267);
  EXPECT_EQ(clip.vocab_size(), 49408);
  EXPECT_EQ(clip.token_text(2368), "cat</w>");
}

TEST(Tokenizer, OpenClipReadsReferencesAndPadsWithZero) {
  const Tokenizer open_clip = Tokenizer::clip().as_open_clip();
  EXPECT_EQ(open_clip.pad_id(), 0);
  EXPECT_EQ(open_clip.end_id(), Tokenizer::clip().end_id());
  // Behind a "<" the repair leaves references alone; OpenCLIP reads them, two deep.
  EXPECT_EQ(open_clip.encode("<b &amp;lt; c"), Tokenizer::clip().encode("<b < c"));
  EXPECT_NE(open_clip.encode("<b &amp;lt; c"), Tokenizer::clip().encode("<b &amp;lt; c"));
}

TEST(Tokenizer, DecodingGivesTheTextBack) {
  const Tokenizer& clip = Tokenizer::clip();
  for (const std::string text :
       {"a cat on a mat", "\u65E5\u672C\u8A9E", "caf\u00E9", "x \U0001F600"}) {
    EXPECT_EQ(clip.decode(clip.encode(text)), text);
  }
  EXPECT_EQ(clip.decode(Ids{49406, 320, 49407}), "a");
}

TEST(Tokenizer, IdsOutsideOfTheVocabulary) {
  EXPECT_THROW(Tokenizer::clip().token_text(49408), Error);
  EXPECT_THROW(Tokenizer::clip().decode(Ids{-1}), Error);
}

TEST(Tokenizer, AnyBytesAreAccepted) {
  std::string bytes;
  for (int i = 0; i < 512; ++i) {
    bytes.push_back(static_cast<char>(i * 7));
  }
  for (const std::int32_t id : Tokenizer::clip().encode(bytes)) {
    EXPECT_GE(id, 0);
    EXPECT_LT(id, 49408);
  }
}

TEST(Tokenizer, EveryWordIsEncodedOnItsOwn) {
  const Tokenizer& clip = Tokenizer::clip();
  Ids joined = clip.encode("masterpiece");
  const Ids second = clip.encode("landscape");
  joined.insert(joined.end(), second.begin(), second.end());
  EXPECT_EQ(clip.encode("masterpiece landscape"), joined);
}

TEST(Tokenizer, LongWordsNeedLittleTime) {
  EXPECT_GT(Tokenizer::clip().encode(std::string(200000, 'x')).size(), 1000u);
}

TEST(Tokenizer, ManyThreadsSeeTheSame) {
  std::vector<Ids> results(4);
  std::vector<std::thread> threads;
  for (Ids& result : results) {
    threads.emplace_back(
        [&result] { result = Tokenizer::clip().encode("a cat, caf\u00C3\u00A9"); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Ids& result : results) {
    EXPECT_EQ(result, results[0]);
  }
}

}  // namespace
}  // namespace ptravel
