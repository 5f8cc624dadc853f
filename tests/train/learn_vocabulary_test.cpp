#include "apps/train/learn_vocabulary.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "apps/train/captions.h"
#include "base/files.h"
#include "tests/support/temporary_folder.h"
#include "text/tokenizer.h"

namespace ptravel::train {
namespace {

constexpr std::size_t kManyMerges = 2000;

std::vector<std::string> captions(int count) {
  Dice dice(7);
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) {
    Look look = random_look(dice);
    look[Attribute::Quality] = dice.chance(0.3) ? random_degradation(dice) : quality::Clean;
    texts.push_back(random_caption(look, dice).text);
  }
  return texts;
}

/// Decoding sets spaces around punctuation, so texts are compared without any.
std::string without_spaces(const std::string& text) {
  std::string kept;
  for (const char c : text) {
    if (c != ' ') {
      kept.push_back(c);
    }
  }
  return kept;
}

TEST(LearnVocabulary, MostFrequentPairFirst) {
  const Vocabulary vocabulary = learn_vocabulary({"ab ab abc", "xyz"}, 10);
  ASSERT_EQ(vocabulary.merges.size(), 1U);
  EXPECT_EQ(vocabulary.merges[0], (std::pair<std::string, std::string>("a", "b</w>")));
  EXPECT_EQ(vocabulary.ids.size(), 512U + 1 + 2);
  EXPECT_TRUE(learn_vocabulary({}, 10).merges.empty());
  EXPECT_TRUE(learn_vocabulary({"ab ab"}, 0).merges.empty());
}

TEST(LearnVocabulary, TiesGoToTheFirstInOrder) {
  const Vocabulary vocabulary = learn_vocabulary({"cd ab ef", "ef cd ab"}, 2);
  ASSERT_EQ(vocabulary.merges.size(), 2U);
  EXPECT_EQ(vocabulary.merges[0].first, "a");
  EXPECT_EQ(vocabulary.merges[1].first, "c");
}

TEST(LearnVocabulary, IdsHaveNoGaps) {
  const Vocabulary vocabulary = learn_vocabulary(captions(3000), kManyMerges);
  EXPECT_EQ(vocabulary.ids.size(), 512 + vocabulary.merges.size() + 2);
  EXPECT_EQ(vocabulary.ids, learn_vocabulary(captions(3000), kManyMerges).ids);
}

TEST(LearnVocabulary, EveryWordIsOneToken) {
  const std::vector<std::string> texts = captions(3000);
  const Tokenizer tokenizer(learn_vocabulary(texts, kManyMerges));
  std::size_t words = 0;
  for (const std::string& text : texts) {
    for (const std::int32_t id : tokenizer.encode(text)) {
      EXPECT_TRUE(tokenizer.token_text(id).ends_with(kWordEnd)) << text;
      ++words;
    }
  }
  EXPECT_GT(words, texts.size() * 10);
  EXPECT_EQ(tokenizer.encode("light blue hair, barefoot").size(), 5U);
}

TEST(LearnVocabulary, SavedAndLoadedRoundTrips) {
  const std::vector<std::string> texts = captions(1000);
  const Vocabulary learned = learn_vocabulary(texts, 300);
  const TemporaryFolder folder;
  save_vocabulary(learned, folder / "tokenizer");
  const Vocabulary loaded = load_vocabulary(folder / "tokenizer");
  EXPECT_EQ(loaded.ids, learned.ids);
  EXPECT_EQ(loaded.merges, learned.merges);
  EXPECT_EQ(loaded.padding_token, learned.padding_token);
  const Tokenizer tokenizer(loaded);
  for (const std::string& text : texts) {
    const std::string decoded = tokenizer.decode(tokenizer.encode(text));
    EXPECT_EQ(without_spaces(decoded), without_spaces(text));
  }
}

TEST(LearnVocabulary, WritesTheFilesOfATokenizerFolder) {
  const TemporaryFolder folder;
  save_vocabulary(learn_vocabulary({"ab ab"}, 5), folder.path());
  EXPECT_EQ(folder.names(), (std::set<std::string>{"merges.txt", "special_tokens_map.json",
                                                   "tokenizer_config.json", "vocab.json"}));
  EXPECT_EQ(read_file(folder / "merges.txt"), "#version: 0.2\na b</w>\n");
}

TEST(LearnVocabulary, UnknownWordsEncode) {
  const Vocabulary vocabulary = learn_vocabulary(captions(1000), kManyMerges);
  const Tokenizer tokenizer(vocabulary);
  EXPECT_EQ(tokenizer.vocab_size(), static_cast<std::int32_t>(vocabulary.ids.size()));
  for (const std::string& text :
       {std::string("zebra"), std::string("\U0001F600 caf\u00e9"), std::string(20000, 'q'),
        std::string("\xff\xfe\x80"), std::string("<|foo|> 12345 #version")}) {
    const std::vector<std::int32_t> ids = tokenizer.encode(text);
    EXPECT_FALSE(ids.empty());
    for (const std::int32_t id : ids) {
      EXPECT_GE(id, 0);
      EXPECT_LT(id, tokenizer.start_id());
    }
  }
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("zebra \U0001F600")), "zebra \U0001F600");
}

}  // namespace
}  // namespace ptravel::train
