#pragma once

#include <cstdlib>
#include <string>

#include <sys/wait.h>

#include "base/files.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// What a run of the program gave.
struct Outcome {
  int status = -1;
  std::string output;
  std::string errors;
};

/// Runs a shell command in `folder`.
inline Outcome run_command(const TemporaryFolder& folder, const std::string& command) {
  const std::string line =
      "cd '" + folder.path().string() + "' && " + command + " >out.txt 2>err.txt";
  Outcome outcome;
  outcome.status = WEXITSTATUS(std::system(line.c_str()));
  outcome.output = read_file(folder / "out.txt");
  outcome.errors = read_file(folder / "err.txt");
  return outcome;
}

/// Runs the program in `folder` with these shell words; without a model unless one is given, so
/// that nothing depends on what lies around the program.
inline Outcome run(const TemporaryFolder& folder,
                   const std::string& words,
                   const std::string& default_model = "/nowhere/model") {
  return run_command(
      folder, "PROMPT_TRAVEL_DEFAULT_MODEL='" + default_model + "' " PTRAVEL_PROGRAM " " + words);
}

}  // namespace ptravel
