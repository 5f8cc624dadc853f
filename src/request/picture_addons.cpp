// Networks and tiling as other programs tell them, in the words that draw them here.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;

/// "folder\\name.safetensors" is name.
std::string_view stem_of(std::string_view name) {
  name = name.substr(name.find_last_of("/\\") + 1);
  for (const std::string_view ending : {".safetensors", ".ckpt", ".pt", ".bin"}) {
    if (name.ends_with(ending)) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  return name;
}

/// One text for each entry of an array, or for each part between commas.
std::vector<std::string> entries_of(const Json& value) {
  std::vector<std::string> entries;
  if (value.is_array()) {
    std::transform(value.begin(), value.end(), std::back_inserter(entries), scalar_text);
    return entries;
  }
  const std::string list = scalar_text(value);
  for (const std::string_view part : split(list, ',')) {
    if (const std::string_view entry = trimmed(part); !entry.empty()) {
      entries.emplace_back(entry);
    }
  }
  return entries;
}

std::string value_of(const Infotext& text, const std::string& key) {
  return text.find(key).value_or("");
}

/// "AddNet Model 1: name(0123456789ab)" with its weights.
void take_additional_networks(PictureDraft& draft) {
  constexpr int kMostNetworks = 20;
  Infotext& meant = draft.result.meant;
  if (value_of(meant, "AddNet Enabled") != "True") {
    return;
  }
  for (int number = 1; number <= kMostNetworks; ++number) {
    const std::string place = " " + std::to_string(number);
    const std::string module = value_of(meant, "AddNet Module" + place);
    const std::string model = value_of(meant, "AddNet Model" + place);
    if (!module.empty() && module != "LoRA") {
      continue;
    }
    const auto both = parse_number(value_of(meant, "AddNet Weight" + place));
    const auto unet = parse_number(value_of(meant, "AddNet Weight A" + place));
    const auto text = parse_number(value_of(meant, "AddNet Weight B" + place));
    const double weight = unet.value_or(both.value_or(1));
    add_lora(draft, "AddNet Model" + place, model.substr(0, model.rfind('(')), weight,
             text.value_or(both.value_or(weight)));
    for (const char* what : {"Module", "Model", "Weight", "Weight A", "Weight B"}) {
      std::erase_if(meant.items, [key = "AddNet " + std::string(what) + place](const auto& item) {
        return item.first == key;
      });
    }
  }
  const bool left = std::any_of(meant.items.begin(), meant.items.end(), [](const auto& item) {
    return item.first.starts_with("AddNet Model");
  });
  std::erase_if(meant.items, [left](const auto& item) {
    return item.first == "AddNet Enabled" || (!left && item.first.starts_with("AddNet "));
  });
}

/// Each axis for itself; of a part of the steps there is no such thing here.
void take_asymmetric_tiling(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  const std::string across = value_of(meant, "Tile X"), down = value_of(meant, "Tile Y");
  const bool all_steps =
      parse_integer(value_of(meant, "Start Tiling From Step")).value_or(0) <= 0 &&
      parse_integer(value_of(meant, "Stop Tiling After Step")).value_or(-1) < 0;
  if ((across.empty() && down.empty()) || !all_steps) {
    return;
  }
  set_tiling(draft, across == "True", down == "True");
  std::erase_if(meant.items, [](const auto& item) {
    return item.first == "Tile X" || item.first == "Tile Y" ||
           item.first == "Start Tiling From Step" || item.first == "Stop Tiling After Step";
  });
}

/// Web UIs before tags had one hypernetwork, under keys of its own.
void take_old_hypernetwork(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  const std::string name = value_of(meant, "Hypernet");
  const std::string strength = value_of(meant, "Hypernet strength");
  std::erase_if(meant.items, [](const auto& item) {
    return item.first == "Hypernet" || item.first == "Hypernet strength";
  });
  add_hypernetwork(draft, "Hypernet", name, strength.empty() ? "1.0" : strength);
}

}  // namespace

std::string take_told_hashes(Infotext& text) {
  std::string hashes = value_of(text, "Lora hashes");
  if (hashes.empty()) {
    return {};
  }
  for (const std::string_view part : split(hashes, ',')) {
    const std::string name(trimmed(part.substr(0, part.find(':'))));
    if (text.prompt.find("<lora:" + name + ":") == std::string::npos &&
        text.prompt.find("<lora:" + name + ">") == std::string::npos) {
      return {};
    }
  }
  std::erase_if(text.items, [](const auto& item) { return item.first == "Lora hashes"; });
  return hashes;
}

void PictureDraft::leave_out(KeyEffect effect,
                             std::string_view key,
                             std::string_view value,
                             std::string_view topic) {
  keys.add(effect, key, value, topic);
  if (effect == KeyEffect::Vae && !is_neutral_value(value)) {
    result.meant.set("VAE", std::string(value));
  }
}

namespace {

/// A tag of this kind for the file of this name; a note where no tag can call it so.
void add_network(PictureDraft& draft,
                 std::string_view kind,
                 std::string_view key,
                 std::string_view name,
                 const std::string& strengths) {
  const std::string_view stem = stem_of(trimmed(name));
  if (stem.empty() || stem == "None") {
    return;
  }
  const bool callable = stem.find_first_of(":<>\n") == std::string_view::npos &&
                        strengths.find_first_of("<>\n") == std::string::npos;
  if (!callable) {
    draft.keys.add(KeyEffect::Adapter, key, name);
    return;
  }
  draft.tags.append("<").append(kind).append(":").append(stem).append(":");
  draft.tags.append(strengths).append(">");
}

}  // namespace

void add_lora(
    PictureDraft& draft, std::string_view key, std::string_view name, double unet, double text) {
  add_network(draft, "lora", key, name,
              number_text(text) + (unet == text ? "" : ":" + number_text(unet)));
}

void add_hypernetwork(PictureDraft& draft,
                      std::string_view key,
                      std::string_view name,
                      const std::string& strength) {
  add_network(draft, "hypernet", key, name, strength);
}

void add_loras(PictureDraft& draft, std::string_view key, const Json& names, const Json* weights) {
  const std::vector<std::string> all = entries_of(names);
  const std::vector<std::string> numbers =
      weights == nullptr ? std::vector<std::string>() : entries_of(*weights);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double weight = i < numbers.size() ? parse_number(numbers[i]).value_or(1) : 1;
    add_lora(draft, key, all[i], weight, weight);
  }
}

void set_tiling(PictureDraft& draft, bool across, bool down) {
  if (across || down) {
    draft.result.meant.set("Tiling", across && down ? "True" : across ? "x" : "y");
  }
}

void take_extensions(PictureDraft& draft) {
  take_old_hypernetwork(draft);
  take_additional_networks(draft);
  take_asymmetric_tiling(draft);
}

}  // namespace ptravel
