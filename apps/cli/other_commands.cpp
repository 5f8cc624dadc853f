#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "apps/cli/commands.h"
#include "apps/cli/console.h"
#include "apps/cli/interrupt.h"
#include "apps/cli/options.h"
#include "ptravel/devices.h"
#include "ptravel/jobs.h"
#include "ptravel/model.h"
#include "ptravel/pipeline.h"
#include "ptravel/sampling.h"

namespace ptravel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InfoArguments {
  std::string path;
  bool devices = false;
  bool json = false;
};

std::string model_json(const ModelInfo& info) {
  Json parts = Json::array();
  for (const ModelPartInfo& part : info.parts) {
    parts.push_back({{"name", part.name},
                     {"tensors", part.tensors},
                     {"parameters", part.parameters},
                     {"dtypes", part.dtypes}});
  }
  const Json object = {{"kind", "model"},
                       {"path", info.path.string()},
                       {"family", std::string(family_label(info.family))},
                       {"supported", info.supported},
                       {"layout", std::string(layout_name(info.layout))},
                       {"prediction", std::string(prediction_name(info.prediction))},
                       {"prediction_reason", info.prediction_reason},
                       {"zero_snr", info.zero_snr},
                       {"noise_levels", info.noise_levels},
                       {"picture_size", info.picture_size},
                       {"tensors", info.tensors},
                       {"bytes", info.bytes},
                       {"has_ema", info.has_ema},
                       {"title", info.words.title},
                       {"author", info.words.author},
                       {"license", info.words.license},
                       {"architecture", info.words.architecture},
                       {"trigger_phrase", info.words.trigger_phrase},
                       {"frequent_tags", info.words.frequent_tags},
                       {"contents", info.contents},
                       {"needs", info.needs},
                       {"memory_fp32", info.memory_fp32},
                       {"memory_16bit", info.memory_16bit},
                       {"notes", info.notes},
                       {"hash", info.short_hash()},
                       {"sha256", info.sha256},
                       {"parts", std::move(parts)},
                       {"metadata", info.metadata}};
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// The default model, for when no path is given; says on the console which that is.
std::string default_path() {
  const DefaultModel model = find_default_model();
  if (!model.path) {
    throw Error(ErrorCode::InvalidArgument, Problem{"path", missing_model_text(model)});
  }
  Console(false).hint("No path given: this is the default model (" + model.path->string() + ").");
  return model.path->string();
}

/// What the path is as a model; says what else could have been there when it is none.
ModelInfo inspect_known(const std::string& path) {
  try {
    return inspect_model(path, Hashing::Yes);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::NotFound || error.code() == ErrorCode::Io) {
      throw;
    }
    throw Error(error.code(), std::string(error.what()) +
                                  " (info knows checkpoints, diffusers folders, pictures in PNG, "
                                  "JPEG or WebP, and run folders)");
  }
}

void devices(bool json) {
  const DeviceReport report = device_report();
  std::printf("%s", json ? (to_json(report) + "\n").c_str() : describe(report).c_str());
}

void info(const InfoArguments& arguments) {
  if (arguments.devices) {
    devices(arguments.json);
    return;
  }
  const std::string path = arguments.path.empty() ? default_path() : arguments.path;
  if (const auto text = describe_result(path, arguments.json)) {
    std::printf("%s\n", text->c_str());
    return;
  }
  ModelInfo model = inspect_known(path);
  if (model.prediction_is_tested) {
    settle_prediction(model);
  }
  std::printf("%s\n", arguments.json ? model_json(model).c_str() : describe(model).c_str());
}

struct BenchArguments {
  FieldOptions fields;
  int steps = 3;
  bool json = false;
  bool profile = false;
};

void print_report(const BenchmarkReport& report) {
  std::printf("%s, %s, %d threads, %dx%d\n", report.device.c_str(), report.precision.c_str(),
              report.threads, report.width, report.height);
  std::printf("  load          %8.2f s\n", report.load_seconds);
  std::printf("  text encoder  %8.3f s  (77 tokens)\n", report.text_encoder_seconds);
  std::printf("  CFG step      %8.3f s  (batch of 2)\n", report.cfg_step_seconds);
  std::printf("  VAE encode    %8.3f s\n", report.vae_encode_seconds);
  std::printf("  VAE decode    %8.3f s\n", report.vae_decode_seconds);
  std::printf("  peak memory   %8.2f GiB\n", report.peak_memory_gib);
  if (report.profile) {
    std::printf("\n%s", to_text(*report.profile).c_str());
  }
}

void bench(const BenchArguments& arguments) {
  std::vector<Problem> problems;
  TravelRequest request = build_request(arguments.fields, problems);
  request.prompt = "benchmark";
  Console console(false);
  for (const std::string& note : complete_request(request, std::move(problems))) {
    console.hint(note);
  }
  BenchmarkOptions options;
  options.model = request.model;
  options.width = request.width;
  options.height = request.height;
  options.steps = arguments.steps;
  options.device = request.device;
  options.precision = request.precision;
  options.threads = request.threads;
  options.profile = arguments.profile;
  Progress progress([&console](const ProgressSnapshot& snapshot) { console.progress(snapshot); });
  const InterruptGuard guard(progress);
  const BenchmarkReport report = run_benchmark(options, progress);
  console.hint("");
  for (const std::string& note : report.notes) {
    console.hint("note: " + note);
  }
  if (arguments.json) {
    std::printf("%s\n", to_json(report).c_str());
  } else {
    print_report(report);
  }
}

std::string samplers_json() {
  Json object = {{"samplers", Json::array()}, {"schedules", Json::array()}};
  for (const SamplerInfo& sampler : sampler_infos()) {
    object["samplers"].push_back({{"label", sampler.label},
                                  {"name", sampler.name},
                                  {"aliases", sampler.aliases},
                                  {"default_schedule", sampler.default_schedule},
                                  {"second_order", sampler.second_order}});
  }
  for (const ScheduleInfo& schedule : schedule_infos()) {
    object["schedules"].push_back({{"label", schedule.label}, {"name", schedule.name}});
  }
  return object.dump(2);
}

void samplers(bool json) {
  if (json) {
    std::printf("%s\n", samplers_json().c_str());
    return;
  }
  std::printf("Samplers (--sampler)        Automatic schedule   also accepted\n");
  for (const SamplerInfo& sampler : sampler_infos()) {
    std::string aliases;
    for (const std::string_view alias : sampler.aliases) {
      aliases += (aliases.empty() ? "" : ", ") + std::string(alias);
    }
    std::printf("  %-26s%-21s%s\n", std::string(sampler.label).c_str(),
                std::string(sampler.default_schedule).c_str(), aliases.c_str());
  }
  std::printf("\nSchedules (--scheduler)     also accepted\n");
  for (const ScheduleInfo& schedule : schedule_infos()) {
    std::printf("  %-26s%s\n", std::string(schedule.label).c_str(),
                std::string(schedule.name).c_str());
  }
}

}  // namespace

void add_info_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand(
      "info", "Say what a model file, a picture or a run folder is, or what there is to draw on");
  const auto arguments = std::make_shared<InfoArguments>();
  CLI::Option* path = command->add_option(
      "path", arguments->path,
      "Checkpoint, diffusers folder, picture or run folder [the default model]");
  command
      ->add_flag("--devices", arguments->devices,
                 "Instead: list the processor, the cards and what this build can do with them")
      ->excludes(path);
  command->add_flag("--json", arguments->json, "Print a JSON object");
  command->callback([&chosen, arguments] { chosen = [arguments] { info(*arguments); }; });
}

void add_samplers_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand("samplers", "List the samplers and noise schedules");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print a JSON object");
  command->callback([&chosen, json] { chosen = [json] { samplers(*json); }; });
}

void add_bench_command(CLI::App& program, Command& chosen) {
  CLI::App* command = program.add_subcommand("bench", "Measure a model's speed and memory here");
  const auto arguments = std::make_shared<BenchArguments>();
  add_field_options(*command, arguments->fields,
                    {"model", "width", "height", "device", "precision", "threads"});
  command->add_option("--steps", arguments->steps, "Timed CFG steps after one warm-up step [3]")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--profile", arguments->profile,
                    "Also print where the time goes: layers with calls, seconds, GFLOP/s, share");
  command->add_flag("--json", arguments->json, "Print a JSON object");
  command->allow_extras();
  command->callback([&chosen, command, arguments] {
    arguments->fields.unknown = command->remaining();
    chosen = [arguments] { bench(*arguments); };
  });
}

}  // namespace ptravel::cli
