#include "train_options.h"

#include <algorithm>
#include <map>

#include <CLI/CLI.hpp>

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

template <typename Value>
CLI::Option* add_choice(CLI::App& app,
                        const std::string& name,
                        Value& value,
                        const std::map<std::string, Value>& choices,
                        const std::string& help) {
  return app.add_option(name, value, help)
      ->transform(CLI::CheckedTransformer(choices, CLI::ignore_case).description(""))
      ->type_name("");
}

void add_vae_options(CLI::App& app, VaeTrainingOptions& vae) {
  const char* group = "Autoencoder";
  app.add_option("--vae-steps", vae.stage.steps, "Optimizer steps")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--vae-batch", vae.batch, "Pictures in a step")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group(group);
  app.add_option("--vae-rate", vae.stage.learning_rate, "Highest learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--kl-weight", vae.kl_weight, "Weight of the KL divergence")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
}

void add_decoder_options(CLI::App& app, VaeTrainingOptions& decoder) {
  const char* group = "Decoder";
  app.add_option("--decoder-steps", decoder.stage.steps, "Optimizer steps")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--decoder-batch", decoder.batch, "Pictures in a step")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group(group);
  app.add_option("--decoder-rate", decoder.stage.learning_rate, "Highest learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
}

void add_diffusion_options(CLI::App& app, DiffusionTrainingOptions& diffusion) {
  const char* group = "UNet and text encoder";
  app.add_option("--steps", diffusion.stage.steps, "Optimizer steps")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--batch", diffusion.batch, "Pictures in a step")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str()
      ->group(group);
  app.add_option("--rate", diffusion.stage.learning_rate, "Highest learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--text-steps", diffusion.text_steps,
                 "First steps in which the text encoder learns alone what captions tell")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--pool", diffusion.pool, "Encoded pictures kept in memory")
      ->check(CLI::Range(1, 10000000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--pool-at-first", diffusion.pool_at_first, "Encoded pictures made beforehand")
      ->check(CLI::Range(1, 10000000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--fresh", diffusion.fresh, "New pictures in each step; the others are used again")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str()
      ->group(group);
  app.add_option("--drop-caption", diffusion.drop_caption,
                 "Share of captions emptied, for classifier-free guidance")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
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
  app.add_option("--minutes", common.minutes,
                 "End after this time, learning rates included; 0 = count steps only")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--vae-share", common.vae_share, "The autoencoder's share of --minutes")
      ->check(CLI::Range(0.01, 0.99))
      ->capture_default_str();
  app.add_option("--decoder-share", common.decoder_share, "The decoder's share of --minutes")
      ->check(CLI::Range(0.01, 0.99))
      ->capture_default_str();
  add_choice(app, "--schedule", common.shape,
             {{"cosine", RateShape::Cosine}, {"constant", RateShape::Constant}},
             "Learning rate after the warm-up: cosine or constant [cosine]");
  app.add_option("--warmup", common.warmup, "Steps in which the learning rate rises")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--ema", common.ema, "Decay of the averaged weights, which are what is exported")
      ->check(CLI::Range(0.0, 0.999999))
      ->capture_default_str();
  app.add_option("--weight-decay", common.weight_decay, "AdamW's weight decay")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--save-minutes", common.save_minutes, "Time between two saved states")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--piece-mib", common.piece_mib,
                 "Largest file of a saved state in MiB; 0 = one file")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
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
  add_choice(
      app, "--device", options.device,
      {{"auto", DeviceChoice::Auto}, {"cpu", DeviceChoice::Cpu}, {"cuda", DeviceChoice::Cuda}},
      "auto, cpu or cuda [auto]");
  add_choice(app, "--precision", options.precision,
             {{"auto", Precision::Auto}, {"fp32", Precision::Fp32}, {"bf16", Precision::Bf16}},
             "auto, fp32 or bf16 (weights and optimizer stay fp32); auto is bf16 [auto]");
  app.add_option("--threads", options.threads, "CPU threads; 0 = one for each processor")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_common_options(app, common);
  add_vae_options(app, options.vae);
  add_decoder_options(app, options.decoder);
  add_diffusion_options(app, options.diffusion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : 2;
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
