#pragma once

#include <string_view>

namespace ptravel {

/// Whether a text looks like UTF-8 that was read in a one-byte encoding: it holds a sequence of
/// characters that such misreading makes and that people hardly ever write, such as an accented
/// capital before a currency sign. The classes and sequences are those of ftfy 6.3's heuristic.
bool looks_garbled(std::u32string_view text);

}  // namespace ptravel
