#include "sdapi/options.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kLargestFile = 1 << 20;

const SdOption* find_option(std::string_view name) {
  const auto options = sd_options();
  const auto found = std::find_if(options.begin(), options.end(), [&](const SdOption& option) {
    return option.field.name == name;
  });
  return found == options.end() ? nullptr : &*found;
}

SdBody initial_values() {
  std::vector<SdField> fields;
  for (const SdOption& option : sd_options()) {
    fields.push_back(option.field);
  }
  return read_sd_object(Json::object(), fields);
}

bool is_choice(std::string_view choices, const Json& value) {
  if (choices.empty()) {
    return true;
  }
  for (const std::string_view choice : split(choices, ',')) {
    if (value == std::string(trimmed(choice))) {
      return true;
    }
  }
  return false;
}

std::optional<CatalogEntry> default_entry(const ModelCatalog& catalog) {
  const std::vector<CatalogEntry> models = catalog.models();
  const auto usable = [](const CatalogEntry& entry) { return entry.refusal.empty(); };
  const auto found = std::find_if(models.begin(), models.end(), usable);
  return found == models.end() ? std::nullopt : std::optional(*found);
}

bool is_vae_word(const std::string& name) {
  return name == "Automatic" || name == "None" || name == "auto" || name == "none" || name.empty();
}

/// A setting that names a model or a VAE is known by the catalog, which may have changed since.
bool names_file(std::string_view option) {
  return option == "sd_model_checkpoint" || option == "sd_vae";
}

}  // namespace

SdSettings::SdSettings() : values_(initial_values()) {}

std::optional<SdProblem> SdSettings::set(std::string_view name, const Json& value) {
  const SdOption* option = find_option(name);
  const Json location = Json::array({std::string(name)});
  if (option == nullptr) {
    return SdProblem{location, "is no setting of this server", "key_error"};
  }
  if (value.is_null() || option->use == SdOptionUse::Derived) {
    return std::nullopt;
  }
  SdConverted converted = convert_sd_value(option->field, value);
  if (converted.problem) {
    converted.problem->location = location;
    return converted.problem;
  }
  if (!is_choice(option->choices, converted.value)) {
    return SdProblem{location,
                     shown_json(value) + ", expected one of " + std::string(option->choices)};
  }
  const bool differs = converted.value != Json::parse(option->field.initial);
  if (option->use == SdOptionUse::Fixed && differs) {
    return SdProblem{location, shown_json(value) + " is not supported, expected " +
                                   std::string(option->field.initial) +
                                   ": it would change pictures"};
  }
  values_.set(name, std::move(converted.value));
  return std::nullopt;
}

SdOptions::SdOptions(std::filesystem::path file, const ModelCatalog& catalog)
    : file_(std::move(file)), catalog_(catalog) {
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) {
    return;
  }
  try {
    const auto kept = parse_json_object(read_file(file_, kLargestFile));
    for (const auto& [name, value] : kept.items()) {
      kept_.set(name, value);
    }
  } catch (const Error&) {
    kept_ = SdSettings();  // Settings of convenience: a file that is damaged is not worth a stop.
  }
}

SdSettings SdOptions::settings() const {
  SdSettings settings = [&] {
    const std::lock_guard lock(mutex_);
    return kept_;
  }();
  const auto entry = model(settings);
  settings.set_derived("sd_model_checkpoint", entry ? entry->title : "");
  settings.set_derived("sd_checkpoint_hash", entry ? entry->info.sha256 : "");
  return settings;
}

bool SdOptions::kept_boolean(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  return kept_.boolean(name);
}

std::optional<CatalogEntry> SdOptions::model(const SdSettings& settings) const {
  const std::string name = settings.text("sd_model_checkpoint");
  auto entry = name.empty() ? std::nullopt : catalog_.find_model(name);
  return entry && entry->refusal.empty() ? entry : default_entry(catalog_);
}

SdSettings SdOptions::overridden(SdSettings base, const Json& overrides) const {
  std::vector<SdProblem> problems;
  for (const auto& [name, value] : overrides.items()) {
    const bool model = name == "sd_model_checkpoint";
    if (find_option(name) == nullptr ||
        (model && !(value.is_string() && catalog_.find_model(value.get<std::string>())))) {
      continue;
    }
    if (auto problem = base.set(name, value)) {
      problem->location.insert(problem->location.begin(), "override_settings");
      problems.push_back(std::move(*problem));
    }
  }
  if (!problems.empty()) {
    throw wrong_fields(problems);
  }
  return base;
}

SdSettings SdOptions::changed(const Json& changes) const { return applied(settings(), changes); }

SdSettings SdOptions::applied(SdSettings settings, const Json& changes) const {
  std::vector<SdProblem> problems;
  for (const auto& [name, value] : changes.items()) {
    if (find_option(name) == nullptr) {
      throw exception_answer("KeyError", "'" + name + "'");
    }
    const std::string text = value.is_string() ? value.get<std::string>() : std::string();
    if (names_file(name) && !text.empty()) {
      const bool vae = name == "sd_vae";
      const auto entry = vae ? catalog_.find_vae(text) : catalog_.find_model(text);
      const bool known = entry || (vae && is_vae_word(text));
      if (!known) {
        throw exception_answer("RuntimeError", (vae ? "vae '" : "model '") + text + "' not found");
      }
      if (entry && !entry->refusal.empty()) {
        throw exception_answer("RuntimeError",
                               "model '" + text + "' cannot be used: " + entry->refusal);
      }
    }
    if (auto problem = settings.set(name, value)) {
      problems.push_back(std::move(*problem));
    }
  }
  if (!problems.empty()) {
    throw wrong_fields(problems);
  }
  return settings;
}

void SdOptions::keep(const Json& changes) {
  const std::lock_guard lock(mutex_);
  kept_ = applied(kept_, changes);
  write();
}

void SdOptions::keep_overrides(const Json& overrides) {
  const std::lock_guard lock(mutex_);
  kept_ = overridden(kept_, overrides);
  write();
}

void SdOptions::write() {
  if (const auto entry = model(kept_)) {
    // Titles change when a hash becomes known; the file's name stays.
    kept_.set("sd_model_checkpoint", entry->file_name);
  }
  const SdSettings defaults;
  Json differing = Json::object();
  for (const auto& [name, value] : kept_.values().items()) {
    if (value != defaults.values().at(name)) {
      differing[name] = value;
    }
  }
  write_file_atomic(file_, differing.dump(2) + "\n");
}

}  // namespace ptravel
