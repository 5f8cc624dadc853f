#pragma once

#include <cstdlib>
#include <string>

#include <sys/wait.h>

#include "base/files.h"
#include "tests/cli/warm_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// The tiny model, and a travel with it that is soon drawn.
inline const std::string kTinyModel = "--model '" PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors' ";
inline const std::string kTinyTravel =
    "render " + kTinyModel +
    "--prompt 'a cat' --prompt 'a dog' --travel-steps 1 --steps 2 --width 64 --height 64 --seed 3 ";
/// Where the first run of a folder goes.
inline const std::string kFirstRun = "outputs/prompt_travel/00000";

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

inline std::string with_default_model(const std::string& model) {
  return "PROMPT_TRAVEL_DEFAULT_MODEL='" + model + "' ";
}

/// Runs the program in `folder` with these shell words, in a process that has loaded it already
/// (warm_program.h); without a model unless one is given, so that nothing depends on what lies
/// around the program.
inline Outcome run(const TemporaryFolder& folder,
                   const std::string& words,
                   const std::string& default_model = "/nowhere/model") {
  return run_command(
      folder, with_default_model(default_model) + WarmProgram::get().command() + " " + words);
}

/// The same with a process of its own, for what depends on that: whatever starts the program again.
inline Outcome run_process(const TemporaryFolder& folder, const std::string& words) {
  return run_command(folder, with_default_model("/nowhere/model") + PTRAVEL_PROGRAM " " + words);
}

}  // namespace ptravel
