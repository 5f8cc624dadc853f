#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ptravel {

/// One text entry of a picture, both parts UTF-8: keyword "parameters" holds the infotext.
struct ImageText {
  std::string keyword;
  std::string text;
  bool operator==(const ImageText&) const = default;
};

/// The text of the first entry with this keyword.
inline std::optional<std::string> find_text(std::span<const ImageText> texts,
                                            std::string_view keyword) {
  for (const ImageText& entry : texts) {
    if (entry.keyword == keyword) {
      return entry.text;
    }
  }
  return std::nullopt;
}

}  // namespace ptravel
