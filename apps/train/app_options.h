#pragma once

// What the command lines of trainer and scorer share.

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "ptravel/compute.h"

namespace ptravel::train {

/// An option with a few named values, upper or lower case. A wrong one is refused with their names.
template <typename Value>
void add_choice(CLI::App& app,
                const std::string& name,
                Value& value,
                const std::map<std::string, Value>& choices,
                const std::string& help) {
  const auto take = [&value, choices, name](const std::string& text) {
    const auto found = choices.find(CLI::detail::to_lower(text));
    if (found == choices.end()) {
      std::string names;
      for (const auto& choice : choices) {
        names += (names.empty() ? "" : ", ") + choice.first;
      }
      throw CLI::ValidationError(name, "\"" + text + "\", expected one of " + names);
    }
    value = found->second;
  };
  app.add_option_function<std::string>(name, take, help)->type_name("");
}

/// A number that `check` limits, with its default in the help.
template <typename Value>
CLI::Option* add_number(CLI::App& app,
                        const std::string& name,
                        Value& value,
                        const std::string& help,
                        const CLI::Validator& check) {
  return app.add_option(name, value, help)->check(check)->capture_default_str();
}

/// --device and --threads.
void add_machine_options(CLI::App& app, DeviceChoice& device, int& threads);

/// Parses the command line. False when there is nothing to run: help was printed (`status` 0) or
/// one line that says what is wrong (`status` 2).
bool parse_command_line(CLI::App& app, int argc, char** argv, int& status);

}  // namespace ptravel::train
