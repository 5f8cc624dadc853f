#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptravel {

/// The web UI's "parameters" text of a picture: the prompts and a list of settings in order.
/// Text form: the prompt, a line "Negative prompt: ...", a last line "Key: value, Key: value".
struct Infotext {
  std::string prompt;
  std::string negative_prompt;
  /// Keys are unique and in the order of the text; values are plain (unquoted) text.
  std::vector<std::pair<std::string, std::string>> items;

  /// The value of `key`; nullopt when there is none.
  std::optional<std::string> find(std::string_view key) const;
  /// Sets `key`: in its old place when it is there, else at the end.
  void set(std::string_view key, std::string value);
  bool operator==(const Infotext&) const = default;
};

/// The text form. An item whose value equals its key prints the key alone, as the web UI does (it
/// cannot be read back). Reading the text gives the same Infotext when there are at least three
/// items, each key is of the form that the reader knows, and no line of the prompts begins or ends
/// with white space or begins with "Negative prompt:".
std::string format_infotext(const Infotext& infotext);

/// Reads a parameters text as the web UI's "PNG Info" does. Never fails: a text whose last line has
/// fewer than three items is all prompt. Of a key that occurs twice the later value counts. Letters
/// beyond ASCII count as part of a key, punctuation and spaces beyond ASCII do not.
Infotext parse_infotext(std::string_view text);

/// A value as it stands in the text: bare, or as a JSON string when it contains a comma, a colon or
/// a line feed. Beyond the web UI's rule, values are also quoted that would otherwise be lost:
/// empty ones and those that begin or end with white space or a quotation mark.
std::string quote_infotext_value(std::string_view value);

/// Undoes quote_infotext_value; text that is not a JSON string is returned as it is.
std::string unquote_infotext_value(std::string_view text);

/// "512x768" as {512, 768}: how the web UI writes Size, Hires resize and Seed resize from. Nullopt
/// for any other text and for numbers above 10^9.
std::optional<std::pair<int, int>> parse_infotext_size(std::string_view value);

/// The items as the web UI keeps them after reading: each size is split into "<key>-1" (width) and
/// "<key>-2" (height).
std::vector<std::pair<std::string, std::string>> split_infotext_sizes(const Infotext& infotext);

}  // namespace ptravel
