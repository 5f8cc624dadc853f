#include "text/prompt_markup.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "text/unicode.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

/// The position after the line feed that ends the line at `begin`, or the end.
std::size_t after_line(std::string_view text, std::size_t begin) {
  const std::size_t end = text.find('\n', begin);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// Lines that begin with '#'. A line feed that one comment took does not begin the next.
std::string remove_comment_lines(std::string_view text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size();) {
    const bool first = i == 0 && text.starts_with('#');
    if (first || text.substr(i).starts_with("\n#")) {
      i = after_line(text, i + (first ? 0 : 1));
      kept.push_back('\n');
    } else {
      kept.push_back(text[i++]);
    }
  }
  return kept;
}

std::string remove_line_ends(std::string_view text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '#') {
      i = after_line(text, i);
      kept.push_back('\n');
    } else {
      kept.push_back(text[i++]);
    }
  }
  return kept;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

ExtraNetwork make_network(std::string_view kind, std::string_view arguments) {
  ExtraNetwork network{std::string(kind), {}, {}, {}};
  for (const std::string_view argument : split(arguments, ':')) {
    network.items.emplace_back(argument);
    if (std::ranges::count(argument, '=') == 1) {
      const std::size_t equals = argument.find('=');
      network.named.emplace_back(argument.substr(0, equals), argument.substr(equals + 1));
    } else {
      network.positional.emplace_back(argument);
    }
  }
  return network;
}

/// The position of the ':' after a tag's kind, when a tag may begin at the '<' at `begin`.
std::optional<std::size_t> end_of_kind(std::string_view prompt, std::size_t begin) {
  std::size_t position = begin + 1;
  while (position < prompt.size()) {
    const Utf8Character character = read_utf8(prompt, position);
    if (!is_word_character(character.code_point)) {
      break;
    }
    position += character.size;
  }
  const bool found = position > begin + 1 && position < prompt.size() && prompt[position] == ':';
  return found ? std::optional(position) : std::nullopt;
}

}  // namespace

std::string remove_prompt_comments(std::string_view prompt) {
  return remove_line_ends(remove_comment_lines(prompt));
}

PromptWithNetworks take_extra_networks(std::string_view prompt) {
  PromptWithNetworks result;
  const std::size_t last_close = prompt.rfind('>');
  for (std::size_t i = 0; i < prompt.size();) {
    const bool may_begin =
        prompt[i] == '<' && last_close != std::string_view::npos && i < last_close;
    const std::optional<std::size_t> colon = may_begin ? end_of_kind(prompt, i) : std::nullopt;
    const std::size_t close = colon ? prompt.find('>', *colon) : std::string_view::npos;
    if (close == std::string_view::npos || close == *colon + 1) {
      result.prompt.push_back(prompt[i++]);
      continue;
    }
    result.networks.push_back(make_network(prompt.substr(i + 1, *colon - i - 1),
                                           prompt.substr(*colon + 1, close - *colon - 1)));
    i = close + 1;
  }
  return result;
}

}  // namespace ptravel
