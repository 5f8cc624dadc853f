#include "caption_tokens.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "captions.h"
#include "learn_vocabulary.h"
#include "picture_set.h"

namespace ptravel::train {
namespace {

constexpr std::uint64_t kSeed = 20;
constexpr std::uint64_t kCaptions = 50000;
constexpr std::size_t kMostMerges = 1000;

}  // namespace

Vocabulary make_caption_vocabulary() {
  std::vector<std::string> captions;
  captions.reserve(kCaptions);
  for (std::uint64_t i = 0; i < kCaptions; ++i) {
    Dice dice(i);
    captions.push_back(random_caption(drawing_at(kSeed, i).look, dice).text);
  }
  return learn_vocabulary(captions, kMostMerges);
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
