// What shells need to complete the program's command lines.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/cli/command_tree.h"
#include "apps/cli/commands.h"

namespace ptravel::cli {
namespace {

using Commands = std::vector<CommandWords>;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

/// `text` with `before` in front of each of these letters.
std::string escaped(std::string_view text, std::string_view letters, std::string_view before) {
  std::string result;
  for (const char letter : text) {
    if (letters.find(letter) != std::string_view::npos) {
      result += before;
    }
    result += letter;
  }
  return result;
}

/// Between single quotes of a shell.
std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char letter : text) {
    result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return result + "'";
}

/// Where a word is neither a command nor an option nor one of few values, it is a file.
std::string bash_completion(const Commands& commands) {
  std::vector<std::string> names;
  std::string options;
  std::map<std::string, std::string> values;  // by option: every command has the same
  for (const CommandWords& command : commands) {
    names.push_back(command.name);
    std::vector<std::string> words;
    for (const OptionWords& option : command.options) {
      words.push_back(option.name);
      if (!option.choices.empty()) {
        values[option.name] = joined(option.choices);
      }
    }
    options += "    " + command.name + ") words=" + single_quoted(joined(words)) + " ;;\n";
  }
  std::string text =
      "# bash completion for prompt-travel\n"
      "_prompt_travel() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W " +
      single_quoted(joined(names) + " --help --version") +
      " -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  if [ \"$word\" = = ]; then\n"
      "    word=\n"
      "  elif [ \"$before\" = = ]; then\n"
      "    before=${COMP_WORDS[COMP_CWORD-2]}\n"
      "  fi\n"
      "  case $before in\n";
  for (const auto& [option, choices] : values) {
    text += "    " + option + ") words=" + single_quoted(choices) + " ;;\n";
  }
  text +=
      "  esac\n"
      "  if [ -n \"$words\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "    return\n"
      "  fi\n"
      "  case $word in -*) ;; *) return ;; esac\n"
      "  case ${COMP_WORDS[1]} in\n" +
      options +
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "}\n"
      "complete -o default -F _prompt_travel prompt-travel\n";
  return text;
}

std::string zsh_completion(const Commands& commands) {
  std::string text =
      "#compdef prompt-travel\n"
      "local -a commands\n"
      "commands=(\n";
  for (const CommandWords& command : commands) {
    text += "  " + single_quoted(escaped(command.name + ":" + command.help, "\\", "\\")) + "\n";
  }
  text +=
      ")\n"
      "if (( CURRENT == 2 )); then\n"
      "  _describe command commands\n"
      "  return\n"
      "fi\n"
      "shift words\n"
      "(( CURRENT-- ))\n"
      "case $words[1] in\n";
  for (const CommandWords& command : commands) {
    text += "  " + command.name + ")\n    _arguments";
    for (const OptionWords& option : command.options) {
      std::string spec = "*" + option.name + (option.value.empty() ? "" : "=") + "[" +
                         escaped(option.help, "[]:\\", "\\") + "]";
      if (!option.value.empty()) {
        spec += ":" + escaped(option.value, "[]:\\", "\\") + ":" +
                (option.choices.empty() ? "_files" : "(" + joined(option.choices) + ")");
      }
      text += " \\\n      " + single_quoted(spec);
    }
    text += " \\\n      '*:file:_files'\n    ;;\n";
  }
  return text + "esac\n";
}

std::string fish_completion(const Commands& commands) {
  std::string text;
  for (const CommandWords& command : commands) {
    text += "complete -c prompt-travel -n __fish_use_subcommand -f -a " + command.name + " -d " +
            single_quoted(escaped(command.help, "\\", "\\")) + "\n";
    for (const OptionWords& option : command.options) {
      text += "complete -c prompt-travel -n '__fish_seen_subcommand_from " + command.name +
              "' -l " + option.name.substr(2);
      if (!option.choices.empty()) {
        text += " -x -a " + single_quoted(joined(option.choices));
      } else if (!option.value.empty()) {
        text += " -r";
      }
      text += " -d " + single_quoted(escaped(option.help, "\\", "\\")) + "\n";
    }
  }
  return text;
}

}  // namespace

void add_completion_command(CLI::App& program, Command& chosen) {
  static const std::map<std::string, std::string (*)(const Commands&)> kShells = {
      {"bash", bash_completion}, {"fish", fish_completion}, {"zsh", zsh_completion}};
  CLI::App* command = program.add_subcommand(
      "completion", "Print what a shell needs to complete command lines: bash, zsh or fish");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember(kShells));
  command->callback([&chosen, &program, shell] {
    chosen = [&program, shell] {
      std::fputs(kShells.at(*shell)(command_tree(program)).c_str(), stdout);
    };
  });
}

}  // namespace ptravel::cli
