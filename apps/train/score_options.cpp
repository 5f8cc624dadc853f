#include "score_options.h"

#include "app_options.h"

namespace ptravel::train {
namespace {

constexpr const char* kAbout =
    R"(Measures the default model of Prompt Travel: draws random prompts and lets a small classifier, the
judge, say what the pictures show.

  prompt-travel-score --out score                  writes score.json, score.md and contact sheets
  prompt-travel-score --train-judge 10             makes the judge, from drawings alone)";

constexpr const char* kFoot =
    R"(A judge whose training was stopped goes on from its saved state in <out>/judge when called again
with the same --out; with more minutes it is trained further.)";

CLI::Option* add_count(CLI::App& app,
                       const std::string& name,
                       std::int64_t& value,
                       const std::string& help) {
  return app.add_option(name, value, help)->check(CLI::Range(0, 1000000))->capture_default_str();
}

void add_drawing_options(CLI::App& app, ScoreOptions& options) {
  SamplingSettings& sampling = options.painter.sampling;
  app.add_option("--model", options.painter.pipeline.model,
                 "Model to measure; the default model when not given");
  add_number(app, "--steps", sampling.num_steps, "Denoising steps", CLI::Range(1, 1000));
  add_number(app, "--cfg-scale", sampling.guidance_scale, "Guidance scale", CLI::Range(0.0, 100.0));
  app.add_option("--sampler", sampling.sampler, "Sampler")->capture_default_str();
  app.add_option("--scheduler", sampling.schedule, "Noise schedule")->capture_default_str();
  app.add_option("--negative", options.negative, "Negative prompt")->capture_default_str();
  add_number(app, "--batch", options.painter.batch, "Pictures drawn together", CLI::Range(1, 1024));
}

void add_scope_options(CLI::App& app, ScoreOptions& options) {
  const char* group = "What to measure (0 leaves it out)";
  add_count(app, "--prompts", options.prompts, "Random prompts")->group(group);
  add_count(app, "--blur-pairs", options.blur_pairs, "Pairs with and without blurry")->group(group);
  add_count(app, "--travels", options.travels, "Travels that change one attribute")->group(group);
  add_number(app, "--at-least", options.at_least,
             "Fail when hair colour, background or subject are right less often (0..1)",
             CLI::Range(0.0, 1.0))
      ->group(group);
  add_count(app, "--judge-pictures", options.judge_pictures,
            "Fresh drawings on which the judge itself is measured")
      ->group(group);
  add_count(app, "--vae-pictures", options.vae_pictures,
            "Fresh drawings that the autoencoder reconstructs")
      ->group(group);
  app.add_option(
         "--films", options.films,
         "Judge finished films instead: a folder with 07-NAME/prompt_travel/00000 for travel 7")
      ->group(group);
  app.add_option("--write-travels", options.travel_prompts,
                 "Write the prompts of --travels to a file instead: lines of \"from | to\"")
      ->group(group);
  app.add_flag("--sheets,!--no-sheets", options.sheets, "Write contact sheets")->group(group);
}

void add_training_options(CLI::App& app, ScoreOptions& options) {
  const char* group = "Training of the judge";
  JudgeTrainingOptions& training = options.training;
  app.add_option("--train-judge", training.stage.minutes,
                 "Train a judge for so many minutes, measure it, and end")
      ->check(CLI::PositiveNumber)
      ->group(group);
  add_number(app, "--judge-batch", training.batch, "Pictures in a step", CLI::Range(1, 4096))
      ->group(group);
  add_number(app, "--judge-rate", training.stage.learning_rate, "Highest learning rate",
             CLI::PositiveNumber)
      ->group(group);
  add_number(app, "--judge-pool", training.pool, "Drawings kept in memory", CLI::Range(1, 1000000))
      ->group(group);
  add_number(app, "--judge-fresh", training.fresh, "New drawings in each step", CLI::Range(0, 4096))
      ->group(group);
}

void set_defaults(ScoreOptions& options) {
  options.painter.sampling.sampler = "DPM++ 2M";
  options.painter.sampling.schedule = "karras";
  options.painter.sampling.guidance_scale = 5;
  StageOptions& stage = options.training.stage;
  stage.name = "judge";
  stage.steps = 100000;
  stage.learning_rate = 2e-3;
  stage.warmup_steps = 100;
  stage.optimizer.ema_decay = 0.99;
}

}  // namespace

std::optional<ScoreOptions> parse_score_options(int argc, char** argv, int& status) {
  ScoreOptions options;
  set_defaults(options);
  PipelineOptions& pipeline = options.painter.pipeline;
  CLI::App app(kAbout, "prompt-travel-score");
  app.footer(kFoot);
  app.add_option("--out", options.folder, "Folder for results")->capture_default_str();
  app.add_option("--judge", options.judge,
                 "The judge's file; judge/judge.safetensors beside the model when not given");
  add_machine_options(app, pipeline.device, pipeline.threads);
  add_choice(app, "--precision", pipeline.precision,
             {{"auto", Precision::Auto},
              {"fp32", Precision::Fp32},
              {"bf16", Precision::Bf16},
              {"fp16", Precision::Fp16}},
             "auto, fp32, bf16 or fp16; when training, auto is bf16 [auto]");
  add_drawing_options(app, options);
  add_scope_options(app, options);
  add_training_options(app, options);
  if (!parse_command_line(app, argc, argv, status)) {
    return std::nullopt;
  }
  options.training.stage.folder = options.folder / "judge";
  return options;
}

}  // namespace ptravel::train
