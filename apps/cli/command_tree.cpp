#include "apps/cli/command_tree.h"

#include <CLI/CLI.hpp>

#include "ptravel/preset.h"
#include "ptravel/request.h"
#include "ptravel/sampling.h"

namespace ptravel::cli {
namespace {

/// The values of a setting, or of another option.
std::vector<std::string> choices_of(const std::string& name) {
  std::vector<std::string> choices;
  if (name == "sampler" || name == "hires-sampler") {
    for (const SamplerInfo& sampler : sampler_infos()) {
      choices.emplace_back(sampler.name);
    }
  } else if (name == "scheduler" || name == "hires-scheduler") {
    for (const ScheduleInfo& schedule : schedule_infos()) {
      choices.emplace_back(schedule.name);
    }
  } else if (name == "preset") {
    for (const Preset& preset : presets()) {
      choices.emplace_back(preset.name);
    }
  } else if (const RequestField* field = find_request_field(name)) {
    choices = field->choices;
  }
  return choices;
}

OptionWords words_of(const CLI::Option& option) {
  OptionWords words;
  words.help = option.get_description();
  words.group = option.get_group();
  if (option.get_positional()) {
    words.name = option.get_name();
    return words;
  }
  const std::string& name = option.get_lnames().front();
  words.name = "--" + name;
  if (option.get_items_expected_max() > 0) {
    const std::string type = option.get_type_name();
    words.value = type.substr(0, type.find(':'));  // without what a check says of it
  }
  words.choices = choices_of(name);
  return words;
}

}  // namespace

std::vector<CommandWords> command_tree(const CLI::App& program) {
  std::vector<CommandWords> commands;
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    CommandWords words{command->get_name(), command->get_description(), {}, {}};
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional()) {
        words.arguments.push_back(words_of(*option));
      } else if (!option->get_lnames().empty()) {
        words.options.push_back(words_of(*option));
      }
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

}  // namespace ptravel::cli
