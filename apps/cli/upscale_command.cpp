#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/console.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/options.h"
#include "ptravel/models_folders.h"
#include "ptravel/upscale.h"

namespace ptravel::cli {
namespace {

struct UpscaleArguments {
  FieldOptions fields;
  std::vector<std::string> inputs;
  std::string model = "lanczos";
  std::string out;
  double by = 0;
  bool json = false;
};

void upscale(const UpscaleArguments& arguments) {
  std::vector<Problem> problems;
  const TravelRequest request = build_request(arguments.fields, problems);
  UpscaleJob job;
  job.inputs.assign(arguments.inputs.begin(), arguments.inputs.end());
  job.out = arguments.out;
  job.options = {arguments.model, arguments.by, request.device, request.threads,
                 models_folders(request.models_dir)};
  check_models_dir(request, problems);
  std::vector<Problem> found;
  collect_problems(found, [&] { validate(job.options); });
  for (Problem& problem : found) {
    if (problem.field.starts_with("upscale")) {
      problem.field = problem.field == "upscaler" ? "--upscaler" : "--upscale-by";
    }
    problems.push_back(std::move(problem));
  }
  throw_option_problems(problems);
  Console console(arguments.json);
  Progress progress([&console](const ProgressSnapshot& snapshot) { console.progress(snapshot); });
  const InterruptGuard guard(progress);
  const UpscaleResult result =
      upscale_pictures(job, progress,
                       {[&](const std::filesystem::path& written) {
                          console.event({RunEvent::Kind::File, "", written, 0});
                        },
                        [&](const std::string& note) {
                          console.event({RunEvent::Kind::Note, note, {}, 0});
                        }});
  const std::string enlarged = std::to_string(result.enlarged);
  const std::string skipped = std::to_string(result.skipped);
  if (arguments.json) {
    console.result("done",
                   {{"enlarged", enlarged}, {"skipped", skipped}, {"folder", arguments.out}});
    return;
  }
  console.hint(enlarged + (result.enlarged == 1 ? " picture" : " pictures") + " enlarged" +
               (result.skipped > 0 ? ", " + skipped + " were there already" : ""));
  console.result("done", {{"folder", arguments.out}});
}

}  // namespace

void add_upscale_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("upscale", "Enlarge pictures, or the frames of a run, into a folder");
  const auto arguments = std::make_shared<UpscaleArguments>();
  command
      ->add_option("pictures", arguments->inputs,
                   "Pictures (PNG, JPEG, WebP), folders of them, run folders")
      ->required();
  command->add_option("--out", arguments->out, "Folder for the large pictures, as PNG")
      ->type_name("FOLDER")
      ->required();
  command
      ->add_option(
          "--upscaler", arguments->model,
          "lanczos, or a network, ESRGAN or compact: a file (.pth, .safetensors), or a name "
          "in ESRGAN, RealESRGAN or upscale_models of the models folders [lanczos]")
      ->type_name("lanczos|NAME|FILE");
  command
      ->add_option("--upscale-by", arguments->by,
                   "How many times larger both sides become, 1 to 16 [the network's, lanczos 2]")
      ->type_name("FACTOR");
  add_field_options(*command, arguments->fields, {"models_dir", "device", "threads"});
  command->add_flag("--json", arguments->json, "Print events for programs, one JSON object a line");
  command->allow_extras();
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { upscale(*arguments); };
  });
}

}  // namespace ptravel::cli
