// Texts inside a request: targets (RFC 9112), hosts and origins (RFC 3986, 6454), queries.
#include "http/request_parts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace ptravel {
namespace {

constexpr std::size_t kMostQueryPairs = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A number of 1 to 5 digits that is a port.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && text.size() <= 5 ? std::optional(port) : std::nullopt;
}

std::optional<std::array<int, 4>> parse_ipv4(std::string_view text) {
  std::array<int, 4> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 < parts.size() ? text.find('.') : text.size();
    if (end == std::string_view::npos || end == 0 || end > 3 ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), is_digit)) {
      return std::nullopt;
    }
    std::from_chars(text.data(), text.data() + end, parts[i]);
    if (parts[i] > 255) {
      return std::nullopt;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool is_ipv6_text(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return hex_digit(c) >= 0 || c == ':' || c == '.'; });
  return plain && std::count(text.begin(), text.end(), ':') >= 2;
}

/// Whether a path has "." or ".." parts.
bool has_dot_parts(std::string_view path) {
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "." || part == "..") {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

/// Length of the well-formed UTF-8 character at the beginning of `text`, 0 for none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const unsigned second = byte(1);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return std::nullopt;
      }
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  if (decoded.find('\0') != std::string::npos || !is_valid_utf8(decoded)) {
    return std::nullopt;
  }
  return decoded;
}

std::optional<HttpFields> parse_query(std::string_view query) {
  HttpFields pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) {
      continue;
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value || pairs.size() >= kMostQueryPairs) {
      return std::nullopt;
    }
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

std::optional<HttpTarget> parse_target(std::string_view target) {
  const bool plain = std::none_of(target.begin(), target.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '#' || c == '\\';
  });
  if (!plain) {
    return std::nullopt;
  }
  HttpTarget parsed;
  if (target.substr(0, 1) != "/") {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos || !same_but_case(target.substr(0, scheme), "http")) {
      return std::nullopt;
    }
    target.remove_prefix(scheme + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    parsed.authority = target.substr(0, end);
    target.remove_prefix(end);
    if (!parse_authority(parsed.authority)) {
      return std::nullopt;
    }
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  auto path = percent_decoded(target.substr(0, question), false);
  auto query = parse_query(target.substr(std::min(question + 1, target.size())));
  if (!path || !query || has_dot_parts(*path)) {
    return std::nullopt;
  }
  parsed.path = path->empty() ? "/" : std::move(*path);
  parsed.query = std::move(*query);
  return parsed;
}

bool has_empty_parts(std::string_view path) {
  return path != "/" && (path.find("//") != std::string_view::npos || path.ends_with('/'));
}

std::optional<HttpAuthority> parse_authority(std::string_view text) {
  HttpAuthority authority;
  std::string_view name;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    name = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!is_ipv6_text(name)) {
      return std::nullopt;
    }
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    name = text.substr(0, colon);
    rest = text.substr(colon);
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    });
    if (name.size() > 1 && name.ends_with('.')) {
      name.remove_suffix(1);
    }
    if (!plain || name.empty() || name.size() > 255) {
      return std::nullopt;
    }
  }
  authority.name = lower_case(name);
  if (!rest.empty() && rest != ":") {
    authority.port = parse_port(rest.substr(1));
    if (rest[0] != ':' || !authority.port) {
      return std::nullopt;
    }
  }
  return authority;
}

bool is_loopback_address(std::string_view name) {
  const auto parts = parse_ipv4(name);
  return name == "::1" || (parts && (*parts)[0] == 127);
}

bool is_address(std::string_view name) { return parse_ipv4(name) || is_ipv6_text(name); }

std::optional<HttpOrigin> parse_origin(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0) {
    return std::nullopt;
  }
  const std::string_view scheme = text.substr(0, end);
  const bool plain = is_letter(scheme[0]) && std::all_of(scheme.begin(), scheme.end(), [](char c) {
                       return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
                     });
  const auto authority = parse_authority(text.substr(end + 3));
  if (!plain || !authority) {
    return std::nullopt;
  }
  return HttpOrigin{lower_case(scheme), *authority};
}

}  // namespace ptravel
