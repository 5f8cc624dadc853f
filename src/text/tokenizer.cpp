#include "text/tokenizer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "ptravel/error.h"
#include "text/byte_alphabet.h"
#include "text/byte_pair_encoder.h"
#include "text/html_entities.h"
#include "text/text_repair.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "text/vocabulary.h"
#include "text/word_split.h"

namespace ptravel {
namespace {

std::optional<std::int32_t> find_id(const Vocabulary& vocabulary, const std::string& piece) {
  const auto found = vocabulary.ids.find(piece);
  return found == vocabulary.ids.end() ? std::nullopt : std::optional(found->second);
}

std::int32_t required_id(const Vocabulary& vocabulary, const std::string& piece) {
  if (const std::optional<std::int32_t> id = find_id(vocabulary, piece)) {
    return *id;
  }
  throw Error(ErrorCode::Corrupt,
              "[tokenizer] vocabulary: expected the token \"" + piece + "\", it is missing");
}

std::vector<std::string> pieces_by_id(const Vocabulary& vocabulary) {
  std::vector<std::string> pieces;
  for (const auto& [piece, id] : vocabulary.ids) {
    const auto index = static_cast<std::size_t>(id);
    if (index >= pieces.size()) {
      pieces.resize(index + 1);
    }
    pieces[index] = piece;
  }
  return pieces;
}

/// The bytes that a piece stands for; characters outside of the byte alphabet stand for themselves.
std::string bytes_of_piece(std::string_view piece) {
  std::string bytes;
  for (const char32_t c : decode_utf8(piece)) {
    if (const std::optional<unsigned char> byte = byte_of_printable(c)) {
      bytes.push_back(static_cast<char>(*byte));
    } else {
      append_utf8(bytes, c);
    }
  }
  return bytes;
}

}  // namespace

const Tokenizer& Tokenizer::clip() {
  static const Tokenizer tokenizer{embedded_clip_vocabulary()};
  return tokenizer;
}

Tokenizer Tokenizer::load(const std::filesystem::path& folder) {
  return Tokenizer(load_vocabulary(folder));
}

Tokenizer::Tokenizer(const Vocabulary& vocabulary)
    : pieces_(std::make_shared<const std::vector<std::string>>(pieces_by_id(vocabulary))),
      start_id_(required_id(vocabulary, vocabulary.start_token)),
      end_id_(required_id(vocabulary, vocabulary.end_token)) {
  pad_id_ = find_id(vocabulary, vocabulary.padding_token).value_or(end_id_);
  comma_id_ = find_id(vocabulary, std::string(",").append(kWordEnd)).value_or(-1);
  const std::int32_t unknown_id = find_id(vocabulary, vocabulary.unknown_token).value_or(end_id_);
  encoder_ = std::make_shared<const BytePairEncoder>(vocabulary, unknown_id);
}

Tokenizer Tokenizer::as_open_clip() const {
  Tokenizer other = *this;
  other.pad_id_ = 0;
  other.reads_references_ = true;
  return other;
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view utf8) const {
  std::u32string repaired = repair_text(decode_utf8(utf8));
  for (int i = 0; reads_references_ && i < 2; ++i) {
    repaired = unescape_html_as_browsers(repaired);
  }
  const std::u32string text = to_lower(repaired);
  std::vector<std::int32_t> ids;
  for (const std::u32string_view word : split_words(text)) {
    if (word == kStartMark || word == kEndMark) {
      ids.push_back(word == kStartMark ? start_id_ : end_id_);
    } else {
      encoder_->encode(encode_utf8(word), ids);
    }
  }
  return ids;
}

const std::string& Tokenizer::token_text(std::int32_t id) const {
  if (id < 0 || id >= vocab_size()) {
    throw Error(ErrorCode::InvalidArgument, "[tokenizer] id " + std::to_string(id) +
                                                ": expected 0 to " +
                                                std::to_string(vocab_size() - 1));
  }
  return (*pieces_)[static_cast<std::size_t>(id)];
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    std::string_view piece = token_text(id);
    if (id == start_id_ || id == end_id_) {
      continue;
    }
    const bool ends_word = piece.ends_with(kWordEnd);
    piece.remove_suffix(ends_word ? kWordEnd.size() : 0);
    bytes += bytes_of_piece(piece);
    bytes += ends_word ? " " : "";
  }
  if (bytes.ends_with(' ')) {
    bytes.pop_back();
  }
  return valid_utf8(bytes);
}

std::int32_t Tokenizer::vocab_size() const { return static_cast<std::int32_t>(pieces_->size()); }

}  // namespace ptravel
