#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

class BytePairEncoder;
struct Vocabulary;

/// CLIP's byte-pair tokenizer with the web UI's text repair in front: repair, lower case, split
/// into words, byte-pair encoding. Ids equal those of Hugging Face's CLIPTokenizer with ftfy
/// installed. Immutable and cheap to copy; every method may be called from any thread.
class Tokenizer {
 public:
  /// The tokenizer of SD 1.x and SDXL's first text encoder, with the vocabulary embedded in the
  /// program (49408 entries), made at the first call.
  static const Tokenizer& clip();

  /// A `tokenizer/` folder of a diffusers model: vocab.json, merges.txt and, where present,
  /// special_tokens_map.json or tokenizer_config.json. Throws NotFound, Io or Corrupt.
  static Tokenizer load(const std::filesystem::path& folder);

  /// From a vocabulary in memory. Throws Corrupt when the start or end token has no id.
  explicit Tokenizer(const Vocabulary& vocabulary);

  /// The same vocabulary in the way of OpenCLIP, which SD 2.x and SDXL's second text encoder take:
  /// HTML's character references are read twice over after the repair, and the padding is the id 0.
  Tokenizer as_open_clip() const;

  /// Ids of a text without start and end token, of any length. Invalid UTF-8 counts as U+FFFD.
  std::vector<std::int32_t> encode(std::string_view utf8) const;

  /// The text of ids, in lower case, words separated by spaces; start and end tokens are left out.
  /// Ids outside of the vocabulary throw InvalidArgument.
  std::string decode(std::span<const std::int32_t> ids) const;

  /// A vocabulary entry as the vocabulary writes it: "cat</w>". Throws InvalidArgument outside of
  /// it.
  const std::string& token_text(std::int32_t id) const;

  std::int32_t start_id() const { return start_id_; }
  std::int32_t end_id() const { return end_id_; }
  /// What follows the end of a text in a chunk: the end token in SD 1.x, another one in SD 2.x.
  std::int32_t pad_id() const { return pad_id_; }
  /// The comma as a word of its own; -1 when the vocabulary has none.
  std::int32_t comma_id() const { return comma_id_; }
  /// One more than the largest id.
  std::int32_t vocab_size() const;

 private:
  std::shared_ptr<const BytePairEncoder> encoder_;
  std::shared_ptr<const std::vector<std::string>> pieces_;  ///< By id; empty where an id is unused.
  std::int32_t start_id_ = 0;
  std::int32_t end_id_ = 0;
  std::int32_t pad_id_ = 0;
  std::int32_t comma_id_ = -1;
  bool reads_references_ = false;
};

/// One for each of a model's text encoders; at least one.
using Tokenizers = std::vector<Tokenizer>;

}  // namespace ptravel
