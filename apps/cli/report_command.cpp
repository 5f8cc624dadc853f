#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/console.h"
#include "apps/cli/interrupt.h"
#include "ptravel/motion_report.h"

namespace ptravel::cli {
namespace {

/// What --max-jump ends with when a step is larger: neither wrong input nor a failure.
constexpr int kTooUneven = 3;

struct ReportArguments {
  std::string path;
  std::optional<double> max_jump;
  bool json = false;
};

void report(const ReportArguments& arguments) {
  if (arguments.max_jump && !(std::isfinite(*arguments.max_jump) && *arguments.max_jump >= 1)) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"--max-jump", CLI::detail::to_string(*arguments.max_jump) +
                                          ", expected at least 1: no film's largest step is below "
                                          "its median"});
  }
  Console console(false);
  Progress progress([&console](const ProgressSnapshot& snapshot) { console.progress(snapshot); });
  const InterruptGuard guard(progress);
  const MotionReport motion = measure_motion(arguments.path, progress);
  console.output(arguments.json ? to_json(motion) : to_text(motion));
  if (!arguments.max_jump) {
    return;
  }
  const auto jumps = motion_jumps(motion, *arguments.max_jump);
  for (const MotionJump& jump : jumps) {
    console.hint("above --max-jump " + CLI::detail::to_string(*arguments.max_jump) + ": " +
                 to_text(motion, jump));
  }
  if (!jumps.empty()) {
    throw CLI::RuntimeError(kTooUneven);
  }
}

}  // namespace

void add_report_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("report", "Measure how evenly a run, pictures or a video move");
  const auto arguments = std::make_shared<ReportArguments>();
  command
      ->add_option("path", arguments->path,
                   "Run folder, folder of pictures (by name) or video (mp4, webm, gif)")
      ->required();
  command->add_option("--max-jump", arguments->max_jump,
                      "End with status 3 and name the frames when a step is above so many medians "
                      "in colour or structure [no bound]");
  command->add_flag("--json", arguments->json, "Print a JSON object");
  command->callback([&chosen, arguments] { chosen = [arguments] { report(*arguments); }; });
}

}  // namespace ptravel::cli
