#include "train_options.h"

#include <algorithm>

#include "app_options.h"

namespace ptravel::train {
namespace {

constexpr const char* kAbout =
    R"(Trains the default model of Prompt Travel from nothing: a procedural picture set, a tokenizer
learned on its captions, an autoencoder, then a UNet together with its text encoder.

  prompt-travel-train --out training --minutes 120     on a CPU
  prompt-travel-train --out training --minutes 25      on a large GPU

Stops at any moment (Ctrl-C or kill) and goes on from its last saved state when called again with
the same --out. The finished model is the folder <out>/model, for prompt-travel --model. Logs are
<out>/<stage>-log.csv, plotted in <out>/<stage>-log.svg.)";

constexpr const char* kFoot =
    R"(To extend the model, change what is drawn (pictures*.cpp), what can be said about it (look.h,
captions.cpp) or the networks' sizes (model_plan.cpp), and train again. To train longer, call again
with more --minutes or --steps: the schedule is stretched to the new end.
prompt-travel-score measures the result.)";

/// Steps, batch and learning rate of a stage; `prefix` begins the options' names.
void add_stage_options(CLI::App& app,
                       const std::string& prefix,
                       const std::string& group,
                       StageOptions& stage,
                       std::int64_t& batch) {
  add_number(app, prefix + "steps", stage.steps, "Optimizer steps", CLI::Range(1, 100000000))
      ->group(group);
  add_number(app, prefix + "batch", batch, "Pictures in a step", CLI::Range(1, 4096))->group(group);
  add_number(app, prefix + "rate", stage.learning_rate, "Highest learning rate",
             CLI::PositiveNumber)
      ->group(group);
}

void add_diffusion_options(CLI::App& app, DiffusionTrainingOptions& diffusion) {
  const char* group = "UNet and text encoder";
  add_stage_options(app, "--", group, diffusion.stage, diffusion.batch);
  add_number(app, "--text-steps", diffusion.text_steps,
             "First steps in which the text encoder learns alone what captions tell",
             CLI::NonNegativeNumber)
      ->group(group);
  add_number(app, "--pool", diffusion.pool, "Encoded pictures kept in memory",
             CLI::Range(1, 10000000))
      ->group(group);
  add_number(app, "--pool-at-first", diffusion.pool_at_first, "Encoded pictures made beforehand",
             CLI::Range(1, 10000000))
      ->group(group);
  add_number(app, "--fresh", diffusion.fresh,
             "New pictures in each step; the others are used again", CLI::Range(0, 4096))
      ->group(group);
  add_number(app, "--drop-caption", diffusion.drop_caption,
             "Share of captions emptied, for classifier-free guidance", CLI::Range(0.0, 1.0))
      ->group(group);
}

/// Settings that both stages share.
struct Common {
  double minutes = 0;
  double vae_share = 0.16;
  double decoder_share = 0.06;
  RateShape shape = RateShape::Cosine;
  std::int64_t warmup = 200;
  double ema = 0.999;
  double weight_decay = 0.01;
  double save_minutes = 5;
  double piece_mib = 0;
  std::uint64_t seed = 1;
};

void add_common_options(CLI::App& app, Common& common) {
  add_number(app, "--minutes", common.minutes,
             "End after this time, learning rates included; 0 = count steps only",
             CLI::NonNegativeNumber);
  add_number(app, "--vae-share", common.vae_share, "The autoencoder's share of --minutes",
             CLI::Range(0.01, 0.99));
  add_number(app, "--decoder-share", common.decoder_share, "The decoder's share of --minutes",
             CLI::Range(0.01, 0.99));
  add_choice(app, "--schedule", common.shape,
             {{"cosine", RateShape::Cosine}, {"constant", RateShape::Constant}},
             "Learning rate after the warm-up: cosine or constant [cosine]");
  add_number(app, "--warmup", common.warmup, "Steps in which the learning rate rises",
             CLI::NonNegativeNumber);
  add_number(app, "--ema", common.ema, "Decay of the averaged weights, which are what is exported",
             CLI::Range(0.0, 0.999999));
  add_number(app, "--weight-decay", common.weight_decay, "AdamW's weight decay",
             CLI::NonNegativeNumber);
  add_number(app, "--save-minutes", common.save_minutes, "Time between two saved states",
             CLI::PositiveNumber);
  add_number(app, "--piece-mib", common.piece_mib,
             "Largest file of a saved state in MiB; 0 = one file", CLI::NonNegativeNumber);
  app.add_option("--seed", common.seed, "Of drawings, captions, noise and first weights")
      ->capture_default_str();
}

void apply(const Common& common, const TrainOptions& options, StageOptions& stage, double share) {
  stage.folder = options.folder;
  stage.minutes = common.minutes * share;
  stage.shape = common.shape;
  stage.warmup_steps = common.warmup;
  stage.optimizer.ema_decay = common.ema;
  stage.optimizer.weight_decay = common.weight_decay;
  stage.save_minutes = common.save_minutes;
  stage.piece_mib = common.piece_mib;
  stage.seed = common.seed;
}

}  // namespace

std::optional<TrainOptions> parse_train_options(int argc, char** argv, int& status) {
  TrainOptions options;
  options.vae.stage.steps = 20000;
  options.vae.stage.learning_rate = 2e-3;
  options.decoder.stage.steps = 8000;
  options.decoder.stage.learning_rate = 1e-3;
  options.diffusion.stage.steps = 60000;
  Common common;
  CLI::App app(kAbout, "prompt-travel-train");
  app.footer(kFoot);
  app.option_defaults()->take_last();
  app.add_option("--out", options.folder, "Folder for states, logs and the model")
      ->capture_default_str();
  using Part = TrainOptions::Part;
  add_choice(
      app, "--part", options.part,
      {{"all", Part::All},
       {"vae", Part::Vae},
       {"decoder", Part::Decoder},
       {"diffusion", Part::Diffusion},
       {"export", Part::Export}},
      "all, vae, decoder (refine it for finished latents), diffusion, or export (write the model "
      "from the saved states) [all]");
  add_machine_options(app, options.device, options.threads);
  add_choice(app, "--precision", options.precision,
             {{"auto", Precision::Auto}, {"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}},
             "auto, fp32 or bf16 (weights and optimizer stay fp32); auto is bf16 [auto]");
  add_common_options(app, common);
  add_stage_options(app, "--vae-", "Autoencoder", options.vae.stage, options.vae.batch);
  add_number(app, "--kl-weight", options.vae.kl_weight, "Weight of the KL divergence",
             CLI::NonNegativeNumber)
      ->group("Autoencoder");
  add_stage_options(app, "--decoder-", "Decoder", options.decoder.stage, options.decoder.batch);
  add_diffusion_options(app, options.diffusion);
  if (!parse_command_line(app, argc, argv, status)) {
    return std::nullopt;
  }
  options.vae.stage.name = "vae";
  options.decoder.stage.name = "decoder";
  options.diffusion.stage.name = "diffusion";
  apply(common, options, options.vae.stage, common.vae_share);
  apply(common, options, options.decoder.stage, common.decoder_share);
  apply(common, options, options.diffusion.stage,
        std::max(0.01, 1 - common.vae_share - common.decoder_share));
  return options;
}

}  // namespace ptravel::train
