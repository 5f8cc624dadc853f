// What lies beside the weights: config.json with all three networks, and a training configuration.
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "checkpoint/config.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;

constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{1} << 20;
constexpr std::int64_t kMaxNumber = 1'000'000;
constexpr std::int64_t kMaxHeads = 1024;

[[noreturn]] void fail(const Path& path, const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[config] " + path.string() + ": " + problem);
}

/// A JSON value for a message: short, and never nested.
std::string shown(const json& value) {
  return value.is_primitive() ? value.dump().substr(0, 40) : value.type_name();
}

std::int64_t whole_number(const json& value, const std::string& name, const Path& path) {
  if (value > kMaxNumber) {
    fail(path, name + " is " + shown(value) + ", expected at most " + std::to_string(kMaxNumber));
  }
  return value.get<std::int64_t>();
}

/// Takes every whole number and list of whole numbers of one section. Negative ones mean "not set".
void take_numbers(const json& section,
                  const std::string& name,
                  const Path& path,
                  ConfigHints& hints) {
  for (const auto& [key, value] : section.items()) {
    std::string full = name;
    full.append(".").append(key);
    if (value.is_number_integer() && value >= 0) {
      hints.stated[full] = {whole_number(value, full, path)};
    } else if (value.is_array() && value.size() <= 16) {
      for (const json& item : value) {
        if (item.is_number_integer() && item >= 0) {
          hints.stated[full].push_back(whole_number(item, full, path));
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

std::optional<ConfigHints> read_config_json(const Path& path) {
  const json content = json::parse(read_file(path, kMaxConfigBytes), nullptr, false);
  if (content.is_discarded()) {
    fail(path, "is not valid JSON");
  }
  if (!content.is_object() || !content.contains("unet") || !content["unet"].is_object()) {
    return std::nullopt;
  }
  ConfigHints hints;
  for (const char* section : {"unet", "vae", "clip"}) {
    if (content.contains(section) && content[section].is_object()) {
      take_numbers(content[section], section, path, hints);
    }
  }
  hints.unet_heads = heads(hints, "unet.num_heads", path);
  hints.unet_head_channels = heads(hints, "unet.num_head_channels", path);
  hints.clip_heads = heads(hints, "clip.num_heads", path);
  if (content.contains("clip") && content["clip"].is_object() && content["clip"].contains("act")) {
    hints.quick_gelu = content["clip"]["act"] == "quick_gelu";
  }
  if (content.contains("scale_factor")) {
    const json& scale = content["scale_factor"];
    if (!scale.is_number() || scale <= 0.0 || scale > 1000.0) {
      fail(path, "scale_factor is " + shown(scale) + ", expected a positive number");
    }
    hints.scale_factor = scale.get<double>();
  }
  if (content.contains("parameterization")) {
    const json& kind = content["parameterization"];
    if (kind != "eps" && kind != "v") {
      fail(path, "parameterization is " + shown(kind) + ", expected \"eps\" or \"v\"");
    }
    hints.prediction = kind == "v" ? Prediction::V : Prediction::Eps;
  }
  return hints;
}

std::optional<Prediction> read_yaml_prediction(const Path& path) {
  const std::string content = read_file(path, kMaxConfigBytes);
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

ConfigHints read_hints_beside(const Path& path) {
  ConfigHints hints;
  for (const Path& file :
       {Path(path).replace_extension(".json"), path.parent_path() / "config.json"}) {
    if (is_file(file)) {
      if (auto found = read_config_json(file)) {
        hints = std::move(*found);
        break;
      }
    }
  }
  const Path yaml = Path(path).replace_extension(".yaml");
  if (is_file(yaml)) {
    if (const auto prediction = read_yaml_prediction(yaml)) {
      hints.prediction = prediction;
    }
  }
  return hints;
}

}  // namespace ptravel
