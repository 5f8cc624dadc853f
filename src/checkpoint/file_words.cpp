#include "checkpoint/file_words.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace ptravel {
namespace {

using nlohmann::json;

constexpr std::size_t kMostLetters = 500;
constexpr std::size_t kMostTagText = std::size_t{4} << 20;
constexpr std::size_t kMostTags = 10;
constexpr std::size_t kMostTagLetters = 80;

constexpr std::string_view kArchitectureKey = "modelspec.architecture";

// How it begins in a family's files.
struct Architecture {
  std::string_view front;
  ModelFamily family;
};
constexpr Architecture kArchitectures[] = {
    {"stable-diffusion-xl-v1-refiner", ModelFamily::SdxlRefiner},
    {"stable-diffusion-xl", ModelFamily::Sdxl},
    {"stable-diffusion-v1", ModelFamily::Sd1},
    {"stable-diffusion-v2", ModelFamily::Sd2},
    {"stable-diffusion-v3", ModelFamily::DiffusionTransformer},
    {"flux", ModelFamily::DiffusionTransformer},
};

/// A family without what makes it a variant: inpainting, depth, instructions.
ModelFamily base_of(ModelFamily family) {
  switch (family) {
    case ModelFamily::Sd1Inpainting:
    case ModelFamily::InstructPix2Pix:
      return ModelFamily::Sd1;
    case ModelFamily::Sd2Inpainting:
    case ModelFamily::Sd2Depth:
    case ModelFamily::UnClip:
      return ModelFamily::Sd2;
    case ModelFamily::SdxlInpainting:
    case ModelFamily::SdxlInstructPix2Pix:
      return ModelFamily::Sdxl;
    default:
      return family;
  }
}

/// Text of others on one line, without control characters, and cut where a letter ends.
std::string on_one_line(std::string text, std::size_t most) {
  std::replace_if(
      text.begin(), text.end(),
      [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; }, ' ');
  if (text.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
      --end;
    }
    text.resize(end);
    text += "...";
  }
  return text;
}

std::string value_of(const TensorFile& file, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const auto found = file.metadata.find(key);
    if (found != file.metadata.end() && !found->second.empty() && found->second != "None") {
      return on_one_line(found->second, kMostLetters);
    }
  }
  return {};
}

/// The tags that most pictures of a training set had: {"folder": {"tag": count}}.
std::vector<std::string> most_frequent_tags(const std::string& text) {
  if (text.size() > kMostTagText) {
    return {};
  }
  const json content = json::parse(text, nullptr, false);
  std::map<std::string, double> counts;
  for (const json& folder : content.is_object() ? content : json::object()) {
    if (!folder.is_object()) {
      continue;
    }
    for (const auto& [tag, count] : folder.items()) {
      if (count.is_number() && tag.find_first_not_of(' ') != tag.npos) {
        counts[on_one_line(tag.substr(tag.find_first_not_of(' ')), kMostTagLetters)] +=
            count.get<double>();
      }
    }
  }
  std::vector<std::pair<std::string, double>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  order.resize(std::min(order.size(), kMostTags));
  std::vector<std::string> tags;
  tags.reserve(order.size());
  for (const auto& [tag, count] : order) {
    tags.push_back(tag);
  }
  return tags;
}

}  // namespace

ModelWords words_of(const TensorFile& file) {
  ModelWords words;
  words.title = value_of(file, {"modelspec.title", "ss_output_name"});
  words.author = value_of(file, {"modelspec.author", "author"});
  words.license = value_of(file, {"modelspec.license", "license"});
  words.architecture = value_of(file, {kArchitectureKey});
  words.trigger_phrase = value_of(file, {"modelspec.trigger_phrase"});
  if (const auto found = file.metadata.find("ss_tag_frequency"); found != file.metadata.end()) {
    words.frequent_tags = most_frequent_tags(found->second);
  }
  return words;
}

std::optional<ModelFamily> claimed_family(const TensorFile& file) {
  const std::string claimed = value_of(file, {kArchitectureKey});
  for (const Architecture& row : kArchitectures) {
    if (claimed.starts_with(row.front)) {
      return row.family;
    }
  }
  return std::nullopt;
}

std::string contradiction(const TensorFile& file, ModelFamily family) {
  const auto claimed = claimed_family(file);
  if (!claimed || *claimed == base_of(family)) {
    return {};
  }
  return "Its metadata (" + std::string(kArchitectureKey) + ") says " +
         value_of(file, {kArchitectureKey}) + ", its tensors are those of a " +
         std::string(family_label(family)) + " model; the tensors are believed.";
}

}  // namespace ptravel
