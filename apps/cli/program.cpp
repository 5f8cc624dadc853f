#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/console.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/options.h"
#include "apps/cli/words.h"
#include "ptravel/error.h"

namespace {

constexpr const char* kFooter = R"(Examples:
  prompt-travel serve
  prompt-travel render --prompt "a cat" --prompt "a dog" --travel-steps 12 --contact-sheet
  prompt-travel render --model v1-5.safetensors --prompt-file stages.txt --sampler "DPM++ 2M" --format gif
  prompt-travel resume outputs/prompt_travel/00000
  prompt-travel video outputs/prompt_travel/00000 --fps 24 --format webm --pick ::2
  prompt-travel upscale outputs/prompt_travel/00000 --upscaler 4x.pth --upscale-by 2 --out large
Without --model, serve, render and bench use the small model that comes with the program.
"prompt-travel COMMAND --help" lists a command's options with their defaults.)";

/// For whoever starts the program without a word of what to do.
constexpr const char* kWelcome =
    R"(Prompt Travel draws animations that travel between text prompts. Try this first,
and open the page that it names in a browser:

  prompt-travel serve

or draw without a page:

  prompt-travel render --prompt "a cat" --prompt "a dog" --travel-steps 12 --contact-sheet

Commands:
  serve     open the page in a browser: queue, page and HTTP API
  render    draw a travel: frames and a video
  resume    go on with a run that was stopped or killed
  plan      make a run folder whose frames are drawn by several machines
  frames    draw some frames of a run folder, beside other processes
  finish    check the frames of a run folder and make its video
  status    say how far a run is, whoever draws it
  submit    hand a run folder to Slurm or to a NATS server
  worker    draw frames of runs that others submit to a NATS server
  video     make the video of a run again with other settings
  upscale   enlarge pictures or the frames of a run
  info      say what a model file, a picture or a run folder is; --devices: what there is to draw on
  models    list what lies in the models folders, by kind
  report    measure how evenly a run, pictures or a video move
  samplers  list the samplers and noise schedules
  bench     measure a model's speed and memory here
  completion, manual  what a shell needs to complete command lines; the manual page
"prompt-travel COMMAND --help" lists a command's options, "prompt-travel --help" has more examples.
)";

/// Whether the command line asks for JSON, even where it cannot be understood as a whole.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](const char* word) { return std::string_view(word) == "--json"; });
}

int fail(int argc, char** argv, const ptravel::Error& error) {
  const ptravel::Error named = ptravel::cli::with_option_names(error);
  ptravel::cli::Console(wants_json(argc, argv)).failure(named);
  return ptravel::exit_status(named.code());
}

/// Parses the command line and runs the command.
int run(int argc, char** argv) {
  if (argc < 2) {
    std::fputs(kWelcome, stdout);
    return 0;
  }
  CLI::App program{
      "Prompt Travel: animations by travelling between text prompts in Stable Diffusion",
      "prompt-travel"};
  program.footer(kFooter);
  program.set_version_flag("--version", "prompt-travel " PTRAVEL_VERSION);
  program.require_subcommand(1);
  program.get_formatter()->column_width(34);
  ptravel::cli::Command command;
  ptravel::cli::add_serve_command(program, command);
  ptravel::cli::add_render_command(program, command);
  ptravel::cli::add_resume_command(program, command);
  ptravel::cli::add_plan_command(program, command);
  ptravel::cli::add_frames_command(program, command);
  ptravel::cli::add_finish_command(program, command);
  ptravel::cli::add_status_command(program, command);
  ptravel::cli::add_submit_command(program, command);
  ptravel::cli::add_worker_command(program, command);
  ptravel::cli::add_video_command(program, command);
  ptravel::cli::add_upscale_command(program, command);
  ptravel::cli::add_info_command(program, command);
  ptravel::cli::add_models_command(program, command);
  ptravel::cli::add_report_command(program, command);
  ptravel::cli::add_samplers_command(program, command);
  ptravel::cli::add_bench_command(program, command);
  ptravel::cli::add_completion_command(program, command);
  ptravel::cli::add_manual_command(program, command);
  const auto known = program.get_subcommands([](const CLI::App*) { return true; });
  if (argc > 1 && argv[1][0] != '-' &&
      std::none_of(known.begin(), known.end(),
                   [&](const CLI::App* each) { return each->check_name(argv[1]); })) {
    std::string names;
    for (const CLI::App* each : known) {
      names += (names.empty() ? "" : ", ") + each->get_name();
    }
    throw ptravel::Error(
        ptravel::ErrorCode::InvalidArgument,
        "\"" + std::string(argv[1]) + "\" is not a command, expected one of " + names);
  }
  try {
    std::vector<std::string> words = ptravel::cli::command_words(argc, argv);
    std::reverse(words.begin(), words.end());  // the parser takes them from the end
    program.parse(std::move(words));
    command();
    return 0;
  } catch (const CLI::RuntimeError& error) {
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return program.exit(error);
    }
    throw ptravel::Error(ptravel::ErrorCode::InvalidArgument, error.what());
  }
}

}  // namespace

/// The program; called by the launcher. Every exception of the program ends here.
extern "C" int prompt_travel_main(int argc, char** argv) {
  ptravel::cli::turn_signals_into_errors();
  try {
    return run(argc, argv);
  } catch (...) {
    return fail(argc, argv, ptravel::error_in_flight("program"));
  }
}
