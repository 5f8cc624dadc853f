// A run on several processes and machines: how far it is, and handing it to an engine.

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "apps/cli/commands.h"
#include "apps/cli/nats_arguments.h"
#include "apps/cli/run_arguments.h"
#include "ptravel/farm.h"
#include "ptravel/run_parts.h"

namespace ptravel::cli {
namespace {

constexpr std::chrono::milliseconds kLook{200};  // for Ctrl-C
constexpr int kLooksUntilCounting = 10;
/// Half a minute: every question goes to a controller that all users share.
constexpr int kLooksUntilAsking = 150;
/// Slurm may be away for a while, such as when it is started again.
constexpr int kMostFailures = 10;
constexpr std::int64_t kMostUnits = 1'000'000;

/// What submit is given beside what run commands share.
struct EngineArguments {
  std::string engine;
  std::optional<std::int64_t> chunk;
  std::string partition;
  std::optional<std::int64_t> lease;
  bool wait = false;
  bool cancel = false;
  NatsArguments nats;
};

void status(const RunArguments& arguments) {
  with_console(arguments, [&](Console& console, Progress&, const RunEventSink&) {
    std::vector<Problem> problems;
    build_request(arguments.fields, problems);
    throw_option_problems(problems);
    const RunStatus found = run_status(arguments.folder);
    console.output(arguments.json ? to_json(found) : to_text(found));
    return Made{};
  });
}

void check_engine(const EngineArguments& engine, std::vector<Problem>& problems) {
  const bool slurm = engine.engine == "slurm";
  if (!slurm && engine.engine != "nats") {
    problems.push_back({"--engine", "\"" + engine.engine + "\", expected slurm or nats"});
  }
  if (slurm && engine.lease) {
    problems.push_back({"--lease", "is for NATS, expected --engine nats"});
  }
  for (const std::string& option : given_options(engine.nats)) {
    if (slurm) {
      problems.push_back({option, "is for NATS, expected --engine nats"});
    }
  }
  if (engine.engine == "nats" && !engine.partition.empty()) {
    problems.push_back({"--partition", "is Slurm's, expected --engine slurm"});
  }
  if (engine.engine == "nats" && engine.nats.url.empty()) {
    problems.push_back({"--nats", "is missing, expected a server such as nats://host:4222"});
  }
  if (engine.chunk && (*engine.chunk < 1 || *engine.chunk > kMostUnits)) {
    problems.push_back({"--chunk", std::to_string(*engine.chunk) + ", expected 1 to " +
                                       std::to_string(kMostUnits) + " units"});
  }
  if (engine.wait && engine.cancel) {
    problems.push_back({"--cancel", "is given beside --wait, expected one of them"});
  }
}

/// What makes no sense beside --cancel.
void check_cancel(const RunArguments& arguments,
                  const EngineArguments& engine,
                  std::vector<Problem>& problems) {
  std::vector<std::string> given;
  if (engine.chunk) {
    given.emplace_back("--chunk");
  }
  if (!engine.partition.empty()) {
    given.emplace_back("--partition");
  }
  if (engine.lease) {
    given.emplace_back("--lease");
  }
  for (const std::string& word : machine_words(arguments)) {
    given.push_back(word.substr(0, word.find('=')));
  }
  for (const std::string& option : given) {
    problems.push_back({option, "is for jobs that begin, expected no --cancel"});
  }
}

/// Whether jobs are left. A failure to ask counts as so, until too many come in a row.
bool is_left(const std::string& folder, int& failures) {
  try {
    const bool left = is_in_slurm(folder);
    failures = 0;
    return left;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Io || ++failures > kMostFailures) {
      throw;
    }
    return true;
  }
}

/// Shows how far the run is until none of its jobs is left. Those of a finished run end soon.
void wait_for_engine(const std::string& folder, Progress& progress) {
  RunStatus found = run_status(folder);
  progress.begin("drawing", "frames", static_cast<double>(found.frames));
  progress.set_initial(static_cast<double>(found.drawn));
  int failures = 0;
  for (int looks = 0;; ++looks) {
    progress.check_cancelled();
    if (looks % kLooksUntilCounting == 0) {
      found = run_status(folder);
      progress.update(static_cast<double>(found.drawn));
      const bool asks = looks % kLooksUntilAsking == 0 || found.state == "finished";
      if (asks && !is_left(folder, failures)) {
        break;
      }
    }
    std::this_thread::sleep_for(kLook);
  }
  found = run_status(folder);
  if (found.state != "finished") {
    throw Error(ErrorCode::Internal, "[slurm] the jobs have ended, and the run is " + found.state +
                                         " with " + std::to_string(found.drawn) + " of " +
                                         std::to_string(found.frames) +
                                         " frames; the logs beside the folder say why");
  }
}

void submit(const RunArguments& arguments, const EngineArguments& engine) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    std::vector<Problem> problems;
    build_request(arguments.fields, problems);
    check_engine(engine, problems);
    if (engine.cancel) {
      check_cancel(arguments, engine, problems);
    }
    throw_option_problems(problems);
    if (engine.engine == "nats") {
      return submit_over_nats(arguments, engine.nats,
                              {engine.chunk, engine.lease, engine.wait, engine.cancel}, console,
                              progress, events);
    }
    if (engine.cancel) {
      cancel_in_slurm(arguments.folder);
      console.hint("cancelled");
      return Made{{"folder", arguments.folder}};
    }
    EngineJob job;
    job.program = own_program();
    job.chunk = engine.chunk.value_or(0);
    job.partition = engine.partition;
    job.words = machine_words(arguments);
    const SubmittedRun run = submit_to_slurm(arguments.folder, job);
    console.hint(std::to_string(run.tasks) + " tasks of " + std::to_string(run.chunk) +
                 " units in job " + run.frames_job + ", then job " + run.finish_job +
                 "; they print to " + run.logs.string());
    if (engine.wait) {
      console.hint("Ctrl-C ends the waiting alone; with --cancel submit takes the jobs out");
      wait_for_engine(arguments.folder, progress);
    }
    return Made{{"folder", run.folder.string()},
                {"frames_job", run.frames_job},
                {"finish_job", run.finish_job}};
  });
}

}  // namespace

void add_status_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("status", "Say how far a run is, whoever draws it: frames, rate");
  const auto arguments = make_arguments(*command);
  command->add_option("folder", arguments->folder, "The run folder")->required();
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { status(*arguments); };
  });
}

void add_submit_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand(
      "submit", "Hand a planned run to an engine that draws it on many machines");
  const auto arguments = make_arguments(*command);
  const auto engine = std::make_shared<EngineArguments>();
  add_folder_options(*command, *arguments);
  command
      ->add_option("--engine", engine->engine, "What draws it: slurm, or workers at a NATS server")
      ->type_name("slurm|nats")
      ->required();
  command
      ->add_option("--chunk", engine->chunk,
                   "Units that one task draws [slurm: of 50 tasks; nats: 1 to 8]")
      ->type_name("N");
  command->add_option("--partition", engine->partition, "Slurm's partition [its default]")
      ->type_name("NAME");
  command->add_flag("--wait", engine->wait,
                    "Show how far it is until it has ended; nats: collect the frames and finish");
  command->add_flag("--cancel", engine->cancel, "Take the folder's jobs out again");
  add_nats_options(*command, engine->nats);
  command
      ->add_option("--lease", engine->lease,
                   "Seconds that a worker may say nothing before others get its work [30]")
      ->type_name("SECONDS")
      ->group("NATS server");
  command->callback([&chosen, command, arguments, engine] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments, engine] { submit(*arguments, *engine); };
  });
}

}  // namespace ptravel::cli
