#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// Repairs of bytes that are about to be read as UTF-8, as ftfy 6.3 makes them.

/// Turns spaces back into the byte A0 (no-break space) where that makes a likely UTF-8 sequence.
std::string restore_spaces(std::string_view text);

/// Replaces UTF-8 sequences in which a byte was lost (0x1A or, once, '?') by U+FFFD.
std::string replace_losses(std::string_view text);

/// Reads strict UTF-8, and the surrogate pairs and two-byte nulls that some programs write. Nothing
/// when the text is anything else.
std::optional<std::u32string> decode_strictly(std::string_view text);

}  // namespace ptravel
