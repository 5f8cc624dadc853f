// Machines without a shared disk that draw one run over a NATS server: worker, and submit to it.

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "apps/cli/commands.h"
#include "apps/cli/nats_arguments.h"

namespace ptravel::cli {
namespace {

constexpr std::int64_t kLongestLease = 24 * 3600;
constexpr std::int64_t kLongestIdle = 365LL * 24 * 3600;

struct NatsOption {
  const char* name;
  std::string NatsArguments::*value;
  const char* type;
  const char* help;
};

constexpr NatsOption kNatsOptions[] = {
    {"--nats", &NatsArguments::url, "URL", "The server: nats://host:4222, or tls://host:4222"},
    {"--nats-user", &NatsArguments::user, "NAME", "User, with --nats-password-file"},
    {"--nats-password-file", &NatsArguments::password_file, "FILE",
     "File whose first line is the password"},
    {"--nats-token-file", &NatsArguments::token_file, "FILE", "File whose first line is the token"},
    {"--nats-creds", &NatsArguments::creds_file, "FILE",
     "Credentials (JWT and key) as nsc writes them"},
    {"--nats-tls-ca", &NatsArguments::tls_ca, "FILE", "Who signed the server's certificate (PEM)"},
    {"--nats-tls-cert", &NatsArguments::tls_cert, "FILE", "This machine's certificate (PEM)"},
    {"--nats-tls-key", &NatsArguments::tls_key, "FILE", "Its key (PEM)"},
};

/// What worker is given beside the server.
struct WorkerArguments {
  NatsArguments nats;
  std::string name;
  std::string scratch;
  std::optional<std::int64_t> idle_exit;
};

/// This machine's name as others may call it.
std::string host_name() {
  char text[256] = {};
  if (::gethostname(text, sizeof text - 1) != 0) {
    return "machine";
  }
  std::string name;
  for (const char c : std::string(text).substr(0, 64)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    name += plain ? c : '_';
  }
  return name.empty() ? "machine" : name;
}

void work(const RunArguments& arguments, const WorkerArguments& given) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    use_kernels(arguments);
    NatsWorker worker;
    worker.drawing = resume_options(arguments);
    if (given.idle_exit && (*given.idle_exit < 0 || *given.idle_exit > kLongestIdle)) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{"--idle-exit", std::to_string(*given.idle_exit) + ", expected 0 to " +
                                             std::to_string(kLongestIdle) + " seconds"});
    }
    worker.login = nats_login(given.nats);
    worker.name = given.name.empty() ? host_name() : given.name;
    worker.scratch = given.scratch;
    if (given.idle_exit) {
      worker.idle_exit = std::chrono::seconds(*given.idle_exit);
    }
    const std::int64_t drawn = work_for_nats(worker, progress, events);
    console.hint(std::to_string(drawn) + " frames drawn");
    return console.json() ? Made{{"frames", std::to_string(drawn)}} : Made{};
  });
}

NatsJob job_of(const RunArguments& arguments,
               const NatsArguments& nats,
               const NatsSubmission& submission) {
  NatsJob job;
  job.login = nats_login(nats);
  job.chunk = submission.chunk.value_or(0);
  job.wait = submission.wait;
  job.finishing = resume_options(arguments);
  if (submission.lease) {
    job.lease = std::chrono::seconds(*submission.lease);
  }
  return job;
}

}  // namespace

void add_nats_options(CLI::App& command, NatsArguments& arguments) {
  for (const NatsOption& option : kNatsOptions) {
    command.add_option(option.name, arguments.*option.value, option.help)
        ->type_name(option.type)
        ->group("NATS server");
  }
}

NatsLogin nats_login(const NatsArguments& arguments) {
  NatsLogin login;
  login.url = arguments.url;
  login.user = arguments.user;
  login.password_file = arguments.password_file;
  login.token_file = arguments.token_file;
  login.creds_file = arguments.creds_file;
  login.tls_ca = arguments.tls_ca;
  login.tls_cert = arguments.tls_cert;
  login.tls_key = arguments.tls_key;
  check_nats_login(login);
  return login;
}

std::vector<std::string> given_options(const NatsArguments& arguments) {
  std::vector<std::string> given;
  for (const NatsOption& option : kNatsOptions) {
    if (!(arguments.*option.value).empty()) {
      given.emplace_back(option.name);
    }
  }
  return given;
}

Made submit_over_nats(const RunArguments& arguments,
                      const NatsArguments& nats,
                      const NatsSubmission& submission,
                      Console& console,
                      Progress& progress,
                      const RunEventSink& events) {
  if (submission.lease && (*submission.lease < 1 || *submission.lease > kLongestLease)) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"--lease", std::to_string(*submission.lease) + ", expected 1 to " +
                                       std::to_string(kLongestLease) + " seconds"});
  }
  if (submission.cancel) {
    cancel_in_nats(arguments.folder, nats_login(nats));
    console.hint("cancelled");
    return Made{{"folder", arguments.folder}};
  }
  const NatsJob job = job_of(arguments, nats, submission);
  use_kernels(arguments);  // Finishing may walk. It reads the run, so what was typed comes first.
  if (submission.wait) {
    console.hint(
        "Ctrl-C ends the collecting alone: the same command goes on, --cancel takes the "
        "run off the server");
  }
  const NatsOutcome outcome = submit_to_nats(arguments.folder, job, progress, events);
  if (!outcome.result) {
    console.hint(std::to_string(outcome.pieces) + " pieces of work in run " + outcome.run +
                 "; the same with --wait collects the frames and finishes the run");
    return Made{{"folder", arguments.folder}, {"run", outcome.run}};
  }
  return frames_and_files(console, *outcome.result);
}

void add_worker_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand(
      "worker", "Draw frames of runs that other machines submit to a NATS server");
  const auto arguments = make_arguments(*command);
  const auto given = std::make_shared<WorkerArguments>();
  add_nats_options(*command, given->nats);
  command->get_option("--nats")->required();
  command->add_option("--name", given->name, "What others call this machine [its host name]")
      ->type_name("NAME");
  command
      ->add_option("--idle-exit", given->idle_exit,
                   "End when there was nothing to do for so many seconds [never]")
      ->type_name("SECONDS");
  command
      ->add_option("--scratch", given->scratch,
                   "Where runs in work are kept [~/.cache/prompt-travel/worker]")
      ->type_name("FOLDER");
  add_machine_options(*command, *arguments, {"models_dir", "device", "threads", "low_memory"});
  command->callback([&chosen, command, arguments, given] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments, given] { work(*arguments, *given); };
  });
}

}  // namespace ptravel::cli
