#include "text/vocabulary.h"

#include <algorithm>
#include <cstddef>

#include "ptravel/error.h"
#include "text/byte_alphabet.h"
#include "text/embedded_merges.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

std::string printable_piece(int place) {
  std::string piece;
  append_utf8(piece, printable_of_byte(byte_at_place(place)));
  return piece;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_merges(std::string_view text,
                                                              const std::string& source) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (line.empty() || (number == 1 && line.starts_with("#version"))) {
      continue;
    }
    const std::size_t space = line.find(' ');
    const bool two_pieces = space != std::string_view::npos && space > 0 &&
                            space + 1 < line.size() &&
                            line.find(' ', space + 1) == std::string_view::npos;
    if (!two_pieces) {
      throw Error(ErrorCode::Corrupt, "[tokenizer] " + source + " line " + std::to_string(number) +
                                          ": expected two pieces separated by a space, got \"" +
                                          valid_utf8(line.substr(0, 80)) + "\"");
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

Vocabulary make_clip_vocabulary(std::vector<std::pair<std::string, std::string>> merges) {
  constexpr int kBytes = 256;
  Vocabulary vocabulary;
  std::int32_t next = 0;
  const auto add = [&](std::string piece) { vocabulary.ids.emplace(std::move(piece), next++); };
  vocabulary.ids.reserve(merges.size() + 2 * kBytes + 2);
  for (int place = 0; place < kBytes; ++place) {
    add(printable_piece(place));
  }
  for (int place = 0; place < kBytes; ++place) {
    add(printable_piece(place).append(kWordEnd));
  }
  for (const auto& [left, right] : merges) {
    add(left + right);
  }
  add(vocabulary.start_token);
  add(vocabulary.end_token);
  vocabulary.merges = std::move(merges);
  return vocabulary;
}

Vocabulary embedded_clip_vocabulary() {
  return make_clip_vocabulary(parse_merges(embedded_merges(), "embedded vocabulary"));
}

}  // namespace ptravel
