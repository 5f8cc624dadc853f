#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// Base64 (RFC 4648, section 4) with padding, one line.
std::string to_base64(std::string_view bytes);

/// The bytes that a base64 text stands for. White space between digits and missing padding are
/// allowed, as clients send both; nothing for any other character or an impossible length.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ptravel
