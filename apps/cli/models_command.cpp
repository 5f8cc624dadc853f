#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/console.h"
#include "apps/cli/options.h"
#include "ptravel/models_folders.h"
#include "ptravel/models_list.h"

namespace ptravel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ModelsArguments {
  FieldOptions fields;
  bool json = false;
};

/// What the kinds are called above their files, and what takes them.
constexpr std::pair<const char*, const char*> kHeadings[] = {
    {"model", "Models: --model, by path; a server knows their names"},
    {"vae", "VAEs: --vae NAME"},
    {"lora", "LoRAs: <lora:NAME:1> in a prompt"},
    {"embedding", "Embeddings: NAME in a prompt"},
    {"hypernetwork", "Hypernetworks: <hypernet:NAME:1> in a prompt"},
    {"upscaler", "Upscalers: --upscale, --upscaler, --hires-upscaler NAME"},
    {"interpolator", "Interpolators: --interpolator NAME"},
    {"preview_vae", "Tiny decoders: --vae-decoder tiny"},
};

std::string text_of(const std::vector<ListedFile>& files) {
  std::string text;
  for (const auto& [kind, heading] : kHeadings) {
    std::string lines;
    for (const ListedFile& file : files) {
      if (file.kind == kind) {
        const std::string& note = file.refusal.empty() ? file.description : file.refusal;
        lines += "  " + file.name + (note.empty() ? "" : ": " + note) + "\n    " +
                 file.path.string() + "\n";
      }
    }
    if (!lines.empty()) {
      text += heading + std::string("\n") + lines;
    }
  }
  return text;
}

std::string json_of(const std::vector<ListedFile>& files) {
  Json list = Json::array();
  for (const ListedFile& file : files) {
    list.push_back({{"kind", file.kind},
                    {"name", file.name},
                    {"path", file.path.string()},
                    {"description", file.description},
                    {"refusal", file.refusal}});
  }
  return Json{{"files", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

void models(const ModelsArguments& arguments) {
  std::vector<Problem> problems;
  const TravelRequest request = build_request(arguments.fields, problems);
  check_models_dir(request, problems);
  throw_option_problems(problems);
  const auto folders = models_folders(request.models_dir);
  const std::vector<ListedFile> files = list_models_folders(folders);
  Console console(false);
  if (arguments.json || !files.empty()) {
    console.output(arguments.json ? json_of(files) : text_of(files));
  }
  if (folders.empty()) {
    console.hint("There is no folder ./models: name one with --models-dir.");
  } else if (files.empty()) {
    console.hint("Nothing in the models folders is known by its place.");
  }
}

}  // namespace

void add_models_command(CLI::App& program, Command& chosen) {
  CLI::App* command =
      program.add_subcommand("models", "List what lies in the models folders, by kind");
  const auto arguments = std::make_shared<ModelsArguments>();
  add_field_options(*command, arguments->fields, {"models_dir"});
  command->add_flag("--json", arguments->json, "Print a JSON object");
  command->allow_extras();
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { models(*arguments); };
  });
}

}  // namespace ptravel::cli
