// The manual page, from what --help tells.
#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/cli/command_tree.h"
#include "apps/cli/commands.h"

namespace ptravel::cli {
namespace {

/// A text for troff: hyphens are those that one types, nothing is a request.
std::string plain(std::string_view text) {
  std::string result;
  bool line_begins = true;
  for (const char letter : text) {
    if (line_begins && (letter == '.' || letter == '\'')) {
      result += "\\&";
    }
    line_begins = letter == '\n';
    if (letter == '-') {
      result += "\\-";
    } else if (letter == '\\') {
      result += "\\e";
    } else {
      result += letter;
    }
  }
  return result;
}

std::string item(const std::string& head, const std::string& text) {
  return ".TP\n" + head + "\n" + plain(text) + "\n";
}

std::string bold(const std::string& text) { return "\\fB" + plain(text) + "\\fR"; }

std::string head_of(const OptionWords& option) {
  return bold(option.name) + (option.value.empty() ? "" : " \\fI" + plain(option.value) + "\\fR");
}

std::string command_section(const CommandWords& command) {
  std::string line = bold("prompt-travel " + command.name);
  for (const OptionWords& argument : command.arguments) {
    line += " \\fI" + plain(argument.name) + "\\fR";
  }
  std::string text = ".SH COMMAND " + plain(command.name) + "\n" + line + " [options]\n.PP\n" +
                     plain(command.help) + ".\n";
  for (const OptionWords& argument : command.arguments) {
    text += item("\\fI" + plain(argument.name) + "\\fR", argument.help);
  }
  // Under their headings, in the order in which those come first.
  std::vector<std::string> groups;
  for (const OptionWords& option : command.options) {
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) {
      groups.push_back(option.group);
    }
  }
  for (const std::string& group : groups) {
    text += ".SS \"" + plain(command.name + ": " + group) + "\"\n";
    for (const OptionWords& option : command.options) {
      if (option.group == group) {
        text += item(head_of(option), option.help);
      }
    }
  }
  return text;
}

std::string manual(const CLI::App& program) {
  const std::vector<CommandWords> commands = command_tree(program);
  std::string text =
      ".TH PROMPT\\-TRAVEL 1 \"\" \"prompt\\-travel " PTRAVEL_VERSION
      "\" \"User Commands\"\n"
      ".SH NAME\n"
      "prompt\\-travel \\- draw animations that travel between text prompts\n"
      ".SH SYNOPSIS\n"
      "\\fBprompt\\-travel\\fR \\fIcommand\\fR [options]\n"
      ".SH DESCRIPTION\n" +
      plain(program.get_description()) +
      ".\nEvery line of a prompt is a stage; the program walks from one to the next, draws a "
      "picture for each step and makes a video.\n"
      ".SH COMMANDS\n";
  for (const CommandWords& command : commands) {
    text += item(bold(command.name), command.help);
  }
  for (const CommandWords& command : commands) {
    text += command_section(command);
  }
  text += ".SH EXIT STATUS\n" + item("\\fB0\\fR", "Done.") +
          item("\\fB2\\fR",
               "Something that was given is wrong: one line on the standard error names the option "
               "or file, its value and what was expected. Nothing was drawn.") +
          item("\\fB3\\fR", "report --max-jump: a step is larger.") +
          item("\\fB130\\fR", "Stopped by Ctrl-C; resume goes on.") +
          item("\\fB1\\fR", "Another failure, told in one line.");
  return text + ".SH NOTES\n.nf\n" + plain(program.get_footer()) + "\n.fi\n";
}

}  // namespace

void add_manual_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("manual", "Print the manual page: prompt-travel manual | man -l -");
  command->callback([&chosen, &program] {
    chosen = [&program] { std::fputs(manual(program).c_str(), stdout); };
  });
}

}  // namespace ptravel::cli
