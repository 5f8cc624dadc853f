#include "checkpoint/lora_contents.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "checkpoint/lora_modules.h"
#include "checkpoint/lora_shapes.h"
#include "checkpoint/text_width.h"

namespace ptravel {
namespace {

struct KindWords {
  LoraKind kind;
  const char* name;
  const char* rank;  // what its first number is
};

constexpr KindWords kKinds[] = {
    {LoraKind::LowRank, "LoRA", "rank"},   {LoraKind::Hadamard, "LoHa", "rank"},
    {LoraKind::Kronecker, "LoKr", "rank"}, {LoraKind::Full, "whole differences", ""},
    {LoraKind::Norm, "norms", ""},         {LoraKind::Scaling, "IA3", ""},
    {LoraKind::General, "GLoRA", ""},      {LoraKind::Rotation, "OFT", "blocks"},
};

/// How many layers of a kind there are, and the ranks that they have.
struct Count {
  std::size_t layers = 0;
  std::size_t dora = 0;
  std::set<std::int64_t> ranks;
};

std::string layers_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " layer" : " layers");
}

std::string ranks_text(const KindWords& words, const std::set<std::int64_t>& ranks) {
  if (ranks.empty() || *words.rank == '\0') {
    return {};
  }
  const std::string first = std::to_string(*ranks.begin());
  const std::string last = std::to_string(*ranks.rbegin());
  return std::string(", ") + words.rank + " " + (first == last ? first : first + " to " + last);
}

/// Where the layer is: a text encoder or the UNet.
std::string_view place_of(std::string_view name) {
  if (name.starts_with("lora_te2_") || name.starts_with("text_encoder_2.")) {
    return "second text encoder";
  }
  return name.starts_with("lora_te") || name.starts_with("text_encoder.") ? "text encoder" : "UNet";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

}  // namespace

std::vector<std::string> lora_contents(const StoredTensors& tensors) {
  std::map<LoraKind, Count> counts;
  std::map<std::string_view, std::size_t> places;
  std::set<std::int64_t> widths;
  std::size_t unknown = 0;
  const std::vector<LoraModule> modules = lora_modules(tensors.names());
  for (const LoraModule& module : modules) {
    ++places[place_of(module.name)];
    const auto kind = lora_kind(module);
    if (!kind) {
      ++unknown;
      continue;
    }
    Count& count = counts[*kind];
    ++count.layers;
    count.dora += module.parts.contains("dora_scale") ? 1 : 0;
    const LoraShapes shapes(module, *kind,
                            [&](const std::string& tensor) { return tensors.shape(tensor); });
    if (const auto rank = shapes.rank()) {
      count.ranks.insert(*rank);
    }
    if (const std::int64_t width = text_width(tensors, module); width > 0) {
      widths.insert(width);
    }
  }
  std::vector<std::string> lines;
  for (const KindWords& words : kKinds) {
    if (const auto found = counts.find(words.kind); found != counts.end()) {
      const Count& count = found->second;
      lines.push_back(std::string(words.name) + " in " + layers_text(count.layers) +
                      ranks_text(words, count.ranks) +
                      (count.dora > 0 ? ", " + std::to_string(count.dora) + " of them DoRA" : ""));
    }
  }
  if (unknown > 0) {
    lines.push_back(layers_text(unknown) + " of a kind that is not known");
  }
  std::vector<std::string> changed;
  changed.reserve(places.size());
  for (const auto& [place, count] : places) {
    changed.push_back(std::string(place) + " (" + layers_text(count) + ")");
  }
  lines.push_back("changes " + joined(changed));
  for (const std::int64_t width : widths) {
    if (const std::string name = family_of_width(width); !name.empty()) {
      lines.push_back("fits " + name + ", by its texts of width " + std::to_string(width));
    }
  }
  return lines;
}

}  // namespace ptravel
