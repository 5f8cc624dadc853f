#include "caption_tokens.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <ATen/ATen.h>

#include "captions.h"
#include "learn_vocabulary.h"
#include "picture_set.h"

namespace ptravel::train {
namespace {

constexpr std::uint64_t kSeed = 20;
constexpr std::uint64_t kCaptions = 50000;
constexpr std::size_t kMostMerges = 1000;

std::vector<std::string> make_captions() {
  std::vector<std::string> captions;
  captions.reserve(kCaptions);
  for (std::uint64_t i = 0; i < kCaptions; ++i) {
    Dice dice(i);
    captions.push_back(random_caption(drawing_at(kSeed, i).look, dice).text);
  }
  return captions;
}

}  // namespace

Vocabulary make_caption_vocabulary() { return learn_vocabulary(make_captions(), kMostMerges); }

std::vector<std::string> caption_words() {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& caption : make_captions()) {
    std::string word;
    for (const char c : caption + " ") {
      if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      } else if (!word.empty()) {
        ++counts[word];
        word.clear();
      }
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> ordered(counts.begin(), counts.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  for (const auto& [word, count] : ordered) {
    words.push_back(word);
  }
  return words;
}

at::Tensor caption_ids(const Tokenizer& tokenizer, const std::vector<std::string>& captions) {
  const auto count = static_cast<std::int64_t>(captions.size());
  at::Tensor ids = at::full({count, kChunkTokens}, tokenizer.pad_id(), at::kLong);
  auto* row = ids.data_ptr<std::int64_t>();
  for (const std::string& caption : captions) {
    const std::vector<std::int32_t> tokens = tokenizer.encode(caption);
    const auto used =
        std::min<std::int64_t>(static_cast<std::int64_t>(tokens.size()), kChunkTokens - 2);
    row[0] = tokenizer.start_id();
    std::copy_n(tokens.begin(), used, row + 1);
    row[used + 1] = tokenizer.end_id();
    row += kChunkTokens;
  }
  return ids;
}

}  // namespace ptravel::train
