#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "checkpoint/key_map.h"
#include "pipeline/latents.h"
#include "pipeline/pipeline.h"
#include "ptravel/error.h"
#include "tensor/torch_compat.h"
#include "tests/golden/networks.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

// Sinusoids of sizes up to a thousand.
constexpr double kVectorTolerance = 2e-4;
/// Of numbers of text encoders, relative: a card adds up in another order, which shows in numbers
/// of 4, whose steps are as large as a fortieth of what is allowed.
constexpr double kCardsOrderOfSums = 1e-5;

struct EmphasisCase {
  const char* name;
  Emphasis emphasis;
};

/// The encodings after emphasis of text.json: single texts, and texts of a schedule encoded
/// together.
void check_emphasis(const Pipeline& pipeline,
                    const json& entry,
                    const FileTensors& tensors,
                    double tolerance,
                    const std::string& set,
                    Report& report) {
  const std::string key = entry.at("key").get<std::string>();
  const std::string name = set + "/text/" + key;
  const PromptEncoder& encoder = pipeline.encoder();
  if (entry.contains("texts")) {
    std::vector<TextChunks> texts;
    for (const json& text : entry.at("texts")) {
      texts.push_back(tokenize_text(pipeline.tokenizers(), text.get<std::string>(), {}));
    }
    std::vector<at::Tensor> actual;
    for (const TextEncoding& text : encoder.encode_texts(texts, {})) {
      actual.push_back(text.tokens);
    }
    report.close(name + "cond", at::stack(actual), tensors.tensor(key + "cond"), tolerance);
    return;
  }
  constexpr EmphasisCase kCases[] = {
      {"original", Emphasis::Original}, {"no_norm", Emphasis::NoNorm}, {"none", Emphasis::None}};
  for (const int clip_skip : {0, 1, 2}) {  // 0: of models that leave no choice
    for (const EmphasisCase& emphasis_case : kCases) {
      const std::string skip = clip_skip > 0 ? "skip" + std::to_string(clip_skip) + "_" : "";
      const std::string tensor = "cond_" + skip + emphasis_case.name;
      if (!tensors.contains(key + tensor)) {
        continue;
      }
      PromptOptions options;
      options.clip_skip = std::max(clip_skip, 1);
      options.emphasis = emphasis_case.emphasis;
      const std::vector<TextEncoding> actual = encoder.encode_texts(
          {tokenize_text(pipeline.tokenizers(), entry.at("text").get<std::string>(), options)},
          options);
      report.close(name + tensor, actual[0].tokens, tensors.tensor(key + tensor), tolerance);
    }
  }
}

/// One run and what it is compared with.
class RunCheck {
 public:
  RunCheck(const Pipeline& pipeline,
           const json& run,
           const FileTensors& tensors,
           const RunTolerances& allowed,
           const std::string& set,
           Report& report)
      : pipeline_(pipeline),
        run_(run),
        tensors_(tensors),
        allowed_(allowed),
        report_(report),
        key_(run.at("name").get<std::string>() + "/"),
        name_(set + "/runs/" + key_) {}

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
      const TextEncoding& text = schedule.entries[i].conditioning->text;
      std::string tensor = prefix + std::to_string(i);
      if (text.vector.defined()) {
        report_.close(name_ + tensor + "_vector", text.vector, expected(tensor + "_vector"),
                      kVectorTolerance);
        tensor += "_crossattn";
      }
      report_.close(name_ + tensor, text.tokens, expected(tensor), allowed_.cond,
                    text.tokens.is_cuda() ? kCardsOrderOfSums : 0.0);
    }
    report_.exact(name_ + prefix + "end_at_step", json(actual_ends) == ends,
                  json(actual_ends).dump());
  }

  ImageConditioning check_conditioning() {
    PromptOptions options;
    // The set counts steps here, also for samplers with two calls a step.
    options.planned_calls = run_.at("uncond_end_at_step").back();
    options.clip_skip = value_or(run_, "clip_skip", 1);
    options.sizes = sizes_of(run_);
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
    LatentDistribution posterior =
        pipeline_.vae().encode(image_to_tensor(image).to(pipeline_.compute().device));
    posterior.mean = posterior.mean.cpu();
    posterior.std = posterior.std.cpu();
    report_.close(name_ + "posterior_mean", posterior.mean, expected("posterior_mean"),
                  allowed_.encoded);
    report_.close(name_ + "posterior_std", posterior.std, expected("posterior_std"),
                  allowed_.encoded);
    const at::Tensor latent = (posterior.mean + posterior.std * expected("posterior_noise")) *
                              pipeline_.vae().config().scale_factor;
    report_.close(name_ + "init_latent", latent, expected("init_latent"), allowed_.encoded);
  }

  /// What a run tells while it samples.
  struct Recording {
    std::vector<at::Tensor> model_x, model_out, callback_x;
    std::vector<double> levels;
    at::Tensor latent;

    SamplingHooks hooks() {
      SamplingHooks result;
      result.on_step = [this](const SamplerStep& step) { callback_x.push_back(step.x.clone()); };
      result.guidance.on_call = [this](int, const at::Tensor& x, double level,
                                       const GuidedEps& out) {
        model_x.push_back(x.clone());
        model_out.push_back(out.guided.clone());
        levels.push_back(level);
      };
      return result;
    }
  };

  void check_sampling(const PictureBatch& batch) {
    Recording ours;
    ours.latent = pipeline_.sample(settings_of(run_), batch, ours.hooks());
    report_.exact(name_ + "model_calls",
                  static_cast<int>(ours.levels.size()) == run_.at("model_calls").get<int>(),
                  std::to_string(ours.levels.size()));
    report_.close(name_ + "model_sigma_or_t", at::tensor(ours.levels, at::kDouble),
                  expected("model_sigma_or_t"), allowed_.timestep, allowed_.sigma_relative);
    check_first_call(batch, ours.model_out.at(0).cpu());
    close_latents(batch, "model_x", at::stack(ours.model_x),
                  [](const Recording& run) { return at::stack(run.model_x); });
    close_latents(batch, "model_out", at::stack(ours.model_out),
                  [](const Recording& run) { return at::stack(run.model_out); });
    if (has("callback_x")) {
      close_latents(batch, "callback_x", at::stack(ours.callback_x),
                    [](const Recording& run) { return at::stack(run.callback_x); });
    }
    close_latents(batch, "latent", ours.latent, [](const Recording& run) { return run.latent; });
    if (has("decoded")) {
      report_.close(name_ + "decoded", pipeline_.vae().decode(expected("latent")),
                    expected("decoded"), allowed_.decoded);
    }
    report_.mostly_close(name_ + "image", as_bytes(decode_latents(pipeline_.vae(), ours.latent)),
                         expected("image"), allowed_.level, 0, allowed_.pixels_beyond);
  }

  void check_first_call(const PictureBatch& batch, const at::Tensor& actual) {
    close_or_float64(name_ + "model_out/first", actual, expected("model_out")[0],
                     allowed_.first_call, std::numeric_limits<double>::infinity(),
                     [&] { return in_float64(batch).model_out.at(0); });
  }

  /// Networks with random weights can be so ill-conditioned (a group norm over two nearly equal
  /// numbers) that the reference's own rounding exceeds the tolerance. Where a first comparison
  /// fails, the run is computed again in float64, and each number's distance from that is allowed
  /// on top, `most` at most: a mistake of ours is in the float64 run as well.
  void close_or_float64(const std::string& name,
                        const at::Tensor& actual,
                        const at::Tensor& reference,
                        double tolerance,
                        double most,
                        const std::function<at::Tensor()>& float64) {
    if (actual.sizes() != reference.sizes()) {
      report_.exact(name, false, "shapes differ");
      return;
    }
    const at::Tensor error = (actual.to(at::kCPU, at::kDouble) - reference).abs();
    at::Tensor allowed = at::full_like(reference, tolerance, at::kDouble);
    if (!(error <= allowed).all().item<bool>()) {
      allowed = allowed + (reference.to(at::kDouble) - float64()).abs().clamp_max(most);
    }
    const auto worst = (error - allowed).argmax().item<std::int64_t>();
    const double there = error.flatten()[worst].item<double>();
    const double limit = allowed.flatten()[worst].item<double>();
    report_.add({name, there, limit, there <= limit, "at flat index " + std::to_string(worst)});
  }

  /// The whole run in float64, computed once.
  const Recording& in_float64(const PictureBatch& batch) {
    if (precise_) {
      return *precise_;
    }
    const ModelFiles files = open_model(pipeline_.files().path);
    const Compute compute{at::kCPU, at::kDouble};
    const Unet unet(
        Weights(std::make_shared<FileTensors>(files.weights), std::string(kUnetPrefix), "unet"),
        files.unet, compute);
    const SamplingModel model{[&unet](const std::vector<NetworkRow>& rows) {
                                std::vector<at::Tensor> results;
                                for (const NetworkRow& row : rows) {
                                  const TextEncoding& text = row.conditioning->text;
                                  UnetInputs inputs{row.latent.unsqueeze(0),
                                                    at::full({1}, row.time, at::kDouble),
                                                    text.tokens.unsqueeze(0).to(at::kDouble)};
                                  if (text.vector.defined()) {
                                    inputs.vector = text.vector.unsqueeze(0).to(at::kDouble);
                                  }
                                  results.push_back(unet.forward(inputs));
                                }
                                return at::cat(results);
                              },
                              files.prediction, SigmaTable()};
    SamplingBatch sampling;
    sampling.images = batch.images;
    sampling.seeds = batch.seeds;
    const at::Tensor noise = expected("noise");
    sampling.shape = {noise.size(1), noise.size(2), noise.size(3)};
    sampling.init_latent =
        batch.init_latent.defined() ? batch.init_latent.to(at::kDouble) : at::Tensor();
    sampling.options = at::TensorOptions(at::kDouble);
    const at::NoGradGuard no_gradients;
    precise_.emplace();
    precise_->latent = sample_latents(model, settings_of(run_), sampling, precise_->hooks());
    return *precise_;
  }

  void close_latents(const PictureBatch& batch,
                     const std::string& tensor,
                     const at::Tensor& actual,
                     const std::function<at::Tensor(const Recording&)>& of) {
    if (allowed_.latents_beyond > 0 || !compat::kHasFusedAttention) {
      report_.mostly_close(name_ + tensor, actual, expected(tensor), allowed_.latent, 0,
                           allowed_.latents_beyond);
      return;
    }
    // LibTorch 2 adds up in another order, which these networks magnify.
    constexpr double kMagnified = 20;
    close_or_float64(name_ + tensor, actual, expected(tensor), allowed_.latent,
                     kMagnified * allowed_.latent, [&] { return of(in_float64(batch)); });
  }

  const Pipeline& pipeline_;
  const json& run_;
  const FileTensors& tensors_;
  RunTolerances allowed_;
  Report& report_;
  std::string key_;
  std::string name_;
  std::optional<Recording> precise_;
};

}  // namespace

void check_text_conditionings(const Context& context, const Pipeline& pipeline, Report& report) {
  if (!std::filesystem::exists(context.folder / "text.json")) {
    return;
  }
  const std::string set_name = context.folder.filename().string();
  const json set = read_json(context.folder / "text.json");
  const auto tensors = FileTensors::open(context.folder / "text.safetensors");
  for (const json& entry : set.at("cases")) {
    report.guarded(set_name + "/text/" + entry.at("key").get<std::string>(), [&] {
      check_emphasis(pipeline, entry, *tensors, tolerances(context.precision).cond, set_name,
                     report);
    });
  }
}

void check_runs(const Context& context,
                const Pipeline& pipeline,
                const std::string& variant,
                Report& report) {
  if (!std::filesystem::exists(context.folder / "runs.json")) {
    return;
  }
  const std::string set_name = context.folder.filename().string();
  const json set = read_json(context.folder / "runs.json");
  const auto tensors = FileTensors::open(context.folder / "runs.safetensors");
  for (const json& run : set.at("runs")) {
    if (run.value("variant", "") != variant) {
      continue;
    }
    report.guarded(set_name + "/runs/" + run.at("name").get<std::string>(), [&] {
      RunCheck(pipeline, run, *tensors, tolerances(context.precision), set_name, report).check();
    });
  }
}

void check_tiny_sd1(const Context& context, Report& report) {
  check_networks(context, report);
  const auto pipeline = open_pipeline(context, context.folder / "model.safetensors");
  check_text_conditionings(context, *pipeline, report);
  check_runs(context, *pipeline, "", report);
}

}  // namespace ptravel::golden
