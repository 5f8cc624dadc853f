// Pictures without a seam: hires/tiling.*.
#include <filesystem>

#include <ATen/ATen.h>

#include "pipeline/latents.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kUnet = 2e-4;
constexpr Wrap kRound = {true, true};

/// Networks alone: with zeros beyond the edges, and with the other edge there.
void check_networks(const Pipeline& pipeline,
                    const FileTensors& tensors,
                    const RunTolerances& allowed,
                    bool exact,
                    Report& report) {
  const at::Device device = pipeline.compute().device;
  const auto tensor = [&](const std::string& name) { return tensors.tensor(name).to(device); };
  for (const auto& [name, wrap] : {std::pair("zeros", Wrap()), std::pair("circular", kRound)}) {
    const auto has = [&](const std::string& result) { return tensors.contains(result + name); };
    if (has("unet/eps_")) {
      UnetInputs inputs{tensor("unet/x"), tensor("unet/t"), tensor("unet/context")};
      inputs.wrap = wrap;
      const std::string result = std::string("unet/eps_") + name;
      report.close("hires/tiling/" + result, pipeline.unet().forward(inputs),
                   tensors.tensor(result), exact ? kUnet : 0.1, kUnet);
    }
    if (has("vae/decoded_")) {
      const std::string result = std::string("vae/decoded_") + name;
      report.close("hires/tiling/" + result, pipeline.vae().decode(tensor("vae/latent"), wrap),
                   tensors.tensor(result), allowed.decoded);
    }
    if (has("vae/encoded_mean_")) {
      const std::string result = std::string("vae/encoded_mean_") + name;
      report.close("hires/tiling/" + result,
                   pipeline.vae().encode(tensor("vae/image_in"), wrap).mean, tensors.tensor(result),
                   allowed.encoded);
    }
  }
}

void check_run(const Pipeline& pipeline,
               json run,
               const FileTensors& tensors,
               const RunTolerances& allowed,
               Report& report) {
  const std::string key = run.at("key").get<std::string>() + "/";
  run["sampler"] = run.at("sampler_name");
  run["batch"] = value_or(run, "batch_size", 1);
  PictureBatch batch;
  batch.width = run.at("width");
  batch.height = run.at("height");
  batch.seeds = seeds_of(run);
  PromptOptions options;
  options.planned_calls = run.at("steps");
  batch.images.assign(batch.seeds.size(),
                      pipeline.encoder().encode(run.at("prompt").get<std::string>(),
                                                run.at("negative").get<std::string>(), options));
  report.mostly_close("hires/tiling/" + key + "latent", pipeline.sample(settings_of(run), batch),
                      tensors.tensor(key + "latent"), allowed.latent, 0, allowed.latents_beyond);
  report.mostly_close(
      "hires/tiling/" + key + "image",
      as_bytes(decode_latents(pipeline.vae(), tensors.tensor(key + "latent"), pipeline.wrap())),
      tensors.tensor(key + "image"), allowed.level, 0, allowed.pixels_beyond);
}

}  // namespace

void check_tiling(const Context& context, Report& report) {
  const auto pipeline = open_pipeline(context);
  pipeline->set_wrap(kRound);
  const auto tensors = FileTensors::open(context.folder / "tiling.safetensors");
  const RunTolerances allowed = tolerances(context.precision);
  report.guarded("hires/tiling/networks", [&] {
    check_networks(*pipeline, *tensors, allowed, context.precision == Precision::Fp32, report);
  });
  const json set = read_json(context.folder / "tiling.json");
  for (const json& run : set.at("runs")) {
    report.guarded("hires/tiling/" + run.at("key").get<std::string>(),
                   [&] { check_run(*pipeline, run, *tensors, allowed, report); });
  }
}

}  // namespace ptravel::golden
