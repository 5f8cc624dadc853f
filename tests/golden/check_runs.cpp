#include <algorithm>
#include <cstring>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/key_map.h"
#include "pipeline/latents.h"
#include "pipeline/pipeline.h"
#include "ptravel/error.h"
#include "tests/golden/networks.h"
#include "tests/golden/runs.h"
#include "travel/route.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

/// How far a whole run may be from the reference. The fp32 numbers are the golden set's own; the
/// bf16 ones are loose, because guidance 7 amplifies the rounding of networks with random weights.
struct RunTolerances {
  double cond = 2e-5;
  double noise = 1e-5;
  double sigma_relative = 1e-5;
  double timestep = 2e-3;
  double first_call = 1e-3;
  double latent = 5e-3;
  double encoded = 1e-4;
  double decoded = 1e-4;
  double level = 2;             ///< Of 255.
  double pixels_beyond = 0.02;  ///< Fraction that may differ by more than `level`.
  double latents_beyond = 0;    ///< Fraction of latents beyond `latent`.
};

RunTolerances tolerances(Precision precision) {
  if (precision == Precision::Fp32) {
    return {};
  }
  RunTolerances loose;
  loose.first_call = 8.0;  // sigma 14.6 times guidance 7 times eps errors of about 0.01
  loose.encoded = 0.7;
  loose.latent = 1.0;
  loose.latents_beyond = 0.05;
  loose.decoded = 0.1;
  loose.level = 24;
  loose.pixels_beyond = 0.1;
  return loose;
}

std::unique_ptr<Pipeline> open_pipeline(const Context& context) {
  PipelineOptions options;
  options.model = context.root / "tiny_sd1" / "model.safetensors";
  options.precision = context.precision;
  options.device = DeviceChoice::Cpu;
  options.threads = at::get_num_threads();
  auto pipeline = Pipeline::open(options);
  Progress progress;
  pipeline->load(progress);
  return pipeline;
}

template <typename Value>
Value value_or(const json& object, const char* key, Value fallback) {
  return object.contains(key) && !object.at(key).is_null() ? object.at(key).get<Value>() : fallback;
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

/// Pictures as the set stores them: uint8 [n, h, w, 3].
at::Tensor as_bytes(const std::vector<Image>& images) {
  std::vector<at::Tensor> rows;
  for (const Image& image : images) {
    at::Tensor bytes = at::empty({image.height, image.width, 3}, at::kByte);
    std::memcpy(bytes.data_ptr(), image.pixels.data(), image.pixels.size());
    rows.push_back(bytes);
  }
  return at::stack(rows);
}

struct EmphasisCase {
  const char* name;
  Emphasis emphasis;
};

/// The encodings after emphasis of text.json: single texts, and texts of a schedule encoded
/// together.
void check_emphasis(const Pipeline& pipeline,
                    const json& entry,
                    const SafetensorsFile& tensors,
                    double tolerance,
                    Report& report) {
  const std::string key = entry.at("key").get<std::string>();
  const std::string name = "tiny_sd1/text/" + key;
  const PromptEncoder& encoder = pipeline.encoder();
  if (entry.contains("texts")) {
    const auto texts = entry.at("texts").get<std::vector<std::string>>();
    report.close(name + "cond", encoder.encode_texts(texts, {}), tensors.tensor(key + "cond"),
                 tolerance);
    return;
  }
  constexpr EmphasisCase kCases[] = {
      {"original", Emphasis::Original}, {"no_norm", Emphasis::NoNorm}, {"none", Emphasis::None}};
  for (const int clip_skip : {1, 2}) {
    for (const EmphasisCase& emphasis_case : kCases) {
      const std::string tensor = "cond_skip" + std::to_string(clip_skip) + "_" + emphasis_case.name;
      if (!tensors.contains(key + tensor)) {
        continue;
      }
      PromptOptions options;
      options.clip_skip = clip_skip;
      options.emphasis = emphasis_case.emphasis;
      const at::Tensor actual =
          encoder.encode_texts({entry.at("text").get<std::string>()}, options);
      report.close(name + tensor, actual[0], tensors.tensor(key + tensor), tolerance);
    }
  }
}

/// One run and what it is compared with.
class RunCheck {
 public:
  RunCheck(const Pipeline& pipeline,
           const json& run,
           const SafetensorsFile& tensors,
           const RunTolerances& allowed,
           Report& report)
      : pipeline_(pipeline),
        run_(run),
        tensors_(tensors),
        allowed_(allowed),
        report_(report),
        key_(run.at("name").get<std::string>() + "/"),
        name_("tiny_sd1/runs/" + key_) {}

  void check() {
    PictureBatch batch;
    batch.width = run_.at("width");
    batch.height = run_.at("height");
    batch.seeds = seeds_of(run_);
    const ImageConditioning conditioning = check_conditioning();
    batch.images.assign(batch.seeds.size(), conditioning);
    check_noise(batch);
    if (has("init_latent")) {
      check_init_image();
      batch.init_latent = expected("init_latent").to(at::kFloat);
    }
    check_sampling(batch);
  }

 private:
  bool has(const std::string& tensor) const { return tensors_.contains(key_ + tensor); }
  at::Tensor expected(const std::string& tensor) const { return tensors_.tensor(key_ + tensor); }

  void check_schedule(const ScheduledConditioning& schedule,
                      const std::string& prefix,
                      const json& ends) {
    std::vector<int> actual_ends;
    for (std::size_t i = 0; i < schedule.entries.size(); ++i) {
      actual_ends.push_back(schedule.entries[i].end_at_step);
      const std::string tensor = prefix + std::to_string(i);
      report_.close(name_ + tensor, schedule.entries[i].context, expected(tensor), allowed_.cond);
    }
    report_.exact(name_ + prefix + "end_at_step", json(actual_ends) == ends,
                  json(actual_ends).dump());
  }

  ImageConditioning check_conditioning() {
    PromptOptions options;
    // The set counts steps here, also for samplers with two calls a step.
    options.planned_calls = run_.at("uncond_end_at_step").back();
    options.clip_skip = value_or(run_, "clip_skip", 1);
    const ImageConditioning conditioning = pipeline_.encoder().encode(
        run_.at("prompt").get<std::string>(), run_.at("negative").get<std::string>(), options);
    std::vector<double> weights;
    for (std::size_t part = 0; part < conditioning.parts.size(); ++part) {
      weights.push_back(conditioning.parts[part].weight);
      check_schedule(conditioning.parts[part].schedule, "cond" + std::to_string(part) + "_",
                     run_.at("cond_end_at_step").at(part));
    }
    check_schedule(conditioning.uncond, "uncond_", run_.at("uncond_end_at_step"));
    report_.exact(name_ + "cond_weights", json(weights) == run_.at("cond_weights"),
                  json(weights).dump());
    return conditioning;
  }

  void check_noise(const PictureBatch& batch) {
    const int factor = pipeline_.size_factor();
    const std::vector<std::int64_t> shape = {pipeline_.files().unet.in_channels,
                                             batch.height / factor, batch.width / factor};
    std::vector<at::Tensor> noise;
    for (const ImageSeed& seed : batch.seeds) {
      noise.push_back(ImageRng(seed, shape).next());
    }
    report_.close(name_ + "noise", at::stack(noise), expected("noise"), allowed_.noise);
  }

  void check_init_image() {
    const at::Tensor pixels = expected("init_image");  // [h, w, 3]
    Image image(static_cast<int>(pixels.size(1)), static_cast<int>(pixels.size(0)));
    std::memcpy(image.pixels.data(), pixels.contiguous().data_ptr(), image.pixels.size());
    const LatentDistribution posterior = pipeline_.vae().encode(image_to_tensor(image));
    report_.close(name_ + "posterior_mean", posterior.mean, expected("posterior_mean"),
                  allowed_.encoded);
    report_.close(name_ + "posterior_std", posterior.std, expected("posterior_std"),
                  allowed_.encoded);
    const at::Tensor latent = (posterior.mean + posterior.std * expected("posterior_noise")) *
                              pipeline_.vae().config().scale_factor;
    report_.close(name_ + "init_latent", latent, expected("init_latent"), allowed_.encoded);
  }

  void check_sampling(const PictureBatch& batch) {
    std::vector<at::Tensor> model_x, model_out, callback_x;
    std::vector<double> levels;
    SamplingHooks hooks;
    hooks.on_step = [&](const SamplerStep& step) { callback_x.push_back(step.x.clone()); };
    hooks.guidance.on_call = [&](int, const at::Tensor& x, double level, const at::Tensor& out) {
      model_x.push_back(x.clone());
      model_out.push_back(out.clone());
      levels.push_back(level);
    };
    const at::Tensor latent = pipeline_.sample(settings_of(run_), batch, hooks);
    report_.exact(name_ + "model_calls",
                  static_cast<int>(levels.size()) == run_.at("model_calls").get<int>(),
                  std::to_string(levels.size()));
    report_.close(name_ + "model_sigma_or_t", at::tensor(levels, at::kDouble),
                  expected("model_sigma_or_t"), allowed_.timestep, allowed_.sigma_relative);
    check_first_call(batch, model_out.at(0));
    close_latents("model_x", at::stack(model_x));
    close_latents("model_out", at::stack(model_out));
    close_latents("callback_x", at::stack(callback_x));
    close_latents("latent", latent);
    report_.close(name_ + "decoded", pipeline_.vae().decode(expected("latent")),
                  expected("decoded"), allowed_.decoded);
    report_.mostly_close(name_ + "image", as_bytes(decode_latents(pipeline_.vae(), latent)),
                         expected("image"), allowed_.level, 0, allowed_.pixels_beyond);
  }

  /// Networks with random weights can be so ill-conditioned (a group norm over two nearly equal
  /// numbers) that the reference's own rounding exceeds the tolerance. Where a first comparison
  /// fails, the call is computed again in float64, and the reference's distance from that is
  /// allowed on top.
  void check_first_call(const PictureBatch& batch, const at::Tensor& actual) {
    const at::Tensor reference = expected("model_out")[0];
    const double tolerance = allowed_.first_call;
    at::Tensor allowed = at::full_like(reference, tolerance, at::kDouble);
    if (((actual - reference).abs() > tolerance).any().item<bool>()) {
      allowed = allowed + (reference.to(at::kDouble) - first_call_in_float64(batch)).abs();
    }
    const at::Tensor error = (actual.to(at::kDouble) - reference).abs();
    const auto worst = (error - allowed).argmax().item<std::int64_t>();
    const double worst_error = error.flatten()[worst].item<double>();
    const double allowed_there = allowed.flatten()[worst].item<double>();
    report_.add({name_ + "model_out/first", worst_error, allowed_there,
                 worst_error <= allowed_there, "first guided call of the network"});
  }

  at::Tensor first_call_in_float64(const PictureBatch& batch) const {
    const ModelFiles files = open_model(pipeline_.files().path);
    const Compute compute{at::kCPU, at::kDouble};
    const Unet unet(Weights(files.weights, std::string(kUnetPrefix), "unet"), files.unet, compute);
    const SamplingModel model{
        [&unet](const at::Tensor& x, const at::Tensor& t, const at::Tensor& context) {
          return unet.forward(x, t, context.to(at::kDouble));
        },
        files.prediction == Prediction::V ? NetworkOutput::V : NetworkOutput::Eps, SigmaTable()};
    SamplingBatch sampling;
    sampling.images = batch.images;
    sampling.seeds = batch.seeds;
    const at::Tensor noise = expected("noise");
    sampling.shape = {noise.size(1), noise.size(2), noise.size(3)};
    sampling.init_latent =
        batch.init_latent.defined() ? batch.init_latent.to(at::kDouble) : at::Tensor();
    sampling.options = at::TensorOptions(at::kDouble);
    at::Tensor result;
    SamplingHooks hooks;
    hooks.guidance.on_call = [&](int, const at::Tensor&, double, const at::Tensor& out) {
      result = result.defined() ? result : out.clone();
    };
    hooks.check_cancelled = [&] {
      if (result.defined()) {
        throw Error(ErrorCode::Cancelled, "the first call is enough");
      }
    };
    try {
      const at::NoGradGuard no_gradients;
      result = sample_latents(model, settings_of(run_), sampling, hooks);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Cancelled) {
        throw;
      }
    }
    return result;
  }

  void close_latents(const std::string& tensor, const at::Tensor& actual) {
    report_.mostly_close(name_ + tensor, actual, expected(tensor), allowed_.latent, 0,
                         allowed_.latents_beyond);
  }

  const Pipeline& pipeline_;
  const json& run_;
  const SafetensorsFile& tensors_;
  RunTolerances allowed_;
  Report& report_;
  std::string key_;
  std::string name_;
};

/// A linear travel of the first version: every frame's conditioning, latent and picture.
class LinearTravelCheck {
 public:
  LinearTravelCheck(const Pipeline& pipeline,
                    const json& sampling,
                    const json& travel,
                    const SafetensorsFile& tensors,
                    const std::string& key,
                    const RunTolerances& allowed,
                    Report& report)
      : pipeline_(pipeline),
        sampling_(sampling),
        travel_(travel),
        tensors_(tensors),
        key_(key + "/"),
        allowed_(allowed),
        report_(report) {}

  void check() {
    const StagePlan plan = stage_plan();
    TravelRequest request;
    PromptOptions options;
    options.planned_calls = sampling_.at("steps");
    Progress progress;
    const Route route(plan, request, pipeline_.encoder(), options, progress);
    report_.exact("travel/" + key_ + "frames",
                  static_cast<int>(route.places().size()) == travel_.at("frames").get<int>(),
                  std::to_string(route.places().size()));
    std::vector<at::Tensor> conds, unconds, latents;
    std::vector<Image> images;
    for (const FramePlace& place : route.places()) {
      const ImageConditioning conditioning = route.conditioning(place);
      conds.push_back(conditioning.parts.at(0).schedule.at_call(0));
      unconds.push_back(conditioning.uncond.at_call(0));
      latents.push_back(draw(conditioning, place, latents.empty()));
      images.push_back(decode_latents(pipeline_.vae(), latents.back()).front());
    }
    report_.close("travel/" + key_ + "cond", at::stack(conds), expected("cond"), allowed_.cond);
    if (tensors_.contains(key_ + "uncond")) {
      report_.close("travel/" + key_ + "uncond", at::stack(unconds), expected("uncond"),
                    allowed_.cond);
    }
    report_.mostly_close("travel/" + key_ + "latent", at::cat(latents), expected("latent"),
                         allowed_.latent, 0, allowed_.latents_beyond);
    if (tensors_.contains(key_ + "image")) {
      report_.mostly_close("travel/" + key_ + "image", as_bytes(images), expected("image"),
                           allowed_.level, 0, allowed_.pixels_beyond);
    }
  }

 private:
  at::Tensor expected(const std::string& tensor) const { return tensors_.tensor(key_ + tensor); }

  StagePlan stage_plan() const {
    StagePlan plan;
    plan.prompts = travel_.at("prompts").get<std::vector<std::string>>();
    plan.negative_prompts = travel_.at("negatives").get<std::vector<std::string>>();
    plan.steps = travel_.at("steps").get<std::vector<std::int64_t>>();
    return plan;
  }

  /// With genesis successive the set tells which latent all frames but the first started from: the
  /// first version encoded a picture only when it encoded a stage.
  at::Tensor draw(const ImageConditioning& conditioning,
                  const FramePlace& place,
                  bool first) const {
    SamplingSettings settings = settings_of(sampling_);
    PictureBatch batch;
    batch.width = sampling_.at("width");
    batch.height = sampling_.at("height");
    batch.seeds = seeds_of(sampling_);
    batch.images = {conditioning};
    if (!first && travel_.value("genesis", "fixed") == "successive") {
      settings.denoising_strength = travel_.at("denoise_strength");
      const at::Tensor used = expected("init_latent_used").to(at::kFloat);
      const std::int64_t gap = place.alpha > 0 ? place.stage : place.stage - 1;
      batch.init_latent = used.narrow(0, std::min(gap, used.size(0) - 1), 1);
    }
    return pipeline_.sample(settings, batch);
  }

  const Pipeline& pipeline_;
  const json& sampling_;
  const json& travel_;
  const SafetensorsFile& tensors_;
  std::string key_;
  RunTolerances allowed_;
  Report& report_;
};

}  // namespace

void check_text_conditionings(const Context& context, Report& report) {
  if (!std::filesystem::exists(context.folder / "text.json")) {
    return;
  }
  const json set = read_json(context.folder / "text.json");
  const auto tensors = SafetensorsFile::open(context.folder / "text.safetensors");
  const auto pipeline = open_pipeline(context);
  for (const json& entry : set.at("cases")) {
    report.guarded("tiny_sd1/text/" + entry.at("key").get<std::string>(), [&] {
      check_emphasis(*pipeline, entry, *tensors, tolerances(context.precision).cond, report);
    });
  }
}

void check_runs(const Context& context, Report& report) {
  if (!std::filesystem::exists(context.folder / "runs.json")) {
    return;
  }
  const json set = read_json(context.folder / "runs.json");
  const auto tensors = SafetensorsFile::open(context.folder / "runs.safetensors");
  const auto pipeline = open_pipeline(context);
  for (const json& run : set.at("runs")) {
    report.guarded("tiny_sd1/runs/" + run.at("name").get<std::string>(), [&] {
      RunCheck(*pipeline, run, *tensors, tolerances(context.precision), report).check();
    });
  }
}

void check_linear_travels(const Context& context,
                          const json& set,
                          const SafetensorsFile& tensors,
                          Report& report) {
  const auto pipeline = open_pipeline(context);
  for (const auto& [key, travel] : set.at("cases").items()) {
    if (!travel.is_object() || travel.value("mode", "") != "linear" ||
        !tensors.contains(key + "/latent")) {
      continue;
    }
    report.guarded("travel/" + key, [&, &key = key, &travel = travel] {
      LinearTravelCheck(*pipeline, set.at("sampling"), travel, tensors, key,
                        tolerances(context.precision), report)
          .check();
    });
  }
}

void check_tiny_sd1(const Context& context, Report& report) {
  check_networks(context, report);
  check_text_conditionings(context, report);
  check_runs(context, report);
}

}  // namespace ptravel::golden
