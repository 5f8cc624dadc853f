#include "request/parameter_items.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "request/frame_places.h"
#include "request/request_table.h"

namespace ptravel {
namespace {

using Kind = RequestField::Kind;
using WrongText = std::optional<std::string>;

/// Numbers as the web UI's sliders print them: 7, 7.5.
std::string plain_number(std::string_view text) {
  return std::string(text.ends_with(".0") ? text.substr(0, text.size() - 2) : text);
}

ParameterItem integer_item(std::string_view key,
                           int place,
                           std::int64_t FrameSpot::*member,
                           const When& when = always) {
  ParameterItem item{key, place, {}, {}};
  item.text = [=](const FrameFacts& facts) {
    return when(facts) ? std::optional(std::to_string(facts.spot.*member)) : std::nullopt;
  };
  item.read = [=](FrameRequest& frame, const std::string& value) -> WrongText {
    const auto number = parse_integer(value);
    if (!number || *number < 0) {
      return "\"" + value + "\", expected a whole number that is 0 or more";
    }
    frame.spot.*member = *number;
    return std::nullopt;
  };
  return item;
}

ParameterItem alpha_item(int place) {
  return {"Travel alpha", place,
          [](const FrameFacts& facts) {
            return std::optional(plain_number(number_text(facts.spot.alpha)));
          },
          [](FrameRequest& frame, const std::string& value) -> WrongText {
            const auto alpha = parse_number(value);
            if (!alpha || !(*alpha >= 0 && *alpha < 1)) {
              return "\"" + value + "\", expected a number from 0 to 1";
            }
            frame.spot.alpha = *alpha;
            return std::nullopt;
          }};
}

/// "0.25 to 0.375, 6 steps".
ParameterItem bridge_item(int place) {
  return {"Travel bridge", place,
          [](const FrameFacts& facts) -> std::optional<std::string> {
            const std::optional<FilmBridge>& bridge = facts.spot.bridge;
            return !bridge ? std::nullopt
                           : std::optional(number_text(bridge->from_alpha) + " to " +
                                           number_text(bridge->to_alpha) + ", " +
                                           std::to_string(bridge->steps) + " steps");
          },
          [](FrameRequest& frame, const std::string& value) -> WrongText {
            const std::size_t to = value.find(" to ");
            const std::size_t comma = value.find(", ");
            const bool whole = to != std::string::npos && comma != std::string::npos &&
                               to < comma && value.ends_with(" steps");
            const auto from_alpha = whole ? parse_number(value.substr(0, to)) : std::nullopt;
            const auto to_alpha =
                whole ? parse_number(value.substr(to + 4, comma - to - 4)) : std::nullopt;
            const auto steps =
                whole ? parse_integer(value.substr(comma + 2, value.size() - comma - 2 - 6))
                      : std::nullopt;
            if (!from_alpha || !to_alpha || !steps || !(*from_alpha >= 0) ||
                !(*from_alpha < *to_alpha) || !(*to_alpha <= 1) || *steps < 1 ||
                *steps > kMostBridgeSteps) {
              return "\"" + value + "\", expected such as \"0.25 to 0.375, 6 steps\"";
            }
            frame.spot.bridge = FilmBridge{0, *from_alpha, *to_alpha, static_cast<int>(*steps)};
            return std::nullopt;
          }};
}

bool has_tag(const std::string& prompt, const std::string& name) {
  for (const char* kind : {"lora", "lyco"}) {
    const std::string tag = std::string("<") + kind + ":" + name;
    if (prompt.find(tag + ":") != prompt.npos || prompt.find(tag + ">") != prompt.npos) {
      return true;
    }
  }
  return false;
}

/// Those that the frame's prompts call.
ParameterItem lora_hashes_item(int place) {
  ParameterItem item{"Lora hashes", place, {}, {}, true};
  item.text = [](const FrameFacts& facts) -> std::optional<std::string> {
    std::string text;
    for (const auto& [name, hash] : facts.model.lora_hashes) {
      if (has_tag(facts.texts.prompt, name) ||
          (is_in_between(facts) && has_tag(facts.texts.from_prompt, name))) {
        std::string plain = name;
        std::erase_if(plain, [](char letter) { return letter == ':' || letter == ','; });
        text += text.empty() ? "" : ", ";
        text.append(plain).append(": ").append(hash);
      }
    }
    return text.empty() ? std::nullopt : std::optional(text);
  };
  item.read = [](FrameRequest& frame, const std::string& value) -> WrongText {
    frame.lora_hashes = value;
    return std::nullopt;
  };
  return item;
}

/// Where LoRAs change their strengths along the way, all frames are drawn so.
ParameterItem loras_beside_item(int place) {
  ParameterItem item{"Travel LoRAs beside", place, {}, {}, true};
  item.text = [](const FrameFacts& facts) -> std::optional<std::string> {
    std::string text;
    for (std::string name : facts.model.loras_beside) {
      std::erase(name, ',');
      text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? std::nullopt : std::optional(text);
  };
  item.read = [](FrameRequest& frame, const std::string& value) -> WrongText {
    frame.loras_beside.clear();
    for (const std::string_view name : split(value, ',')) {
      frame.loras_beside.emplace_back(trimmed(name));
    }
    return std::nullopt;
  };
  return item;
}

ParameterItem text_item(std::string_view key,
                        int place,
                        const std::function<std::string(const FrameFacts&)>& text,
                        const When& when = always) {
  return {key,
          place,
          [=](const FrameFacts& facts) {
            return when(facts) ? std::optional(text(facts)) : std::nullopt;
          },
          {}};
}

using HashesByPrompt = std::map<std::string, std::string>;

/// Appends what `hashes` has of the prompt; entries that are there already only where `repeats`.
void add_hashes(std::string& text,
                const HashesByPrompt& hashes,
                const std::string& prompt,
                bool repeats) {
  const auto found = hashes.find(prompt);
  if (found == hashes.end()) {
    return;
  }
  for (const std::string_view entry : split(found->second, ',')) {
    const std::string_view hash = trimmed(entry);
    if (repeats || text.find(hash) == std::string::npos) {
      text += (text.empty() ? "" : ", ") + std::string(hash);
    }
  }
}

/// The web UI's text: the prompt's embeddings before the negative prompt's, one that is in both
/// twice. On the way those of the stage that is left follow.
ParameterItem embedding_item(int place) {
  return {"TI hashes", place,
          [](const FrameFacts& facts) -> std::optional<std::string> {
            const HashesByPrompt& positive = facts.model.embedding_hashes;
            const HashesByPrompt& negative = facts.model.negative_embedding_hashes;
            std::string text;
            add_hashes(text, positive, facts.texts.prompt, true);
            add_hashes(text, negative, facts.texts.negative_prompt, true);
            if (is_in_between(facts)) {
              add_hashes(text, positive, facts.texts.from_prompt, false);
              add_hashes(text, negative, facts.texts.from_negative_prompt, false);
            }
            return text.empty() ? std::nullopt : std::optional(text);
          },
          [](FrameRequest& frame, const std::string& value) -> WrongText {
            frame.embedding_hashes = value;
            return std::nullopt;
          },
          true};
}

ParameterItem hypernetwork_item(int place) {
  return {"Travel hypernetwork hashes", place,
          [](const FrameFacts& facts) -> std::optional<std::string> {
            std::string text;
            add_hashes(text, facts.model.hypernetwork_hashes, facts.texts.prompt, true);
            if (is_in_between(facts)) {
              add_hashes(text, facts.model.hypernetwork_hashes, facts.texts.from_prompt, false);
            }
            return text.empty() ? std::nullopt : std::optional(text);
          },
          [](FrameRequest& frame, const std::string& value) -> WrongText {
            frame.hypernetwork_hashes = value;
            return std::nullopt;
          },
          true};
}

}  // namespace

bool always(const FrameFacts&) { return true; }

bool starts_from_picture(const FrameFacts& facts) {
  const bool chain = facts.request.genesis == Genesis::Successive && facts.spot.index > 0;
  return !facts.request.init_image.empty() || chain;
}

bool is_in_between(const FrameFacts& facts) { return facts.spot.step > 0; }

When mode_is(TravelMode mode) {
  return [mode](const FrameFacts& facts) { return facts.request.mode == mode; };
}

When in_between_of(TravelMode mode) {
  return [mode](const FrameFacts& facts) {
    return is_in_between(facts) && facts.request.mode == mode;
  };
}

std::string parameter_text(const RequestField& shape, const std::string& text) {
  switch (shape.kind) {
    case Kind::Boolean:
      return text == "true" ? "True" : "False";
    case Kind::Number:
      return plain_number(text);
    case Kind::Numbers: {
      std::string list;
      for (const std::string_view piece : split(text, ',')) {
        list += (list.empty() ? "" : ",") + plain_number(piece);
      }
      return list;
    }
    default:
      return text;
  }
}

std::string text_of_parameter(const RequestField& shape, const std::string& value) {
  if (shape.kind == Kind::Boolean) {
    return value == "True" ? "true" : value == "False" ? "false" : value;
  }
  return value;
}

std::string short_hash(const std::string& sha256) {
  constexpr std::size_t kDigits = 10;
  return sha256.substr(0, kDigits);
}

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

const std::vector<ParameterItem>& frame_items() {
  static const std::vector<ParameterItem> items = {
      embedding_item(241),
      hypernetwork_item(1029),
      lora_hashes_item(980),
      loras_beside_item(1028),
      text_item("Prompt Travel", 1000,
                [](const FrameFacts&) { return std::string(PTRAVEL_VERSION); }),
      integer_item("Travel frame", 1050, &FrameSpot::index),
      integer_item("Travel frames", 1060, &FrameSpot::frame_count),
      integer_item("Travel stage", 1070, &FrameSpot::stage),
      integer_item("Travel stages", 1080, &FrameSpot::stage_count),
      alpha_item(1090),
      integer_item("Travel step", 1150, &FrameSpot::step, is_in_between),
      bridge_item(1155),
      text_item(
          "Travel from prompt", 1240,
          [](const FrameFacts& facts) { return facts.texts.from_prompt; }, is_in_between),
      text_item(
          "Travel from negative prompt", 1250,
          [](const FrameFacts& facts) { return facts.texts.from_negative_prompt; }, is_in_between)};
  return items;
}

const std::vector<const ParameterItem*>& parameter_items() {
  static const std::vector<const ParameterItem*> items = [] {
    std::vector<const ParameterItem*> all;
    for (const RequestFieldEntry& entry : request_table()) {
      for (const ParameterItem& item : entry.parameters) {
        all.push_back(&item);
      }
    }
    for (const ParameterItem& item : frame_items()) {
      all.push_back(&item);
    }
    std::stable_sort(all.begin(), all.end(), [](const ParameterItem* a, const ParameterItem* b) {
      return a->place < b->place;
    });
    return all;
  }();
  return items;
}

}  // namespace ptravel
