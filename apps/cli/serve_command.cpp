#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/console.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/options.h"
#include "ptravel/models_folders.h"
#include "ptravel/server.h"

namespace ptravel::cli {
namespace {

struct ServeArguments {
  ServeOptions options;
  int port = 7861;
  std::vector<std::string> api_auth;
  std::vector<std::string> origins;
  FieldOptions fields;
  bool json = false;
};

/// "user:password", several with commas between, as the web UI takes them.
std::vector<std::pair<std::string, std::string>> read_users(const std::vector<std::string>& typed,
                                                            std::vector<Problem>& problems) {
  std::vector<std::pair<std::string, std::string>> users;
  for (const std::string& user : typed) {
    const std::size_t colon = user.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == user.size()) {
      problems.push_back({"--api-auth", "expected USER:PASSWORD"});
      continue;
    }
    users.emplace_back(user.substr(0, colon), user.substr(colon + 1));
  }
  return users;
}

/// Ends the program with status 0 where a step takes too long to be waited for, as those of huge
/// pictures do. What is kept then is what a kill leaves: every job and every finished frame.
class StopDeadline {
 public:
  StopDeadline(const Progress& stop, Console& console)
      : thread_([this, &stop, &console] { watch(stop, console); }) {}
  ~StopDeadline() {
    done_ = true;
    thread_.join();
  }
  StopDeadline(const StopDeadline&) = delete;
  StopDeadline& operator=(const StopDeadline&) = delete;

 private:
  void watch(const Progress& stop, Console& console) {
    constexpr std::chrono::milliseconds kLook{50};
    constexpr std::chrono::seconds kLongest{8};
    auto last = std::chrono::steady_clock::time_point::max();
    while (!done_ && std::chrono::steady_clock::now() < last) {
      std::this_thread::sleep_for(kLook);
      if (stop.cancelled() && last == std::chrono::steady_clock::time_point::max()) {
        last = std::chrono::steady_clock::now() + kLongest;
      }
    }
    if (!done_) {
      console.hint("the step in work takes too long to wait for: its frame is drawn again");
      std::_Exit(EXIT_SUCCESS);
    }
  }

  std::atomic<bool> done_{false};
  std::thread thread_;
};

void run_server(const ServeArguments& arguments) {
  std::vector<Problem> problems;
  const TravelRequest machine = build_request(arguments.fields, problems);
  ServeOptions options = arguments.options;
  options.port = static_cast<std::uint16_t>(arguments.port);
  options.models_dirs = models_folders(machine.models_dir);
  options.api_auth = read_users(arguments.api_auth, problems);
  options.cors_allow_origins = arguments.origins;
  options.out = machine.out;
  options.device = machine.device;
  options.precision = machine.precision;
  options.threads = machine.threads;
  collect_problems(problems, [&] { check_serve_options(options); });
  throw_option_problems(problems);

  Console console(arguments.json);
  Progress stop;
  const InterruptGuard guard(stop);
  const StopDeadline deadline(stop, console);
  serve(options, stop, [&](const std::string& url) {
    console.result("serving", {{"url", console.json() ? url : "open " + url}});
  });
}

}  // namespace

void add_serve_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand(
      "serve", "Open the page in a browser: queue, page and HTTP API until Ctrl-C");
  const auto arguments = std::make_shared<ServeArguments>();
  ServeArguments& a = *arguments;
  command->add_option("--host", a.options.host, "Address to listen at [127.0.0.1: this machine]")
      ->type_name("ADDRESS")
      ->group("Server");
  command->add_option("--port", a.port, "Port; 0: any that is free [7861]")
      ->check(CLI::Range(0, 65535))
      ->type_name("N")
      ->group("Server");
  command
      ->add_option("--api-auth", a.api_auth,
                   "USER:PASSWORD that every request needs (commas between several)")
      ->delimiter(',')
      ->type_name("TEXT")
      ->group("Server");
  command
      ->add_option("--cors-allow-origins", a.origins,
                   "Origins of other pages that may use the API, with commas between; * for all")
      ->delimiter(',')
      ->type_name("TEXT")
      ->group("Server");
  command
      ->add_flag("--insecure", a.options.insecure,
                 "Serve other machines without a password (with --host)")
      ->group("Server");
  command->add_flag("--json", a.json, "Print events as JSON")->group("Server");
  add_field_options(*command, a.fields, {"out", "models_dir", "device", "precision", "threads"});
  command->allow_extras();
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { run_server(*arguments); };
  });
}

}  // namespace ptravel::cli
