#include "checkpoint/addon_words.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMostLetters = 2000;
constexpr double kMostWeight = 100;
constexpr std::pair<std::string_view, std::int64_t> kVersions[] = {
    {"SD1", 768}, {"SD2", 1024}, {"SDXL", 2048}};

std::string text_of(const json& words, const char* name) {
  const auto found = words.find(name);
  if (found == words.end() || !found->is_string()) {
    return {};
  }
  const std::string& text = found->get_ref<const std::string&>();
  return text.size() > kMostLetters ? std::string() : text;
}

}  // namespace

AddonWords parse_addon_words(std::string_view text) {
  const json content = json::parse(text, nullptr, /*allow_exceptions=*/false);
  AddonWords words;
  if (!content.is_object()) {
    return words;
  }
  words.description = text_of(content, "description");
  words.notes = text_of(content, "notes");
  words.activation = text_of(content, "activation text");
  if (const auto found = content.find("preferred weight");
      found != content.end() && found->is_number()) {
    // 0 is the web UI's word for none.
    const double weight = found->get<double>();
    if (weight != 0 && std::abs(weight) <= kMostWeight) {
      words.preferred_weight = weight;
    }
  }
  const std::string version = text_of(content, "sd version");
  for (const auto& [name, width] : kVersions) {
    words.text_width = name == version ? width : words.text_width;
  }
  return words;
}

AddonWords addon_words_beside(const std::filesystem::path& path) {
  try {
    return parse_addon_words(
        read_file(std::filesystem::path(path).replace_extension(".json"), kMostBytes));
  } catch (const Error&) {
    return {};  // Most files have none.
  }
}

}  // namespace ptravel
