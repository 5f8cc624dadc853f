// prompt-travel-train: makes the default model.

#include <cstdio>

#include <ATen/ATen.h>

#include "base/files.h"
#include "checkpoint/key_map.h"

#include "caption_tokens.h"
#include "export_model.h"
#include "learn_vocabulary.h"
#include "progress_lines.h"
#include "train_options.h"

namespace ptravel::train {
namespace {

Compute training_compute(const TrainOptions& options) {
  const bool fp32 = options.precision == Precision::Fp32;
  Compute compute = resolve_compute(options.device, Precision::Fp32);
  compute.dtype = fp32 ? at::kFloat : at::kBFloat16;
  return compute;
}

/// Measures the autoencoder and makes its scale one that gives latents a standard deviation of one.
void measure_vae(const FinishedModel& model, ModelPlan& plan, const Compute& compute) {
  constexpr std::int64_t kPictures = 256;
  const Vae vae = make_vae(plan, model.weights, compute);
  const VaeScore score = score_vae(vae, plan.picture_size, kPictures);
  plan.vae.scale_factor = 1 / score.latent_std;
  std::fprintf(stderr, "Autoencoder: %.2f dB on %lld held-back pictures, scaling factor %.4f\n",
               score.psnr, static_cast<long long>(kPictures), plan.vae.scale_factor);
}

void run(TrainOptions options, Progress& progress) {
  prepare_cpu(options.threads);
  const Compute compute = training_compute(options);
  FinishedModel model;
  model.plan = make_plan();
  model.vocabulary = make_caption_vocabulary();
  model.plan.clip.vocab_size = static_cast<std::int64_t>(model.vocabulary.ids.size());
  std::fprintf(stderr, "Vocabulary: %zu tokens learned on captions\n", model.vocabulary.ids.size());

  using Part = TrainOptions::Part;
  const auto settle = [&](Part part, StageOptions& stage) {
    const bool trains = options.part == Part::All || options.part == part;
    stage.use = trains ? StageUse::Train : StageUse::Read;
  };
  settle(Part::Vae, options.vae.stage);
  settle(Part::Decoder, options.decoder.stage);
  settle(Part::Diffusion, options.diffusion.stage);
  model.weights = train_vae(model.plan, options.vae, compute, progress)->averaged();
  measure_vae(model, model.plan, compute);
  if (options.part == Part::Vae) {
    return;
  }
  model.weights = refine_decoder(model.plan, options.decoder, model.weights, compute, progress);
  measure_vae(model, model.plan, compute);
  if (options.part == Part::Decoder) {
    return;
  }
  const Vae vae = make_vae(model.plan, model.weights, compute);
  const auto networks = train_diffusion(model.plan, options.diffusion, vae,
                                        Tokenizer(model.vocabulary), compute, progress);
  model.weights.merge(networks->averaged());
  const std::filesystem::path folder = options.folder / "model";
  export_model(model, folder);
  std::string words;
  for (const std::string& word : caption_words()) {
    words += word + "\n";
  }
  write_file_atomic(folder / "words.txt", words);
  std::printf("%s\n", folder.string().c_str());
}

}  // namespace
}  // namespace ptravel::train

int main(int argc, char** argv) {
  int status = 0;
  const auto options = ptravel::train::parse_train_options(argc, argv, status);
  if (!options) {
    return status;
  }
  return ptravel::train::run_with_progress(
      [&](ptravel::Progress& progress) { ptravel::train::run(*options, progress); });
}
