#include "apps/cli/options.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "ptravel/notation.h"
#include "ptravel/preset.h"
#include "ptravel/smooth.h"
#include "ptravel/text_input.h"

namespace ptravel::cli {
namespace {

using Kind = RequestField::Kind;

std::string dashed(std::string_view name) {
  std::string text = "--" + std::string(name);
  for (char& c : text) {
    c = c == '_' ? '-' : c;
  }
  return text;
}

bool may_be_repeated(Kind kind) { return kind == Kind::Lines || kind == Kind::Records; }

std::string help_text(const RequestField& field) {
  static const TravelRequest defaults;
  std::string text(field.help);
  if (field.kind == Kind::Choice || field.kind == Kind::Records) {
    text += ": " + field.limits;
  }
  if (field.kind != Kind::Boolean) {
    const std::string value = request_field_text(defaults, field.name);
    if (!value.empty()) {
      text += " [" + value + "]";
    }
  }
  return text + (may_be_repeated(field.kind) ? " (may be repeated)" : "");
}

const char* value_name(Kind kind) {
  switch (kind) {
    case Kind::Integer:
    case Kind::Number:
      return "N";
    case Kind::Integers:
    case Kind::Numbers:
      return "N,N,...";
    case Kind::Boolean:
      return "[=false]";
    default:
      return "TEXT";
  }
}

/// Adds the settings of a TOML file. Returns false when the file is no such thing.
bool apply_config(const std::string& path, TravelRequest& request, std::vector<Problem>& problems) {
  const TextFile file{path, "--config", "a TOML (text) file"};
  std::vector<Problem> found;
  collect_problems(found, [&] { found = apply_toml(request, read_text_file(file), file); });
  problems.insert(problems.end(), found.begin(), found.end());
  return std::none_of(found.begin(), found.end(),
                      [&](const Problem& problem) { return problem.field == file.field; });
}

bool apply_prompt_file(const std::string& path,
                       TravelRequest& request,
                       std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  collect_problems(problems, [&] { request.prompt = read_text_file({path, "--prompt-file"}); });
  return problems.size() == before;
}

/// "--pace even --bridge latents".
std::string smooth_text() {
  std::string text;
  for (const auto& [field, value] : smooth_settings()) {
    text += (text.empty() ? "" : " ") + dashed(field) + " " + value;
  }
  return text;
}

/// "lcm, tcd, ...".
std::string preset_names() {
  std::string text;
  for (const Preset& preset : presets()) {
    text += (text.empty() ? "" : ", ") + std::string(preset.name);
  }
  return text;
}

void apply_preset(const std::string& name, TravelRequest& request, std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  collect_problems(problems, [&] {
    for (const auto& [field, text] : find_preset(name).settings) {
      PTRAVEL_CHECK(!set_request_field(request, field, text));
    }
  });
  for (std::size_t i = before; i < problems.size(); ++i) {
    problems[i].field = "--preset";
  }
}

/// `--sampler "Euler a"`, as it would be typed.
std::string typed(const std::string& field, const std::string& text) {
  const bool quoted = text.find(' ') != std::string::npos;
  return dashed(field) + " " + (quoted ? "\"" + text + "\"" : text);
}

}  // namespace

std::string option_name(const std::string& field) {
  return find_request_field(field) != nullptr ? dashed(find_request_field(field)->name) : field;
}

std::vector<std::pair<std::string, std::string>> FieldOptions::given() const {
  std::vector<std::pair<std::string, std::string>> result;
  for (const RequestField& field : request_fields()) {
    const auto typed = values.find(std::string(field.name));
    if (typed == values.end()) {
      continue;
    }
    std::string text = typed->second.back();
    if (may_be_repeated(field.kind)) {
      text = lines_of_entries(typed->second);
    }
    result.emplace_back(field.name, std::move(text));
  }
  return result;
}

void add_field_options(CLI::App& command,
                       FieldOptions& options,
                       const std::vector<std::string>& only) {
  for (const RequestField& field : request_fields()) {
    const std::string name(field.name);
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) {
      continue;
    }
    const CLI::callback_t keep = [&options, name](const CLI::results_t& typed) {
      options.values[name] = typed;
      return true;
    };
    command.add_option(dashed(name), keep, help_text(field))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name(value_name(field.kind))
        ->group(std::string(field.group));
  }
}

void add_file_options(CLI::App& command, FieldOptions& options) {
  command
      .add_option("--prompt-file", options.prompt_file,
                  "Read the stages from this text file, one per line")
      ->type_name("FILE")
      ->group("Prompts and travel");
  command
      .add_option("--config", options.config,
                  "TOML file of settings (names as here with _ for -); options win over it")
      ->type_name("FILE")
      ->group("Prompts and travel");
  command
      .add_flag("--smooth", options.smooth,
                "Even motion, without jumps: the same as " + smooth_text())
      ->group("Prompts and travel");
  command
      .add_option("--preset", options.preset,
                  "What models of few steps ask for (sampler, schedule, steps, CFG scale), where "
                  "nothing else is given: " +
                      preset_names())
      ->type_name("NAME")
      ->group("Sampling");
}

TravelRequest build_request(const FieldOptions& options,
                            std::vector<Problem>& problems,
                            const TravelRequest& base) {
  TravelRequest request = base;
  bool readable = true;
  for (const std::string& argument : options.unknown) {
    problems.push_back({argument, "is not an option of this command, see --help"});
  }
  if (!options.preset.empty()) {
    apply_preset(options.preset, request, problems);
  }
  if (!options.config.empty()) {
    readable = apply_config(options.config, request, problems);
  }
  if (!options.prompt_file.empty()) {
    if (options.values.count("prompt") > 0) {
      problems.push_back(
          {"--prompt-file", "is given together with --prompt, expected one of them"});
    }
    readable = apply_prompt_file(options.prompt_file, request, problems) && readable;
  }
  if (!readable) {
    throw_option_problems(problems);
  }
  if (options.smooth) {
    for (const auto& [field, text] : smooth_settings()) {
      PTRAVEL_CHECK(!set_request_field(request, field, text));
    }
  }
  for (const auto& [field, text] : options.given()) {
    if (auto problem = set_request_field(request, field, text)) {
      problems.push_back(std::move(*problem));
    }
  }
  return request;
}

std::optional<std::string> preset_note(const FieldOptions& options, const TravelRequest& request) {
  if (options.preset.empty()) {
    return std::nullopt;
  }
  const Preset& preset = find_preset(options.preset);
  TravelRequest as_preset;
  std::string set;
  std::string kept;
  for (const auto& [field, text] : preset.settings) {
    PTRAVEL_CHECK(!set_request_field(as_preset, field, text));
    const std::string now = request_field_text(request, field);
    const bool taken = now == request_field_text(as_preset, field);
    (taken ? set : kept) += " " + typed(field, taken ? text : now);
  }
  return "Preset " + std::string(preset.name) + ":" + set +
         (kept.empty() ? "" : "; kept as given:" + kept) + ".";
}

std::vector<std::string> fields_set(const FieldOptions& options) {
  std::vector<Problem> told_later;
  const TravelRequest request = build_request(options, told_later);
  std::vector<std::string> fields;
  for (const RequestField& field : request_fields()) {
    const bool typed = options.values.count(std::string(field.name)) > 0;
    if (typed || request_field_text(request, field.name) !=
                     request_field_text(TravelRequest{}, field.name)) {
      fields.emplace_back(field.name);
    }
  }
  return fields;
}

std::vector<std::string> complete_request(TravelRequest& request, std::vector<Problem> problems) {
  std::vector<std::string> notes;
  collect_problems(problems, [&] {
    PreparedRequest prepared = prepare_request(request);
    request = std::move(prepared.request);
    notes = std::move(prepared.notes);
  });
  std::optional<DefaultModel> model;
  if (request.model.empty()) {
    model = find_default_model();
    request.model = model->path.value_or("").string();
  }
  const std::vector<Problem> before = problems;
  for (Problem& problem : validate_request(request)) {
    if (problem.field == "model" && model) {
      problem.message = missing_model_text(*model);
    }
    // What is wrong with a value already says why the setting has another one.
    const bool told = std::any_of(before.begin(), before.end(), [&](const Problem& other) {
      return other.field == problem.field ||
             (other.field == "schedule_file" && problem.field == "prompt");
    });
    if (!told) {
      problems.push_back(std::move(problem));
    }
  }
  check_models_dir(request, problems);
  throw_option_problems(problems);
  if (model) {
    notes.push_back("No --model given: using the default model (" + request.model + ").");
  }
  return notes;
}

void check_models_dir(const TravelRequest& request, std::vector<Problem>& problems) {
  for (Problem& problem : check_models_folders(models_folders(request.models_dir), "models_dir")) {
    problems.push_back(std::move(problem));
  }
}

std::string missing_model_text(const DefaultModel& model) {
  std::string text = "is not given, and there is no default model; looked for ";
  for (std::size_t i = 0; i < model.places.size(); ++i) {
    text += (i == 0 ? "" : ", ") + model.places[i].string();
  }
  return text;
}

void throw_option_problems(const std::vector<Problem>& problems) {
  if (!problems.empty()) {
    throw with_option_names(Error(ErrorCode::InvalidArgument, problems));
  }
}

Error with_option_names(const Error& error) {
  std::vector<Problem> named = error.problems();
  if (named.empty()) {
    return error;
  }
  for (Problem& problem : named) {
    problem.field = option_name(problem.field);
  }
  return {error.code(), std::move(named)};
}

}  // namespace ptravel::cli
