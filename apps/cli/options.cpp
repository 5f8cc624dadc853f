#include "apps/cli/options.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

#include "ptravel/error.h"

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

std::string help_text(const RequestField& field) {
  static const TravelRequest defaults;
  std::string text(field.help);
  if (field.kind == Kind::Choice) {
    text += ": " + field.limits;
  }
  if (field.kind != Kind::Boolean) {
    const std::string value = request_field_text(defaults, field.name);
    if (!value.empty()) {
      text += " [" + value + "]";
    }
  }
  return text;
}

const char* value_name(Kind kind) {
  switch (kind) {
    case Kind::Integer:
    case Kind::Number:
      return "N";
    case Kind::Integers:
    case Kind::Numbers:
      return "N,N,...";
    default:
      return "TEXT";
  }
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += (i == 0 ? "" : "\n") + lines[i];
  }
  return text;
}

std::string read_text(const std::string& path, const char* option, std::vector<Problem>& problems) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) {
    problems.push_back({option, "\"" + path + "\" cannot be read, expected a text file"});
    return {};
  }
  return content.str();
}

void apply_config(const std::string& path, TravelRequest& request, std::vector<Problem>& problems) {
  const std::string content = read_text(path, "--config", problems);
  try {
    const toml::table table = toml::parse(content, path);
    std::ostringstream json;
    json << toml::json_formatter(table);
    for (Problem& problem : apply_json(request, json.str())) {
      problem.message += " (in " + path + ")";
      problems.push_back(std::move(problem));
    }
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << "\"" << path << "\" line " << error.source().begin.line << ": " << error.description();
    problems.push_back({"--config", where.str()});
  }
}

}  // namespace

std::string option_name(const std::string& field) {
  return find_request_field(field) != nullptr ? dashed(find_request_field(field)->name) : field;
}

std::vector<std::pair<std::string, std::string>> FieldOptions::given() const {
  std::vector<std::pair<std::string, std::string>> result;
  for (const RequestField& field : request_fields()) {
    const std::string name(field.name);
    if (const auto text = texts.find(name); text != texts.end()) {
      result.emplace_back(name, text->second);
    } else if (const auto text_lines = lines.find(name); text_lines != lines.end()) {
      result.emplace_back(name, joined_lines(text_lines->second));
    } else if (const auto flag = flags.find(name); flag != flags.end()) {
      result.emplace_back(name, flag->second ? "true" : "false");
    }
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
    const std::string help = help_text(field);
    CLI::Option* option = nullptr;
    if (field.kind == Kind::Boolean) {
      option = command.add_flag_callback(
          dashed(name), [&options, name] { options.flags[name] = true; }, help);
    } else if (name == "prompt" || name == "negative_prompt") {
      option = command.add_option_function<std::vector<std::string>>(
          dashed(name),
          [&options, name](const std::vector<std::string>& values) {
            options.lines[name] = values;
          },
          help + " (may be repeated)");
      option->type_name("TEXT")->allow_extra_args(false);
    } else {
      option = command.add_option_function<std::string>(
          dashed(name), [&options, name](const std::string& value) { options.texts[name] = value; },
          help);
      option->type_name(value_name(field.kind));
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
    option->group(std::string(field.group));
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
}

TravelRequest build_request(const FieldOptions& options, std::vector<Problem>& problems) {
  TravelRequest request;
  for (const std::string& argument : options.unknown) {
    problems.push_back({argument, "is not an option of this command, see --help"});
  }
  if (!options.config.empty()) {
    apply_config(options.config, request, problems);
  }
  if (!options.prompt_file.empty()) {
    if (options.lines.count("prompt") > 0) {
      problems.push_back(
          {"--prompt-file", "is given together with --prompt, expected one of them"});
    }
    request.prompt = read_text(options.prompt_file, "--prompt-file", problems);
  }
  for (const auto& [field, text] : options.given()) {
    if (auto problem = set_request_field(request, field, text)) {
      problems.push_back(std::move(*problem));
    }
  }
  return request;
}

std::optional<std::string> complete_request(TravelRequest& request, std::vector<Problem> problems) {
  std::optional<DefaultModel> model;
  if (request.model.empty()) {
    model = find_default_model();
    request.model = model->path.value_or("").string();
  }
  for (Problem& problem : validate_request(request)) {
    if (problem.field == "model" && model) {
      problem.message = missing_model_text(*model);
    }
    problems.push_back(std::move(problem));
  }
  throw_option_problems(problems);
  if (!model) {
    return std::nullopt;
  }
  return "No --model given: using the default model (" + request.model + ").";
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
