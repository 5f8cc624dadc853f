#include "apps/cli/run_arguments.h"

#include <algorithm>
#include <cstdlib>

#include "ptravel/error.h"
#include "ptravel/kernels.h"
#include "ptravel/processors.h"
#include "ptravel/run_parts.h"

namespace ptravel::cli {
namespace {

constexpr int kMostWorkers = 64;

/// What makes no sense beside --from-images, which are the stages.
void check_images(const RunArguments& arguments, std::vector<Problem>& problems) {
  if (arguments.images.size() == 1) {
    problems.push_back({"--from-images", "\"" + arguments.images.front() +
                                             "\" alone, expected at least two pictures"});
  }
  const std::string why = "are in the pictures, expected none beside --from-images";
  if (arguments.fields.values.count("prompt") > 0) {
    problems.push_back({"--prompt", "the stages " + why});
  }
  if (!arguments.fields.prompt_file.empty()) {
    problems.push_back({"--prompt-file", "the stages " + why});
  }
  if (!arguments.from.empty()) {
    problems.push_back({"--from", "draws one frame, expected none beside --from-images"});
  }
  throw_option_problems(problems);
}

/// The request that the pictures make, with what was typed over it; tells what they differ in.
TravelRequest request_of_images(const RunArguments& arguments,
                                std::vector<Problem>& problems,
                                const RunEventSink& events) {
  check_images(arguments, problems);
  const PictureTravel travel = travel_between_pictures(
      {arguments.images.begin(), arguments.images.end()}, fields_set(arguments.fields));
  for (const std::string& note : travel.notes) {
    events({RunEvent::Kind::Note, "note: " + note, {}, 0});
  }
  return build_request(arguments.fields, problems, travel.request);
}

}  // namespace

Made files_of(const RunResult& result) {
  Made files;
  if (result.video) {
    files.emplace_back("video", result.video->string());
  }
  if (result.contact_sheet) {
    files.emplace_back("contact_sheet", result.contact_sheet->string());
  }
  if (files.empty()) {
    files.emplace_back("folder", result.folder.string());
  }
  return files;
}

Made frames_and_files(Console& console, const RunResult& result) {
  console.hint(std::to_string(result.frames) + " frames in " + result.folder.string());
  return files_of(result);
}

TravelRequest read_request(const RunArguments& arguments,
                           std::vector<Problem>& problems,
                           const RunEventSink& events) {
  return arguments.images.empty() ? build_request(arguments.fields, problems)
                                  : request_of_images(arguments, problems, events);
}

TravelRequest completed(const RunArguments& arguments,
                        TravelRequest request,
                        std::vector<Problem> problems,
                        const RunEventSink& events) {
  for (const std::string& note : complete_request(request, std::move(problems))) {
    events({RunEvent::Kind::Note, note, {}, 0});
  }
  if (const auto note = preset_note(arguments.fields, request)) {
    events({RunEvent::Kind::Note, *note, {}, 0});
  }
  return request;
}

ResumeOptions resume_options(const RunArguments& arguments) {
  std::vector<Problem> problems;
  TravelRequest request = build_request(arguments.fields, problems);
  check_workers(arguments, problems);
  throw_option_problems(problems);
  ResumeOptions options;
  take_given(arguments, "device", request.device, options.device);
  take_given(arguments, "threads", request.threads, options.threads);
  take_given(arguments, "low_memory", request.low_memory, options.low_memory);
  take_given(arguments, "model", request.model, options.model);
  take_given(arguments, "models_dir", request.models_dir, options.models_dir);
  options.allow_other_kernels = arguments.allow_other_kernels;
  return options;
}

void add_debug_option(CLI::App& command, RunArguments& arguments) {
  command.add_flag("--debug", arguments.debug,
                   "Print what happens in every step: stages, alphas, tokens, losses");
}

void add_profile_option(CLI::App& command, RunArguments& arguments) {
  command.add_flag("--profile", arguments.profile,
                   "Also print where the time went: parts of the program, and layers with calls, "
                   "seconds, GFLOP/s, share");
}

void use_kernels(const RunArguments& arguments) {
  if (!arguments.kernels.empty()) {
    pin_kernel_family(arguments.kernels);
  } else if (!arguments.folder.empty()) {
    const std::string began = kernels_of_run(arguments.folder);
    const std::vector<std::string> here = runnable_kernel_families();
    if (std::ranges::find(here, began) != here.end() && began != here.front()) {
      pin_kernel_family(began);
    }
  }
}

std::vector<std::string> machine_words(const RunArguments& arguments) {
  std::vector<std::string> words;
  for (const auto& [field, text] : arguments.fields.given()) {
    for (const char* of_machine : {"model", "models_dir", "device", "threads", "low_memory"}) {
      if (field == of_machine) {
        words.push_back(option_name(field) + "=" + text);
      }
    }
  }
  if (!arguments.kernels.empty()) {
    words.push_back("--kernels=" + arguments.kernels);
  }
  if (arguments.allow_other_kernels) {
    words.emplace_back("--allow-other-kernels");
  }
  return words;
}

std::filesystem::path own_program() { return std::filesystem::read_symlink("/proc/self/exe"); }

void use_devices(RunArguments& arguments) {
  const auto typed = arguments.fields.values.find("device");
  if (typed == arguments.fields.values.end()) {
    return;
  }
  const std::string text = typed->second.back();
  if (text.find_first_of(":,") == std::string::npos) {
    return;
  }
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  const std::vector<LocalDevice> devices =
      parse_local_devices(text, visible == nullptr ? std::nullopt : std::optional(visible));
  use_local_device(devices.front());
  typed->second = {devices.front().kind == DeviceChoice::Cpu ? "cpu" : "cuda"};
  if (devices.size() > 1) {
    arguments.devices = devices;
  }
}

bool wants_workers(const RunArguments& arguments) {
  return arguments.workers.value_or(1) != 1 || !arguments.devices.empty();
}

void check_workers(const RunArguments& arguments, std::vector<Problem>& problems) {
  if (!wants_workers(arguments)) {
    return;
  }
  if (arguments.workers && !arguments.devices.empty()) {
    problems.push_back({"--workers", std::to_string(*arguments.workers) +
                                         ", expected none beside a list of devices, which starts "
                                         "one for each"});
  }
  const std::string option = arguments.devices.empty() ? "--workers" : "--device";
  const std::string who = arguments.devices.empty() ? "" : "the processes of a list ";
  for (const auto& [given, why] :
       {std::pair{!arguments.from.empty(), "draw a whole travel, expected no --from"},
        std::pair{arguments.dry_run, "draw, expected no --dry-run"},
        std::pair{arguments.profile, "are not measured, expected no --profile"},
        std::pair{arguments.debug, "do not tell their steps, expected no --debug"}}) {
    if (given) {
      problems.push_back({option, who + why});
    }
  }
}

LocalWorkers local_workers(const RunArguments& arguments, const std::vector<std::string>& words) {
  LocalWorkers workers;
  workers.devices = arguments.devices;
  workers.count = arguments.devices.empty() ? arguments.workers.value_or(1)
                                            : static_cast<int>(arguments.devices.size());
  if (workers.count < 1 || workers.count > kMostWorkers) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"--workers", std::to_string(workers.count) + ", expected 1 to " +
                                         std::to_string(kMostWorkers)});
  }
  workers.program = own_program();
  workers.words = machine_words(arguments);
  if (arguments.fields.values.count("threads") == 0) {
    const int share = usable_processors() / workers.count;
    workers.words.push_back("--threads=" + std::to_string(std::max(share, 1)));
  }
  if (words.empty()) {
    // All of the film, whatever part the environment of an engine's task says, which they inherit.
    workers.words.emplace_back("--part=1/1");
  }
  workers.words.insert(workers.words.end(), words.begin(), words.end());
  return workers;
}

void add_kernels_option(CLI::App& command, RunArguments& arguments) {
  command
      .add_option("--kernels", arguments.kernels,
                  "Compute with these on every processor that has them: baseline, avx2, avx512, "
                  "avx512_bf16 or amx [the run's own, else the best]")
      ->type_name("NAME")
      ->group("Computing");
}

void add_workers_option(CLI::App& command, RunArguments& arguments) {
  CLI::Option* const device = command.get_option("--device");
  device->description(
      device->get_description() +
      "; or one of several cards (cuda:1), or a list with a process for each member "
      "(cuda:0,cuda:1)");
  command
      .add_option(
          "--workers", arguments.workers,
          "Processes that draw at the same time; they share the processors unless --threads "
          "says how many each has [1]")
      ->type_name("N")
      ->group("Computing");
}

void add_images_option(CLI::App& command, RunArguments& arguments) {
  command
      .add_option("--from-images", arguments.images,
                  "Travel between these pictures: what stands in them makes stages and settings")
      ->type_name("A.png B.png ...")
      ->group("Prompts and travel");
}

void add_machine_options(CLI::App& command,
                         RunArguments& arguments,
                         const std::vector<std::string>& fields) {
  add_field_options(command, arguments.fields, fields);
  command
      .add_flag("--allow-other-kernels", arguments.allow_other_kernels,
                "Go on in bf16 or fp16 with other kernels than those that began the run, though "
                "frames differ then")
      ->group("Computing");
  add_kernels_option(command, arguments);
}

void add_folder_options(CLI::App& command, RunArguments& arguments) {
  command.add_option("folder", arguments.folder, "The run folder")->required();
  add_machine_options(command, arguments,
                      {"model", "models_dir", "device", "threads", "low_memory"});
}

std::shared_ptr<RunArguments> make_arguments(CLI::App& command) {
  auto arguments = std::make_shared<RunArguments>();
  command.add_flag("--json", arguments->json, "Print events for programs, one JSON object a line");
  command.allow_extras();
  return arguments;
}

}  // namespace ptravel::cli
