#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ptravel {

class Tokenizer;

/// The vectors of an embedding for one text encoder: count * width numbers, row by row.
struct EmbeddingVectors {
  std::int64_t count = 0;
  std::int64_t width = 0;
  std::vector<float> numbers;
};

/// A textual inversion embedding, loaded: vectors that stand in a prompt in place of tokens.
/// Shared; its address is its identity.
struct PromptEmbedding {
  std::string name;
  std::string file;    ///< For messages.
  std::string sha256;  ///< Of its file; empty for one that lies in another file.
  int vectors = 0;     ///< Places that it takes, 1 to 75.
  std::vector<EmbeddingVectors> encoders;  ///< By the model's text encoders.
};

using SharedEmbedding = std::shared_ptr<const PromptEmbedding>;

/// Names of embeddings, to be found in prompts: as sequences of tokens, so that letters' case does
/// not matter. Not copied; may be used from one thread.
class EmbeddingNames {
 public:
  /// Gives the embedding of a name, or nothing where it has no usable one. Asked each time a prompt
  /// seems to hold the name.
  using Load = std::function<SharedEmbedding(const std::string& name)>;

  /// Of two names with the same tokens the first one counts. Names without tokens are left out.
  EmbeddingNames(const Tokenizer& tokenizer, const std::vector<std::string>& names, Load load);

  struct Match {
    SharedEmbedding embedding;  ///< Null: no name is there.
    std::size_t tokens = 0;     ///< That its name takes.
  };
  /// The usable embedding with the longest name that `ids` begin with.
  Match find(std::span<const std::int32_t> ids) const;

 private:
  struct Entry {
    std::vector<std::int32_t> ids;
    std::string name;
  };
  std::map<std::int32_t, std::vector<Entry>> entries_;  // by first id, the longest first
  Load load_;
};

}  // namespace ptravel
