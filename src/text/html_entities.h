#pragma once

#include <string>
#include <string_view>

namespace ptravel {

/// Replaces HTML's character references: "&eacute;", "&#233;", "&#xE9;", also names in capitals
/// where that is unambiguous ("&EACUTE;"). References that mean nothing stay as they are. Only
/// references with a semicolon count.
std::u32string unescape_html(std::u32string_view text);

/// The same as web browsers do it: numbers and a hundred old names ("&amp", "&eacute") count
/// without a semicolon too, also with other letters behind them.
std::u32string unescape_html_as_browsers(std::u32string_view text);

}  // namespace ptravel
