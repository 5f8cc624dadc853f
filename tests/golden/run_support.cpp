#include "tests/golden/run_support.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <map>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "checkpoint/key_map.h"
#include "checkpoint/model_files.h"
#include "model/safetensors_writer.h"
#include "model/unet.h"
#include "model/weights.h"

namespace ptravel::golden {

using nlohmann::json;

RunTolerances tolerances(Precision precision) {
  if (precision == Precision::Fp32) {
    return {};
  }
  RunTolerances loose;
  if (precision == Precision::Fp16) {
    loose.first_call = 2.0;
    loose.encoded = 0.2;
    loose.latent = 0.4;
    loose.latents_beyond = 0.05;
    loose.decoded = 0.03;
    loose.level = 8;
    loose.pixels_beyond = 0.1;
    return loose;
  }
  loose.first_call = 8.0;  // sigma 14.6 times guidance 7 times eps errors of about 0.01
  loose.encoded = 0.7;
  loose.latent = 1.0;
  loose.latents_beyond = 0.05;
  loose.decoded = 0.1;
  loose.level = 24;
  loose.pixels_beyond = 0.15;  // 0.12 with AVX2, less with AVX-512
  return loose;
}

std::unique_ptr<Pipeline> open_pipeline(const Context& context,
                                        const std::filesystem::path& model) {
  PipelineOptions options;
  options.model = model.empty() ? context.root / "tiny_sd1" / "model.safetensors" : model;
  options.precision = context.precision;
  options.device = context.device;
  options.threads = at::get_num_threads();
  auto pipeline = Pipeline::open(options);
  Progress progress;
  pipeline->load(progress);
  return pipeline;
}

std::filesystem::path write_variant(const std::filesystem::path& set,
                                    const std::filesystem::path& overriding,
                                    const json& changes,
                                    const std::filesystem::path& folder) {
  std::map<std::string, at::Tensor> tensors;
  for (const std::filesystem::path& path : {set / "model.safetensors", overriding}) {
    const auto file = FileTensors::open(path);
    for (const std::string& name : file->names()) {
      tensors.insert_or_assign(name, file->tensor(name));
    }
  }
  write_safetensors(folder / "model.safetensors", tensors);
  json config = read_json(set / "config.json");
  config.merge_patch(changes);
  std::ofstream(folder / "config.json") << config.dump();
  return folder / "model.safetensors";
}

PictureSizes sizes_of(const json& run) {
  PictureSizes sizes{value_or(run, "width", 1024), value_or(run, "height", 1024)};
  const json options = run.value("options", json::object());
  sizes.crop_top = value_or(options, "sdxl_crop_top", value_or(run, "sdxl_crop_top", 0));
  sizes.crop_left = value_or(options, "sdxl_crop_left", value_or(run, "sdxl_crop_left", 0));
  return sizes;
}

SamplingSettings settings_of(const json& run) {
  SamplingSettings settings;
  const SamplerChoice choice = resolve_sampler(run.at("sampler").get<std::string>(),
                                               value_or<std::string>(run, "scheduler", ""));
  settings.sampler = choice.sampler;
  settings.schedule = choice.schedule;
  settings.num_steps = run.at("steps");
  settings.guidance_scale = run.at("cfg_scale");
  if (run.contains("eta")) {
    settings.sampler_options.eta = run.at("eta").get<double>();
  }
  settings.sampler_options.s_churn = value_or(run, "s_churn", 0.0);
  settings.sampler_options.s_tmin = value_or(run, "s_tmin", 0.0);
  settings.sampler_options.s_tmax = value_or(run, "s_tmax", 0.0);
  settings.sampler_options.s_noise = value_or(run, "s_noise", 1.0);
  settings.denoising_strength = value_or(run, "denoising_strength", 0.75);
  settings.fix_steps = value_or(run, "fix_steps", false);
  return settings;
}

LatentLoss latent_loss_in_float64(const Pipeline& pipeline,
                                  const at::Tensor& latent,
                                  const LossDraw& draw,
                                  const at::Tensor& context) {
  const ModelFiles files = open_model(pipeline.files().path);
  const Compute compute{at::kCPU, at::kDouble};
  const Unet unet(
      Weights(std::make_shared<FileTensors>(files.weights), std::string(kUnetPrefix), "unet"),
      files.unet, compute);
  const double abar = pipeline.sigma_table().alphas_cumprod().at(static_cast<std::size_t>(draw.t));
  const at::Tensor noise = draw.noise.to(at::kDouble);
  const at::Tensor x = latent.to(at::kDouble) * std::sqrt(abar) + noise * std::sqrt(1 - abar);
  const at::AutoGradMode gradients(true);
  at::Tensor input = context.detach().to(at::kDouble).unsqueeze(0).clone();
  input.set_requires_grad(true);
  const at::Tensor t = at::full({1}, static_cast<double>(draw.t), at::kDouble);
  const at::Tensor loss = (unet.forward(x, t, input).to(at::kDouble) - noise).square();
  loss.backward(loss.detach());
  return {loss.detach(), input.grad().detach()[0]};
}

void close_or_rounded(Report& report,
                      const std::string& name,
                      const at::Tensor& actual,
                      const at::Tensor& expected,
                      double atol,
                      double rtol,
                      const std::function<at::Tensor()>& float64) {
  const at::Tensor wanted = expected.to(at::kDouble);
  if (actual.sizes() != wanted.sizes()) {
    report.exact(name, false, "shapes differ");
    return;
  }
  const at::Tensor error = (actual.to(at::kCPU, at::kDouble) - wanted).abs();
  at::Tensor allowed = wanted.abs() * rtol + atol;
  if (!(error <= allowed).all().item<bool>()) {
    constexpr double kOrders = 4;
    allowed = allowed + kOrders * (wanted - float64().to(at::kDouble)).abs().max();
  }
  const auto worst = (error - allowed).argmax().item<std::int64_t>();
  const double there = error.flatten()[worst].item<double>();
  const double limit = allowed.flatten()[worst].item<double>();
  report.add({name, there, limit, there <= limit, "at flat index " + std::to_string(worst)});
}

std::vector<ImageSeed> seeds_of(const json& run) {
  std::vector<ImageSeed> seeds;
  const int batch = value_or(run, "batch", 1);
  for (int k = 0; k < batch; ++k) {
    ImageSeed seed;
    seed.subseed_strength = value_or(run, "subseed_strength", 0.0);
    // With a variation seed only the subseed counts up along a batch.
    seed.seed = run.at("seed").get<std::uint64_t>() + (seed.subseed_strength == 0 ? k : 0);
    seed.subseed = value_or<std::uint64_t>(run, "subseed", 0) + k;
    seed.resize_from_height = value_or<std::int64_t>(run, "seed_resize_from_h", 0) / 8;
    seed.resize_from_width = value_or<std::int64_t>(run, "seed_resize_from_w", 0) / 8;
    seed.ensd = value_or<std::int64_t>(run, "ensd", 0);
    seed.source =
        value_or<std::string>(run, "randn_source", "CPU") == "NV" ? RngSource::Nv : RngSource::Cpu;
    seeds.push_back(seed);
  }
  return seeds;
}

at::Tensor as_bytes(const std::vector<Image>& images) {
  std::vector<at::Tensor> rows;
  for (const Image& image : images) {
    at::Tensor bytes = at::empty({image.height, image.width, 3}, at::kByte);
    std::memcpy(bytes.data_ptr(), image.pixels.data(), image.pixels.size());
    rows.push_back(bytes);
  }
  return at::stack(rows);
}

}  // namespace ptravel::golden
