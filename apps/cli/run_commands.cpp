#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/run_arguments.h"
#include "ptravel/models_folders.h"
#include "ptravel/preview.h"
#include "ptravel/run_parts.h"

namespace ptravel::cli {
namespace {

/// The extension of a file's name in lower case: "webm".
std::string extension_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension.empty() ? extension : extension.substr(1);
}

/// What makes no sense beside --from, which draws one picture as it tells.
void check_redraw(const RunArguments& arguments, std::vector<Problem>& problems) {
  for (const auto& [option, value] : {std::pair{"--config", &arguments.fields.config},
                                      std::pair{"--prompt-file", &arguments.fields.prompt_file}}) {
    if (!value->empty()) {
      problems.push_back({option, "is for a whole travel, expected no --from"});
    }
  }
  for (const auto& [option, given] : {std::pair{"--smooth", arguments.fields.smooth},
                                      std::pair{"--preset", !arguments.fields.preset.empty()}}) {
    if (given) {
      problems.push_back({option, "is for a whole travel, expected no --from"});
    }
  }
  if (!arguments.output.empty() && extension_of(arguments.output) != "png") {
    problems.push_back({"--frame-out", "\"" + arguments.output + "\", expected a name in .png"});
  }
}

/// The name of --out decides the format unless --format does; both must agree. Returns whether it
/// was taken from the name.
bool take_format_of_name(const RunArguments& arguments,
                         TravelRequest& request,
                         std::vector<Problem>& problems) {
  std::error_code error;
  if (arguments.output.empty()) {
    return false;
  }
  if (std::filesystem::is_directory(arguments.output, error)) {
    problems.push_back(
        {"--out", "\"" + arguments.output + "\" is a folder, expected the name of a video file"});
    return false;
  }
  const std::string extension = extension_of(arguments.output);
  TravelRequest of_name;
  const bool known = !set_request_field(of_name, "format", extension);
  if (arguments.fields.values.count("format") > 0) {
    if (known && of_name.format != request.format) {
      problems.push_back({"--format", "\"" + request_field_text(request, "format") +
                                          "\" contradicts --out " + arguments.output +
                                          ", expected " + extension + " or no --format"});
    }
    return false;
  }
  if (!known) {
    problems.push_back({"--out", "\"" + arguments.output +
                                     "\", expected a name that ends in one of " +
                                     find_request_field("format")->limits + ", or --format"});
  }
  request.format = of_name.format;
  return known;
}

/// Draws a run that has been told of by local workers; then `end` makes the rest, which does not
/// tell of the folder again.
template <typename End>
RunResult draw_by_workers(const std::string& folder,
                          const LocalWorkers& workers,
                          Progress& progress,
                          const RunEventSink& events,
                          const End& end) {
  draw_by_local_workers(folder, workers, progress, events);
  return end([&](const RunEvent& event) {
    if (event.kind != RunEvent::Kind::Folder) {
      events(event);
    }
  });
}

void render(RunArguments& arguments) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    use_devices(arguments);
    use_kernels(arguments);
    std::vector<Problem> problems;
    TravelRequest request = read_request(arguments, problems, events);
    if (arguments.from.empty() && !arguments.output.empty()) {
      problems.push_back({"--frame-out", "is only for --from"});
    }
    if (!arguments.from.empty() && arguments.dry_run) {
      problems.push_back({"--dry-run", "plans a whole travel, expected no --from"});
    }
    if (arguments.profile && arguments.dry_run) {
      problems.push_back({"--profile", "measures drawing, expected no --dry-run"});
    }
    check_workers(arguments, problems);
    if (!arguments.from.empty()) {
      check_redraw(arguments, problems);
      throw_option_problems(problems);
      const std::filesystem::path path = redraw_frame(arguments.from, arguments.fields.given(),
                                                      arguments.output, progress, events);
      return Made{{"frame", path.string()}};
    }
    request = completed(arguments, std::move(request), std::move(problems), events);
    if (arguments.dry_run) {
      if (const auto note = place_stages_by_sound(request)) {
        events({RunEvent::Kind::Note, "note: " + *note, {}, 0});
      }
      const TravelPreview preview = preview_travel(request);
      console.output(arguments.json ? to_json(preview) : to_text(preview));
      return Made{};
    }
    RunOptions options;
    options.pictures.assign(arguments.images.begin(), arguments.images.end());
    if (wants_workers(arguments)) {
      const LocalWorkers workers = local_workers(arguments, {});
      const RunPlan plan = plan_run(request, progress, events, options);
      return frames_and_files(
          console,
          draw_by_workers(plan.folder, workers, progress, events, [&](const RunEventSink& rest) {
            return finish_run(plan.folder, {}, progress, rest);
          }));
    }
    return frames_and_files(console, run_travel(request, progress, events, options));
  });
}

void resume(RunArguments& arguments) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    use_devices(arguments);
    use_kernels(arguments);
    const ResumeOptions options = resume_options(arguments);
    if (wants_workers(arguments)) {
      const LocalWorkers workers = local_workers(arguments, {});
      events({RunEvent::Kind::Folder, "", arguments.folder, 0});
      return frames_and_files(
          console, draw_by_workers(
                       arguments.folder, workers, progress, events, [&](const RunEventSink& rest) {
                         return resume_travel(arguments.folder, options, progress, rest);
                       }));
    }
    return frames_and_files(console, resume_travel(arguments.folder, options, progress, events));
  });
}

/// What makes the video's pictures other than the run's frames.
void check_finish(const RunArguments& arguments, std::vector<Problem>& problems) {
  std::vector<Problem> found;
  collect_problems(found, [&] { validate(arguments.finish); });
  for (Problem& problem : found) {
    std::replace(problem.field.begin(), problem.field.end(), '_', '-');
    problem.field = (problem.field == "upscaler" ? "--upscale" : "--" + problem.field);
    problems.push_back(std::move(problem));
  }
  for (const char* field : {"models_dir", "device", "threads"}) {
    if (arguments.fields.values.count(field) > 0 && !arguments.finish.wanted()) {
      problems.push_back(
          {option_name(field), "is for networks, expected --interpolate or --upscale with it"});
    }
  }
}

void add_finish_options(CLI::App& command, FilmFinish& finish) {
  const std::string group = "Pictures in between and enlarging";
  command
      .add_option("--interpolate", finish.interpolate,
                  "Pictures for each one of the film, 1 to 8; it lasts as long [1]")
      ->type_name("TIMES")
      ->group(group);
  command
      .add_option("--interpolator", finish.interpolator,
                  "Network that finds them, RIFE 4 or FILM: a file, or a name in RIFE, FILM, "
                  "interpolators or frame_interpolation of the models folders [none: the motion is "
                  "estimated]")
      ->type_name("NAME|FILE")
      ->group(group);
  command
      .add_option("--upscale", finish.upscaler,
                  "Enlarge with lanczos or a network, ESRGAN or compact: a file, or a name in "
                  "ESRGAN, RealESRGAN or upscale_models of the models folders [nothing]")
      ->type_name("lanczos|NAME|FILE")
      ->group(group);
  command
      .add_option("--upscale-by", finish.upscale_by,
                  "How many times larger both sides become, 1 to 16 [the network's, lanczos 2]")
      ->type_name("FACTOR")
      ->group(group);
}

void video(const RunArguments& arguments) {
  with_console(arguments, [&](Console&, Progress& progress, const RunEventSink& events) {
    std::vector<Problem> problems;
    TravelRequest request = build_request(arguments.fields, problems);
    const bool named = take_format_of_name(arguments, request, problems);
    check_finish(arguments, problems);
    check_models_dir(request, problems);
    throw_option_problems(problems);
    VideoSettings settings;
    take_given(arguments, "fps", request.fps, settings.fps);
    if (named || arguments.fields.values.count("format") > 0) {
      settings.format = request.format;
    }
    take_given(arguments, "pad", request.pad, settings.pad);
    take_given(arguments, "hold", request.hold, settings.hold);
    take_given(arguments, "ping_pong", request.ping_pong, settings.ping_pong);
    take_given(arguments, "pick", request.pick, settings.pick);
    take_given(arguments, "contact_sheet", request.contact_sheet, settings.contact_sheet);
    take_given(arguments, "soundtrack", request.soundtrack, settings.soundtrack);
    if (!arguments.output.empty()) {
      settings.out = arguments.output;
    }
    settings.finish = arguments.finish;
    settings.finish.device = request.device;
    settings.finish.threads = request.threads;
    if (!request.models_dir.empty()) {
      settings.finish.models_folders = models_folders(request.models_dir);
    }
    return files_of(make_video(arguments.folder, settings, progress, events));
  });
}

}  // namespace

void add_render_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand("render", "Draw a travel: frames and a video");
  const auto arguments = make_arguments(*command);
  add_field_options(*command, arguments->fields);
  add_file_options(*command, arguments->fields);
  command->add_flag("--dry-run", arguments->dry_run,
                    "Print stages, tokens, the table of frames and the cost; draw nothing");
  add_debug_option(*command, *arguments);
  add_profile_option(*command, *arguments);
  command
      ->add_option("--from", arguments->from,
                   "Draw this one frame again from the parameters inside its PNG")
      ->type_name("FRAME.png")
      ->group("One frame again");
  command
      ->add_option("--frame-out", arguments->output,
                   "Where --from writes; default: beside the frame, with -again in its name")
      ->type_name("FILE.png")
      ->group("One frame again");
  add_images_option(*command, *arguments);
  add_kernels_option(*command, *arguments);
  add_workers_option(*command, *arguments);
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { render(*arguments); };
  });
}

void add_resume_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("resume", "Go on with a run that was stopped or killed");
  const auto arguments = make_arguments(*command);
  add_folder_options(*command, *arguments);
  add_workers_option(*command, *arguments);
  add_debug_option(*command, *arguments);
  add_profile_option(*command, *arguments);
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { resume(*arguments); };
  });
}

void add_video_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("video", "Make the video of a run folder again with other settings");
  command->footer(
      "Pictures that networks make (--upscale NAME, --interpolator) are kept in the run's folder "
      "\"finishing\", about two bytes for each pixel of the film, until the video is there: the "
      "same "
      "command goes on where it was stopped.");
  const auto arguments = make_arguments(*command);
  command->add_option("folder", arguments->folder, "The run folder")->required();
  add_field_options(*command, arguments->fields,
                    {"fps", "format", "pad", "hold", "ping_pong", "pick", "contact_sheet",
                     "soundtrack", "models_dir", "device", "threads"});
  add_finish_options(*command, arguments->finish);
  command->add_option("--out", arguments->output, "Video file to write; default: inside the folder")
      ->type_name("FILE")
      ->group("Video and output");
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { video(*arguments); };
  });
}

}  // namespace ptravel::cli
