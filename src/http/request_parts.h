#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.h"

namespace ptravel {

// Readers of the small texts inside a request. All take bytes from outside, never throw but for
// memory, and answer nothing where the text is not what its format allows.

/// Whether all bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_valid_utf8(std::string_view text);

/// How many headers have this name (in lower case).
std::size_t count_of(const HttpFields& headers, std::string_view name);

/// Digits alone, no sign, that fit into 64 bits.
std::optional<std::uint64_t> parse_digits(std::string_view text);

/// Percent-decoded text: UTF-8 without zero bytes. Nothing for a "%" without two hex digits or
/// when the outcome is not that. `plus_is_space`: as in a query.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

/// "a=1&b" as pairs, decoded. At most 1000 of them.
std::optional<HttpFields> parse_query(std::string_view query);

/// The target of a request line, "/path?query" or "http://host/path?query".
struct HttpTarget {
  std::string authority;  ///< "host:8080" of the second form, else empty.
  std::string path;       ///< Decoded; begins with "/".
  HttpFields query;
};
/// Nothing for what is neither form, has control characters, a fragment, wrong escapes, or "." and
/// ".." parts. Empty parts ("//", a slash at the end) pass here: `has_empty_parts` tells.
std::optional<HttpTarget> parse_target(std::string_view target);
/// Whether a path other than "/" has an empty part: no route can have it.
bool has_empty_parts(std::string_view path);

/// Name and port of "host", "host:80", "[::1]:80"; the name in lower case, without brackets and
/// without a dot at its end. Nothing for other forms, also with user names.
struct HttpAuthority {
  std::string name;
  std::optional<std::uint16_t> port;
};
std::optional<HttpAuthority> parse_authority(std::string_view text);
/// Whether a name is an address of this machine alone: 127.0.0.0/8 or ::1.
bool is_loopback_address(std::string_view name);
/// Whether a name is an address in numbers, of either kind; such a name cannot be rebound.
bool is_address(std::string_view name);

/// "http://host:80" as it stands in Origin: scheme and authority, nothing behind. Nothing for
/// other forms, "null" among them.
struct HttpOrigin {
  std::string scheme;
  HttpAuthority authority;
};
std::optional<HttpOrigin> parse_origin(std::string_view text);

/// User and password of an Authorization header of kind Basic.
std::optional<std::pair<std::string, std::string>> parse_basic(std::string_view authorization);

/// Bytes [first, last] of something that has `size`, or that there are none.
struct HttpRange {
  bool satisfiable = false;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
/// A Range header with one range of bytes. Nothing when it is to be ignored: other units, several
/// ranges, broken texts.
std::optional<HttpRange> parse_range(std::string_view range, std::uint64_t size);

/// Whether an If-None-Match header names `etag` (weak comparison) or is "*".
bool etag_matches(std::string_view if_none_match, std::string_view etag);

/// The number of a Last-Event-ID.
std::optional<std::uint64_t> parse_event_id(std::string_view text);

/// "Sun, 06 Nov 1994 08:49:37 GMT" for seconds since 1970, and back.
std::string http_date(std::int64_t seconds);
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace ptravel
