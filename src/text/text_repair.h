#pragma once

#include <string>
#include <string_view>

namespace ptravel {

/// Cleans a text the way the web UI's tokenizer does before it splits words (our own version of the
/// documented steps of ftfy 6.3's fix_text): HTML entities (only while no '<' was seen), misread
/// encodings, C1 control characters, Latin ligatures, full-width and half-width forms, curly
/// quotes, line breaks, terminal escapes, control characters, normalization form C. Every line is
/// repaired on its own until nothing changes, at most 32 times. Never fails.
std::u32string repair_text(std::u32string_view text);

}  // namespace ptravel
