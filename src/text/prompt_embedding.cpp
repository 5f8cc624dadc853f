#include "text/prompt_embedding.h"

#include <algorithm>
#include <utility>

#include "text/tokenizer.h"

namespace ptravel {

EmbeddingNames::EmbeddingNames(const Tokenizer& tokenizer,
                               const std::vector<std::string>& names,
                               Load load)
    : load_(std::move(load)) {
  for (const std::string& name : names) {
    std::vector<std::int32_t> ids = tokenizer.encode(name);
    if (!ids.empty()) {
      std::vector<Entry>& same_start = entries_[ids.front()];
      same_start.push_back({std::move(ids), name});
    }
  }
  for (auto& [first, same_start] : entries_) {
    std::stable_sort(same_start.begin(), same_start.end(),
                     [](const Entry& a, const Entry& b) { return a.ids.size() > b.ids.size(); });
  }
}

EmbeddingNames::Match EmbeddingNames::find(std::span<const std::int32_t> ids) const {
  const auto found = ids.empty() ? entries_.end() : entries_.find(ids.front());
  if (found == entries_.end()) {
    return {};
  }
  for (const Entry& entry : found->second) {
    const bool begins = entry.ids.size() <= ids.size() &&
                        std::equal(entry.ids.begin(), entry.ids.end(), ids.begin());
    if (begins) {
      if (SharedEmbedding embedding = load_(entry.name)) {
        return {std::move(embedding), entry.ids.size()};
      }
    }
  }
  return {};
}

}  // namespace ptravel
