#pragma once

#include <string>
#include <string_view>

namespace ptravel {

/// Reads a text that was decoded in the wrong encoding again in the right one: UTF-8 shown as
/// Latin-1, a Windows code page, ISO 8859-2, MacRoman or code page 437 (several times over, or only
/// in pieces of the text). A text that does not look garbled is returned as it is. The steps are
/// those of ftfy 6.3's fix_encoding.
std::u32string fix_mojibake(std::u32string_view text);

/// Reads C1 control characters as Windows-1252, as web browsers do.
std::u32string fix_c1_controls(std::u32string_view text);

}  // namespace ptravel
