#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/cli/console.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/options.h"
#include "apps/cli/travel_profile.h"
#include "ptravel/farm.h"
#include "ptravel/job.h"
#include "ptravel/jobs.h"

namespace ptravel::cli {

/// What the run commands share: the settings typed, the output style.
struct RunArguments {
  FieldOptions fields;
  std::string folder;
  std::string from;
  std::vector<std::string> images;
  std::string output;
  bool json = false;
  bool debug = false;
  bool dry_run = false;
  bool profile = false;
  FilmFinish finish;
  bool allow_other_kernels = false;
  std::optional<int> workers;
  /// Of a list behind --device; empty where none was typed.
  std::vector<LocalDevice> devices;
  std::string kernels;
  /// What goes on with the folder after a stop.
  std::string goes_on = "resume";
};

/// The fields of the event "done": what was made, and where it is.
using Made = std::vector<std::pair<std::string, std::string>>;

/// Runs `work` as a job with progress display and Ctrl-C and prints what it made; how to go on
/// when it is stopped. Either way the profile comes first where one is wanted.
template <typename Work>
void with_console(const RunArguments& arguments, const Work& work) {
  Console console(arguments.json, arguments.debug);
  Job job("prompt-travel", {[&](const ProgressSnapshot& progress) { console.progress(progress); },
                            [&](const RunEvent& event) { console.event(event); }});
  const InterruptGuard guard(job.progress());
  TravelProfile profile(arguments.profile);
  Made made;
  job.run([&](Progress& progress, const RunEventSink& events) {
    made = work(console, progress, events);
  });
  std::optional<Error> error = job.error();
  try {
    profile.print(console);
    if (!error && !made.empty()) {
      console.result("done", made);
    }
  } catch (const Error& unheard) {
    error = error ? error : unheard;
  }
  if (error) {
    console.failure(with_option_names(*error));
    if (job.can_go_on()) {
      console.hint("to go on: prompt-travel " + arguments.goes_on + " " + job.folder()->string());
    }
    throw CLI::RuntimeError(exit_status(error->code()));
  }
}

/// Where the video and the contact sheet are; the folder when there is neither. Hints how many
/// frames there are.
Made frames_and_files(Console& console, const RunResult& result);
Made files_of(const RunResult& result);

/// Copies a setting that was typed; the others stay unset.
template <typename Value>
void take_given(const RunArguments& arguments,
                const std::string& field,
                const Value& value,
                std::optional<Value>& setting) {
  if (arguments.fields.values.count(field) > 0) {
    setting = value;
  }
}

/// The request that render and plan are given: the options, or pictures with the options over them.
/// Collects problems.
TravelRequest read_request(const RunArguments& arguments,
                           std::vector<Problem>& problems,
                           const RunEventSink& events);
/// Completes and checks it, throws it with the problems of before, and tells what was decided for
/// the user.
TravelRequest completed(const RunArguments& arguments,
                        TravelRequest request,
                        std::vector<Problem> problems,
                        const RunEventSink& events);

/// What was typed of a machine's settings, for going on with a run.
ResumeOptions resume_options(const RunArguments& arguments);

/// Lets this process compute with the kernels that --kernels names; else with those that began the
/// run in the folder, where this processor has them. Before anything is computed.
void use_kernels(const RunArguments& arguments);

/// What was typed of the settings of a machine, for another process of this program.
std::vector<std::string> machine_words(const RunArguments& arguments);
/// This program's file.
std::filesystem::path own_program();
/// Where cards are named by number (--device cuda:1) lets this process see the first of them alone,
/// takes several for the workers, and leaves "cuda" or "cpu" as what was typed. Before anything is
/// computed.
void use_devices(RunArguments& arguments);
/// Whether other processes draw: --workers, or a list of devices.
bool wants_workers(const RunArguments& arguments);
/// What makes no sense beside workers.
void check_workers(const RunArguments& arguments, std::vector<Problem>& problems);
/// What --workers or a list of devices asks for; `words`: which frames, for each of them; all where
/// there are none.
LocalWorkers local_workers(const RunArguments& arguments, const std::vector<std::string>& words);

/// --json and room for words that are no options.
std::shared_ptr<RunArguments> make_arguments(CLI::App& command);
void add_debug_option(CLI::App& command, RunArguments& arguments);
void add_profile_option(CLI::App& command, RunArguments& arguments);
/// --from-images.
void add_images_option(CLI::App& command, RunArguments& arguments);
/// --kernels.
void add_kernels_option(CLI::App& command, RunArguments& arguments);
/// --workers, and what --device means beside it.
void add_workers_option(CLI::App& command, RunArguments& arguments);
/// These of the settings of a machine (resume_options), and --allow-other-kernels.
void add_machine_options(CLI::App& command,
                         RunArguments& arguments,
                         const std::vector<std::string>& fields);
/// The folder and the settings of resume_options.
void add_folder_options(CLI::App& command, RunArguments& arguments);

}  // namespace ptravel::cli
