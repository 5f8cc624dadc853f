// A run in steps that different processes and machines do: plan, frames, finish.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/cli/commands.h"
#include "apps/cli/run_arguments.h"
#include "ptravel/run_parts.h"

namespace ptravel::cli {
namespace {

/// What frames is given beside what run commands share.
struct PartArguments {
  std::optional<std::string> frames;
  std::optional<std::string> unit;
  std::optional<std::string> part;
};

void plan(const RunArguments& arguments) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    use_kernels(arguments);
    std::vector<Problem> problems;
    TravelRequest request = read_request(arguments, problems, events);
    request = completed(arguments, std::move(request), std::move(problems), events);
    RunOptions options;
    options.pictures.assign(arguments.images.begin(), arguments.images.end());
    const RunPlan made = plan_run(request, progress, events, options);
    console.output(arguments.json ? to_json(made) : to_text(made));
    return Made{};
  });
}

/// What was typed; else what an engine says, which is told.
FrameChoice choice_of(const PartArguments& given, const RunEventSink& events) {
  FrameChoice choice = parse_frame_choice(given.frames, given.unit, given.part);
  if (choice == FrameChoice{}) {
    choice.part = part_of_environment();
    if (choice.part) {
      events({RunEvent::Kind::Note,
              "note: part " + std::to_string(choice.part->number) + " of " +
                  std::to_string(choice.part->count) + ", as the environment says",
              {},
              0});
    }
  }
  return choice;
}

/// The same choice for another process; what the environment says is not looked at again.
std::vector<std::string> words_of(const PartArguments& given, const FrameChoice& choice) {
  std::vector<std::string> words;
  for (const auto& [option, value] :
       {std::pair{"--frames=", &given.frames}, std::pair{"--unit=", &given.unit}}) {
    if (*value) {
      words.push_back(option + **value);
    }
  }
  if (choice.part) {
    words.push_back("--part=" + std::to_string(choice.part->number) + "/" +
                    std::to_string(choice.part->count));
  }
  return words;
}

void frames(RunArguments& arguments, const PartArguments& given) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    use_devices(arguments);
    use_kernels(arguments);
    const ResumeOptions options = resume_options(arguments);
    const FrameChoice choice = choice_of(given, events);
    if (wants_workers(arguments)) {
      draw_by_local_workers(arguments.folder, local_workers(arguments, words_of(given, choice)),
                            progress, events);
      return Made{{"folder", arguments.folder}};
    }
    const DrawnFrames made = draw_frames(arguments.folder, choice, options, progress, events);
    console.hint(std::to_string(made.drawn) + " frames drawn, " + std::to_string(made.chosen) +
                 " were asked for");
    return Made{{"folder", made.folder.string()}};
  });
}

void finish(const RunArguments& arguments) {
  with_console(arguments, [&](Console& console, Progress& progress, const RunEventSink& events) {
    use_kernels(arguments);
    const ResumeOptions options = resume_options(arguments);
    return frames_and_files(console, finish_run(arguments.folder, options, progress, events));
  });
}

void add_part_option(CLI::App& command,
                     const char* name,
                     std::optional<std::string>& value,
                     const char* help,
                     const char* type) {
  command.add_option(name, value, help)->type_name(type)->group("Which frames");
}

}  // namespace

void add_plan_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand(
      "plan", "Make a run folder and draw nothing: say what can be drawn apart");
  const auto arguments = make_arguments(*command);
  arguments->goes_on = "frames";
  add_field_options(*command, arguments->fields);
  add_file_options(*command, arguments->fields);
  add_images_option(*command, *arguments);
  add_kernels_option(*command, *arguments);
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { plan(*arguments); };
  });
}

void add_frames_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("frames", "Draw frames of a run folder, beside other processes");
  const auto arguments = make_arguments(*command);
  const auto given = std::make_shared<PartArguments>();
  add_folder_options(*command, *arguments);
  add_part_option(*command, "--frames", given->frames,
                  "These frames, from 0 on [all, or the part that Slurm or Kubernetes says]",
                  "0-9,40-49");
  add_part_option(*command, "--unit", given->unit, "This unit, as plan numbers them", "N");
  add_part_option(*command, "--part", given->part, "A part of parts, whole units each", "N/COUNT");
  add_workers_option(*command, *arguments);
  add_debug_option(*command, *arguments);
  add_profile_option(*command, *arguments);
  command->callback([&chosen, command, arguments, given] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments, given] { frames(*arguments, *given); };
  });
}

void add_finish_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand(
      "finish", "Check the frames of a run folder; make report, video and contact sheet");
  const auto arguments = make_arguments(*command);
  arguments->goes_on = "finish";
  add_folder_options(*command, *arguments);
  add_debug_option(*command, *arguments);
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { finish(*arguments); };
  });
}

}  // namespace ptravel::cli
