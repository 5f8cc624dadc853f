#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ptravel/default_model.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/request.h"

namespace CLI {
class App;
}

namespace ptravel::cli {

/// What was typed for the settings of a TravelRequest, before anything is checked.
struct FieldOptions {
  /// Field name to values; of those that may not be repeated the last one counts.
  std::map<std::string, std::vector<std::string>> values;
  std::string config;
  std::string prompt_file;
  bool smooth = false;
  std::string preset;
  std::vector<std::string> unknown;  ///< Arguments that belong to no option.

  /// All settings that were given, as pairs of field and text, in the order of the table.
  std::vector<std::pair<std::string, std::string>> given() const;
};

/// Adds an option for every setting, grouped, with its default. `only` limits them to these fields.
void add_field_options(CLI::App& command,
                       FieldOptions& options,
                       const std::vector<std::string>& only = {});

/// Adds --config, --prompt-file, --smooth and --preset.
void add_file_options(CLI::App& command, FieldOptions& options);

/// `base` (the defaults), then --preset, the config file, --smooth, and what was typed. Problems of
/// every kind are collected; but when a file cannot be read everything else would only follow from
/// that, so its error is thrown.
TravelRequest build_request(const FieldOptions& options,
                            std::vector<Problem>& problems,
                            const TravelRequest& base = {});

/// "Preset turbo: --sampler \"Euler a\" ...; kept as given: --steps 2." Nothing without a preset.
/// `request`: as build_request made it.
std::optional<std::string> preset_note(const FieldOptions& options, const TravelRequest& request);

/// The fields that the config file or what was typed sets to something else than the default, and
/// all that were typed. Throws as build_request.
std::vector<std::string> fields_set(const FieldOptions& options);

/// Takes the default model where the request names none, validates the request and throws all
/// problems as throw_option_problems does. Returns sentences for the user about what was decided
/// for them.
std::vector<std::string> complete_request(TravelRequest& request, std::vector<Problem> problems);

/// Collects what is wrong with --models-dir.
void check_models_dir(const TravelRequest& request, std::vector<Problem>& problems);

/// "is not given, and there is no default model; looked for ...".
std::string missing_model_text(const DefaultModel& model);

/// Throws one InvalidArgument with a line for each problem, naming options ("--travel-steps").
void throw_option_problems(const std::vector<Problem>& problems);

/// The same error with options in place of settings ("--clip-skip" for "clip_skip"), for problems
/// that only the opened model or a run folder brings to light.
Error with_option_names(const Error& error);

/// "travel_steps" to "--travel-steps"; names that are no setting stay as they are.
std::string option_name(const std::string& field);

}  // namespace ptravel::cli
