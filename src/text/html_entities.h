#pragma once

#include <string>
#include <string_view>

namespace ptravel {

/// Replaces HTML's character references: "&eacute;", "&#233;", "&#xE9;", also names in capitals
/// where that is unambiguous ("&EACUTE;"). References that mean nothing stay as they are. Only
/// references with a semicolon count.
std::u32string unescape_html(std::u32string_view text);

}  // namespace ptravel
