#include "text/byte_repair.h"

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include "text/utf8.h"

namespace ptravel {
namespace {

using ByteSet = std::bitset<256>;
using BytePattern = std::vector<ByteSet>;

/// The bytes first, last, first, last... as a set.
ByteSet bytes(std::initializer_list<int> bounds) {
  ByteSet set;
  for (const int* bound = bounds.begin(); bound + 1 < bounds.end(); bound += 2) {
    for (int byte = bound[0]; byte <= bound[1]; ++byte) {
      set.set(static_cast<std::size_t>(byte));
    }
  }
  return set;
}

/// How many bytes at `offset` the first fitting pattern takes; 0 for none.
std::size_t match_any(const std::vector<BytePattern>& patterns,
                      std::string_view text,
                      std::size_t offset) {
  for (const BytePattern& pattern : patterns) {
    bool fits = pattern.size() <= text.size() - offset;
    for (std::size_t i = 0; fits && i < pattern.size(); ++i) {
      fits = pattern[i].test(static_cast<unsigned char>(text[offset + i]));
    }
    if (fits) {
      return pattern.size();
    }
  }
  return 0;
}

/// Sequences that would be UTF-8 if a space were the byte A0 (no-break space) again. Only lead
/// bytes with which that is likely.
const std::vector<BytePattern>& spaced_sequences() {
  const ByteSet space = bytes({0x20, 0x20});
  const ByteSet tail = bytes({0x80, 0xBF});
  const ByteSet likely_tail = bytes({0x80, 0x84, 0x86, 0x9F, 0xA1, 0xBF});
  const ByteSet four = bytes({0xF0, 0xF0});
  static const std::vector<BytePattern> patterns = {
      {bytes({0xC2, 0xC3, 0xC5, 0xC5, 0xCE, 0xCE, 0xD0, 0xD0, 0xD9, 0xD9}), space},
      {bytes({0xE2, 0xE3}), space, likely_tail},
      {bytes({0xE0, 0xE3}), likely_tail, space},
      {four, space, tail, tail},
      {four, tail, space, tail},
      {four, tail, tail, space},
  };
  return patterns;
}

/// UTF-8 (and surrogate pairs written as UTF-8) in which a byte was lost: 1A or, once, '?'.
const std::vector<BytePattern>& lossy_sequences() {
  const ByteSet loss = bytes({0x1A, 0x1A});
  const ByteSet loss_or_question = bytes({0x1A, 0x1A, '?', '?'});
  const ByteSet tail = bytes({0x80, 0xBF}) | loss;
  const ByteSet pair = bytes({0xED, 0xED});
  const ByteSet high = bytes({0xA0, 0xAF});
  const ByteSet low = bytes({0xB0, 0xBF});
  const ByteSet three = bytes({0xE0, 0xEF});
  const ByteSet four = bytes({0xF0, 0xF4});
  static const std::vector<BytePattern> patterns = {
      {bytes({0xC2, 0xDF}), loss},
      {bytes({0xC2, 0xC3}), bytes({'?', '?'})},
      {pair, high, loss_or_question, pair, low, tail | loss_or_question},
      {pair, high, tail | loss_or_question, pair, low, loss_or_question},
      {three, loss_or_question, tail},
      {three, tail, loss_or_question},
      {four, loss_or_question, tail, tail},
      {four, tail, loss_or_question, tail},
      {four, tail, tail, loss_or_question},
      {loss},
  };
  return patterns;
}

/// A word that ends in "a with grave accent" has lost the space after it as well.
std::string restore_grave_words(std::string_view text) {
  std::string restored;
  for (std::size_t i = 0; i < text.size(); ++i) {
    restored.push_back(text[i]);
    if (!text.substr(i).starts_with("\xC3 ")) {
      continue;
    }
    const std::string_view rest = text.substr(i + 2);
    const auto follows = [rest](std::string_view word) { return rest.starts_with(word); };
    if (follows(" ") || follows("quele") || follows("quela") || follows("quilo") || follows("s ")) {
      continue;
    }
    restored.push_back('\xA0');
  }
  return restored;
}

bool has_spaced_sequence(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (match_any(spaced_sequences(), text, i) > 0) {
      return true;
    }
  }
  return false;
}

/// The code point of a surrogate pair whose halves were written as UTF-8, at `offset`.
std::optional<char32_t> read_surrogate_pair(std::string_view text, std::size_t offset) {
  static const std::vector<BytePattern> pair = {{bytes({0xED, 0xED}), bytes({0xA0, 0xAF}),
                                                 bytes({0x80, 0xBF}), bytes({0xED, 0xED}),
                                                 bytes({0xB0, 0xBF}), bytes({0x80, 0xBF})}};
  if (match_any(pair, text, offset) == 0) {
    return std::nullopt;
  }
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  return ((at(1) & 0x0Fu) << 16) + ((at(2) & 0x3Fu) << 10) + ((at(4) & 0x0Fu) << 6) +
         (at(5) & 0x3Fu) + 0x10000u;
}

}  // namespace

std::string restore_spaces(std::string_view text) {
  if (!has_spaced_sequence(text)) {
    return std::string(text);
  }
  std::string restored = restore_grave_words(text);
  for (std::size_t i = 0; i < restored.size();) {
    const std::size_t size = match_any(spaced_sequences(), restored, i);
    const auto begin = restored.begin() + static_cast<std::ptrdiff_t>(i);
    std::replace(begin, begin + static_cast<std::ptrdiff_t>(size), ' ', '\xA0');
    i += std::max<std::size_t>(size, 1);
  }
  return restored;
}

std::string replace_losses(std::string_view text) {
  std::string replaced;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = match_any(lossy_sequences(), text, i);
    if (size > 0) {
      append_utf8(replaced, kReplacementCharacter);
    } else {
      replaced.push_back(text[i]);
    }
    i += std::max<std::size_t>(size, 1);
  }
  return replaced;
}

std::optional<std::u32string> decode_strictly(std::string_view text) {
  std::u32string decoded;
  for (std::size_t offset = 0; offset < text.size();) {
    const Utf8Character character = read_utf8(text, offset);
    if (character.valid) {
      decoded.push_back(character.code_point);
      offset += character.size;
    } else if (text.substr(offset).starts_with("\xC0\x80")) {
      decoded.push_back(0);
      offset += 2;
    } else if (const auto pair = read_surrogate_pair(text, offset)) {
      decoded.push_back(*pair);
      offset += 6;
    } else {
      return std::nullopt;
    }
  }
  return decoded;
}

}  // namespace ptravel
