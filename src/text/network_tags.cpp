// Tags of extra networks as the web UI reads them: numbers are those of Python's float() and int(),
// but for infinity and NaN, with which nothing can be drawn.
#include "text/network_tags.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "text/prompt_number.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ptravel {
namespace {

using Problem = UnreadableTag::Problem;

std::u32string_view without_white_space(std::u32string_view text) {
  while (!text.empty() && is_white_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_white_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// The text without underscores, which may stand between two digits; nothing where one stands
/// elsewhere.
std::optional<std::u32string> without_underscores(std::u32string_view text) {
  std::u32string kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != U'_') {
      kept.push_back(text[i]);
    } else if (i == 0 || i + 1 == text.size() || !decimal_digit(text[i - 1]) ||
               !decimal_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return kept;
}

std::optional<double> read_number(const std::string& text) {
  const std::u32string characters = decode_utf8(text);
  const auto digits = without_underscores(without_white_space(characters));
  const auto number = digits ? parse_prompt_number(*digits) : std::nullopt;
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<std::int64_t> read_whole_number(const std::string& text) {
  const std::u32string characters = decode_utf8(text);
  const auto cleaned = without_underscores(without_white_space(characters));
  if (!cleaned || cleaned->empty()) {
    return std::nullopt;
  }
  std::u32string_view digits = *cleaned;
  std::string ascii;
  if (digits.front() == U'-' || digits.front() == U'+') {
    ascii = digits.front() == U'-' ? "-" : "";
    digits.remove_prefix(1);
  }
  for (const char32_t c : digits) {
    const std::optional<int> digit = decimal_digit(c);
    if (!digit) {
      return std::nullopt;
    }
    ascii.push_back(static_cast<char>('0' + *digit));
  }
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(ascii.data(), ascii.data() + ascii.size(), value);
  const bool read = code == std::errc() && end == ascii.data() + ascii.size();
  return read && !digits.empty() ? std::optional(value) : std::nullopt;
}

/// Reads arguments of one tag after the other; remembers the first that cannot be read.
class ArgumentReader {
 public:
  explicit ArgumentReader(const ExtraNetwork& tag) : tag_(tag) {}

  std::string name(const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
      fail(tag_.items.empty() ? "" : tag_.items.front(), Problem::NoName);
      return {};
    }
    return arguments.front();
  }
  double number(const std::string& text) {
    const auto value = unreadable_ ? std::nullopt : read_number(text);
    if (!value) {
      fail(text, Problem::NotANumber);
    }
    return value.value_or(0);
  }
  std::int64_t whole_number(const std::string& text) {
    const auto value = unreadable_ ? std::nullopt : read_whole_number(text);
    if (!value) {
      fail(text, Problem::NotAWholeNumber);
    }
    return value.value_or(0);
  }
  const std::string& dora_version(const std::string& text) {
    if (text != "1.9" && text != "1.10") {
      fail(text, Problem::NotAVersion);
    }
    return text;
  }
  /// The value of a key, of which the last one counts; null: it is not there.
  const std::string* named(std::string_view key) const {
    const auto found = std::find_if(tag_.named.rbegin(), tag_.named.rend(),
                                    [&](const auto& entry) { return entry.first == key; });
    return found == tag_.named.rend() ? nullptr : &found->second;
  }
  const std::optional<UnreadableTag>& unreadable() const { return unreadable_; }

 private:
  void fail(const std::string& argument, Problem problem) {
    if (!unreadable_) {
      const std::string name = tag_.positional.empty() ? std::string() : tag_.positional.front();
      unreadable_ = {"<" + tag_.kind + ":" + name + ">", argument, problem};
    }
  }

  const ExtraNetwork& tag_;
  std::optional<UnreadableTag> unreadable_;
};

LoraTag read_lora(const ExtraNetwork& tag, ArgumentReader& reader) {
  LoraTag lora;
  const std::vector<std::string>& arguments = tag.positional;
  lora.name = reader.name(arguments);
  if (arguments.size() > 1) {
    lora.text_encoder = reader.number(arguments[1]);
  }
  if (const std::string* te = reader.named("te")) {
    lora.text_encoder = reader.number(*te);
  }
  lora.unet = arguments.size() > 2 ? reader.number(arguments[2]) : lora.text_encoder;
  if (const std::string* unet = reader.named("unet")) {
    lora.unet = reader.number(*unet);
  }
  if (arguments.size() > 3) {
    lora.dyn = reader.whole_number(arguments[3]);
  }
  if (const std::string* dyn = reader.named("dyn")) {
    lora.dyn = reader.whole_number(*dyn);
  }
  if (const std::string* dora = reader.named("dora")) {
    lora.dora_1_9 = reader.dora_version(*dora) == "1.9";
  }
  return lora;
}

HypernetTag read_hypernet(const ExtraNetwork& tag, ArgumentReader& reader) {
  HypernetTag hypernet;
  hypernet.name = reader.name(tag.items);
  if (tag.items.size() > 1) {
    hypernet.strength = reader.number(tag.items[1]);
  }
  return hypernet;
}

/// Reads every tag of `kinds`; none of them where one cannot be read.
template <typename Tags, typename Read>
Tags read_tags(const std::vector<ExtraNetwork>& networks,
               std::initializer_list<std::string_view> kinds,
               const Read& read) {
  Tags result;
  for (const NetworkKind& group : by_kind(networks)) {
    if (std::find(kinds.begin(), kinds.end(), group.kind) == kinds.end()) {
      continue;
    }
    for (const ExtraNetwork& tag : group.tags) {
      ArgumentReader reader(tag);
      result.tags.push_back(read(tag, reader));
      if (reader.unreadable()) {
        return {{}, reader.unreadable()};
      }
    }
  }
  return result;
}

}  // namespace

std::vector<NetworkKind> by_kind(const std::vector<ExtraNetwork>& networks) {
  std::vector<NetworkKind> groups;
  for (const ExtraNetwork& network : networks) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const NetworkKind& known) { return known.kind == network.kind; });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {network.kind, {}});
    }
    group->tags.push_back(network);
  }
  return groups;
}

std::string UnreadableTag::message() const {
  if (problem == Problem::NoName) {
    return tag + " has no name, expected one before its first argument with a key";
  }
  if (problem == Problem::NotAVersion) {
    return tag + ": dora=" + argument + ", expected 1.9 or 1.10";
  }
  return tag + ": \"" + argument + "\" is not a " +
         (problem == Problem::NotANumber ? "number, expected a strength such as 0.8"
                                         : "whole number, expected how many ranks to use");
}

LoraTags lora_tags(const std::vector<ExtraNetwork>& networks) {
  return read_tags<LoraTags>(networks, {"lora", "lyco"}, read_lora);
}

std::vector<LoraTag> with_last_strengths(std::vector<LoraTag> tags) {
  for (std::size_t i = tags.size(); i-- > 0;) {
    const LoraTag& last = *std::find_if(tags.rbegin(), tags.rend(), [&](const LoraTag& other) {
      return other.name == tags[i].name;
    });
    tags[i] = LoraTag(last);
  }
  return tags;
}

HypernetTags hypernet_tags(const std::vector<ExtraNetwork>& networks) {
  return read_tags<HypernetTags>(networks, {"hypernet"}, read_hypernet);
}

bool is_known_network_kind(std::string_view kind) {
  return kind == "lora" || kind == "lyco" || kind == "hypernet";
}

}  // namespace ptravel
