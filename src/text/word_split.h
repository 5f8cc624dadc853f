#pragma once

#include <string_view>
#include <vector>

namespace ptravel {

inline constexpr std::u32string_view kStartMark = U"<|startoftext|>";
inline constexpr std::u32string_view kEndMark = U"<|endoftext|>";

/// Splits a lower-case text into the words that byte-pair encoding works on. At every place the
/// first of these that fits: a start or end mark; 's 't 're 've 'm 'll 'd; a run of letters; one
/// digit or number; a run of other characters. White space separates and is dropped. Views into
/// `text`.
std::vector<std::u32string_view> split_words(std::u32string_view text);

}  // namespace ptravel
