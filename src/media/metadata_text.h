#pragma once

#include <string>
#include <string_view>

#include "media/text_encoding.h"

namespace ptravel {

// Texts inside pictures, whatever their program wrote, as UTF-8. Bytes are not trusted; none of
// these throws, and what comes out is always UTF-8.

/// A text of one byte per unit: UTF-8 when it is that throughout, else Latin-1 (which PNG's tEXt
/// is by its standard, and which many programs do not keep to).
std::string decode_metadata_text(std::string_view bytes);

/// UTF-16 whose byte order is believed in this order: a byte order mark; the order in which more
/// characters are plain ASCII, as every parameters text has many; the order with fewer characters
/// that no text holds; `order`.
std::string decode_utf16_text(std::string_view bytes, ByteOrder order);

/// EXIF's UserComment: eight bytes that name the character code, then the text. `order` is the
/// byte order of the EXIF block. UNICODE is UTF-16 (some programs put UTF-8 there); ASCII is
/// read as decode_metadata_text does, up to the first zero; an undefined code and no code at all
/// likewise, or as UTF-16 where zero bytes say so. JIS is read as far as it is ASCII or UTF-8, else
/// the text is empty.
std::string decode_user_comment(std::string_view value, ByteOrder order);

}  // namespace ptravel
