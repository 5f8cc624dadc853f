#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ptravel::cli {

/// An option or argument of a command, as --help tells it.
struct OptionWords {
  std::string name;                       ///< "--travel-steps"; of an argument its name: "folder".
  std::string value;                      ///< What follows it: "N", "FILE"; empty: nothing does.
  std::string help;                       ///< One line.
  std::string group;                      ///< Its heading.
  std::vector<std::string> choices = {};  ///< The values it may have, where they are few.
};

/// A command of the program.
struct CommandWords {
  std::string name;
  std::string help;
  std::vector<OptionWords> arguments;  ///< In their order; --name is none.
  std::vector<OptionWords> options;
};

/// All commands in the order of --help. What settings may be comes from the field table.
std::vector<CommandWords> command_tree(const CLI::App& program);

}  // namespace ptravel::cli
