#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ptravel {

/// Removes comments: a line that begins with '#' goes together with its line feeds, any other '#'
/// up to the end of its line; each leaves one line feed.
std::string remove_prompt_comments(std::string_view prompt);

/// A tag <kind:a:b:key=value>, such as <lora:name:0.8>.
struct ExtraNetwork {
  std::string kind;                     ///< "lora", "hypernet", ...
  std::vector<std::string> items;       ///< All arguments as they stand, in order; at least one.
  std::vector<std::string> positional;  ///< Arguments without a key, in order.
  std::vector<std::pair<std::string, std::string>>
      named;  ///< key=value arguments; the last one counts.
};

/// A prompt and the tags that were cut out of it.
struct PromptWithNetworks {
  std::string prompt;
  std::vector<ExtraNetwork> networks;  ///< In the order of the prompt; unknown kinds included.
};

/// Cuts all tags out of a positive prompt; everything else, also the spaces around a tag, stays.
/// A tag is '<', word characters, ':', at least one character other than '>', '>'.
PromptWithNetworks take_extra_networks(std::string_view prompt);

}  // namespace ptravel
