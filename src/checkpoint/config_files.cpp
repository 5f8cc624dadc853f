// What lies beside the weights: config.json with all three networks, and a training configuration.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json_number.h"
#include "checkpoint/config.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;

constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{1} << 20;
constexpr std::int64_t kMaxNumber = 1'000'000;
constexpr std::int64_t kMaxHeads = 1024;
constexpr const char* kOwnKeys[] = {"num_heads", "num_head_channels", "model_channels",
                                    "channel_mult"};

[[noreturn]] void fail(const Path& path, const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[config] " + path.string() + ": " + problem);
}

/// A JSON value for a message: short, and never nested.
std::string shown(const json& value) {
  return value.is_primitive() ? value.dump().substr(0, 40) : value.type_name();
}

/// A whole number that is stated. Negative ones, and what is no whole number, mean "not set".
std::optional<std::int64_t> stated_number(const json& value,
                                          const std::string& name,
                                          const Path& path) {
  const auto number = json_integer(value, 0, kMaxNumber);
  if (!number && value.is_number_unsigned()) {
    fail(path, name + " is " + shown(value) + ", expected at most " + std::to_string(kMaxNumber));
  }
  return number;
}

/// Takes every whole number and list of whole numbers of one section.
void take_numbers(const json& section,
                  const std::string& name,
                  const Path& path,
                  ConfigHints& hints) {
  for (const auto& [key, value] : section.items()) {
    std::string full = name;
    full.append(".").append(key);
    if (const auto number = stated_number(value, full, path)) {
      hints.stated[full] = {*number};
    } else if (value.is_array() && value.size() <= 16) {
      for (const json& item : value) {
        if (const auto number = stated_number(item, full, path)) {
          hints.stated[full].push_back(*number);
        }
      }
    }
  }
}

std::optional<std::int64_t> heads(const ConfigHints& hints,
                                  const std::string& name,
                                  const Path& path) {
  const auto found = hints.stated.find(name);
  if (found == hints.stated.end() || found->second.size() != 1 || found->second[0] == 0) {
    return std::nullopt;
  }
  if (found->second[0] > kMaxHeads) {
    fail(path, name + " is " + std::to_string(found->second[0]) + ", expected at most " +
                   std::to_string(kMaxHeads));
  }
  return found->second[0];
}

/// What one section says of a text encoder.
void take_text(const json& content,
               const char* section,
               const Path& path,
               ConfigHints& hints,
               TextHints& text) {
  if (!content.contains(section) || !content[section].is_object()) {
    return;
  }
  const json& values = content[section];
  take_numbers(values, section, path, hints);
  text.heads = heads(hints, std::string(section) + ".num_heads", path);
  if (values.contains("act")) {
    text.quick_gelu = values["act"] == "quick_gelu";
  }
}

/// Whether JSON is a configuration of this kind: its "unet" holds a number that only it would.
bool is_ours(const json& content) {
  if (!content.is_object() || !content.contains("unet") || !content["unet"].is_object()) {
    return false;
  }
  return std::any_of(std::begin(kOwnKeys), std::end(kOwnKeys),
                     [&](const char* key) { return content["unet"].contains(key); });
}

/// A file's text; nothing of one that is too large for a configuration or cannot be read.
std::string read_beginning(const Path& path) {
  try {
    return read_file(path, kMaxConfigBytes);
  } catch (const Error&) {
    return {};
  }
}

bool is_file(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"'";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

std::optional<ConfigHints> read_config_json(const Path& path, std::vector<std::string>& notes) {
  const std::string text = read_beginning(path);
  const json content = json::parse(text, nullptr, false);
  if (content.is_discarded() && !text.empty()) {
    notes.push_back(path.string() + " is not valid JSON and is left alone.");
  }
  if (!is_ours(content)) {
    return std::nullopt;
  }
  ConfigHints hints;
  hints.files.push_back(path);
  for (const char* section : {"unet", "vae"}) {
    if (content.contains(section) && content[section].is_object()) {
      take_numbers(content[section], section, path, hints);
    }
  }
  for (std::size_t i = 0; i < kTextSections.size(); ++i) {
    for (const char* section : kTextSections[i]) {
      take_text(content, section, path, hints, hints.texts[i]);
    }
  }
  if (const auto count = heads(hints, "unet.num_heads", path)) {
    hints.unet_heads = {*count};
  }
  hints.unet_head_channels = heads(hints, "unet.num_head_channels", path);
  if (content.contains("scale_factor")) {
    const json& scale = content["scale_factor"];
    hints.scale_factor = json_number(scale, kLeastScaleFactor, kMostScaleFactor);
    if (!hints.scale_factor) {
      fail(path, "scale_factor is " + shown(scale) + ", expected a number from 1e-6 to 1000");
    }
  }
  if (content.contains("parameterization")) {
    const json& kind = content["parameterization"];
    if (kind != "eps" && kind != "v") {
      fail(path, "parameterization is " + shown(kind) + ", expected \"eps\" or \"v\"");
    }
    hints.prediction = kind == "v" ? Prediction::V : Prediction::Eps;
    hints.prediction_reason = path.filename().string();
  }
  return hints;
}

std::optional<Prediction> read_yaml_prediction(const Path& path) {
  const std::string content = read_beginning(path);
  std::string_view rest = content;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end).substr(0, rest.substr(0, end).find('#'));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    const std::size_t colon = line.find(':');
    if (colon == line.npos || trimmed(line.substr(0, colon)) != "parameterization") {
      continue;
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (value != "eps" && value != "v") {
      fail(path, "parameterization is \"" + std::string(value.substr(0, 40)) +
                     "\", expected \"eps\" or \"v\"");
    }
    return value == "v" ? Prediction::V : Prediction::Eps;
  }
  return std::nullopt;
}

ConfigHints read_hints_beside(const Path& path, Beside which) {
  ConfigHints hints;
  std::vector<std::string> notes;
  for (const Path& file :
       {Path(path).replace_extension(".json"), path.parent_path() / "config.json"}) {
    const bool named = file.stem() == path.stem();
    if ((which == Beside::Named && !named) || !is_file(file)) {
      continue;
    }
    try {
      if (auto found = read_config_json(file, notes)) {
        hints = std::move(*found);
        break;
      }
    } catch (const Error& error) {
      if (named) {
        throw;
      }
      notes.push_back(file.string() + " describes another model and is left alone (" +
                      error.what() + ").");
    }
  }
  hints.notes = std::move(notes);
  const Path yaml = Path(path).replace_extension(".yaml");
  if (is_file(yaml)) {
    if (const auto prediction = read_yaml_prediction(yaml)) {
      hints.prediction = prediction;
      hints.prediction_reason = yaml.filename().string();
      hints.files.push_back(yaml);
    }
  }
  return hints;
}

}  // namespace ptravel
