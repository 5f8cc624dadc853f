// prompt-travel-score: measures the default model.

#include <cstdio>

#include <ATen/ATen.h>

#include "base/files.h"
#include "ptravel/default_model.h"
#include "ptravel/error.h"

#include "judge.h"
#include "progress_lines.h"
#include "score_options.h"
#include "score_report.h"
#include "score_sheets.h"
#include "scoring.h"
#include "vae_training.h"

namespace ptravel::train {
namespace {

namespace fs = std::filesystem;

/// Puts the default model and the judge beside it in where nothing else is named.
void find_files(ScoreOptions& options) {
  fs::path& model = options.painter.pipeline.model;
  const bool needs_model = !options.trains() || options.judge.empty();
  if (model.empty() && needs_model) {
    const DefaultModel found = find_default_model();
    if (!found.path) {
      throw Error(ErrorCode::NotFound,
                  options.trains() ? "--judge: say where to write, as there is no default model"
                                   : "--model: there is no default model; name one");
    }
    model = *found.path;
  }
  if (options.judge.empty()) {
    options.judge = (fs::absolute(model) / "../judge/judge.safetensors").lexically_normal();
  }
}

Compute judge_compute(const ScoreOptions& options) {
  return resolve_compute(options.painter.pipeline.device, Precision::Fp32);
}

void make_judge(const ScoreOptions& options, Progress& progress) {
  const PipelineOptions& pipeline = options.painter.pipeline;
  Compute compute = judge_compute(options);
  compute.dtype = pipeline.precision == Precision::Fp32 ? at::kFloat : at::kBFloat16;
  save_judge(train_judge(options.training, compute, progress), options.judge);
  const Judge judge = Judge::load(options.judge, judge_compute(options));
  if (options.judge_pictures > 0) {
    const Tally tally = measure_judge(judge, options.judge_pictures, progress);
    std::fputs(to_lines(tally).c_str(), stderr);
  }
  std::printf("%s\n", options.judge.string().c_str());
}

std::vector<std::pair<std::string, std::string>> settings_of(const ScoreOptions& options) {
  const SamplingSettings& sampling = options.painter.sampling;
  char guidance[32];
  std::snprintf(guidance, sizeof(guidance), "%g", sampling.guidance_scale);
  return {{"model", options.painter.pipeline.model.string()},
          {"judge", options.judge.string()},
          {"sampler", sampling.sampler},
          {"schedule", sampling.schedule},
          {"steps", std::to_string(sampling.num_steps)},
          {"cfg_scale", guidance},
          {"negative_prompt", options.negative},
          {"first_seed", std::to_string(kFirstSeed)}};
}

void write_report(const ScoreReport& report, const fs::path& folder) {
  write_file_atomic(folder / "score.json", to_json(report));
  write_file_atomic(folder / "score.md", to_markdown(report));
}

void add_sheet(Sheet sheet, ScoreReport& report, const fs::path& folder) {
  write_sheet(sheet, folder);
  sheet.pictures.clear();
  report.sheets.push_back(std::move(sheet));
}

/// Throws when one of the attributes that make up most of a picture is right less often.
void require_at_least(const Tally& tally, double share) {
  for (const Attribute attribute :
       {Attribute::HairColor, Attribute::Background, Attribute::Subject}) {
    const double right = tally.right(attribute).value();
    if (right < share) {
      throw Error(ErrorCode::InvalidArgument, "[score] " + std::string(info(attribute).name) +
                                                  " is right in " + std::to_string(right) +
                                                  " of the pictures, expected at least " +
                                                  std::to_string(share));
    }
  }
}

void measure(const ScoreOptions& options, Progress& progress) {
  const Judge judge = Judge::load(options.judge, judge_compute(options));
  const Painter painter(options.painter, progress);
  create_folders(options.folder);
  ScoreReport report;
  report.settings = settings_of(options);
  if (options.judge_pictures > 0) {
    report.judge = measure_judge(judge, options.judge_pictures, progress);
  }
  if (options.vae_pictures > 0) {
    report.psnr = score_vae(painter.vae(), kJudgedSize, options.vae_pictures).psnr;
  }
  if (options.prompts > 0) {
    PromptScore score = score_prompts(painter, judge, options.prompts, options.negative);
    report.prompts = score.tally;
    std::fputs(to_lines(score.tally).c_str(), stderr);
    if (options.sheets) {
      add_sheet(sample_sheet(score), report, options.folder);
    }
    write_report(report, options.folder);
  }
  if (options.blur_pairs > 0) {
    report.blur = score_blur(painter, options.blur_pairs);
  }
  if (options.travels > 0) {
    report.travels = score_travels(painter, judge, options.travels, options.negative);
  }
  if (options.sheets) {
    add_sheet(travel_sheet(painter, options.negative), report, options.folder);
    add_sheet(quality_sheet(painter), report, options.folder);
  }
  write_report(report, options.folder);
  std::printf("%s\n", (options.folder / "score.md").string().c_str());
  if (report.prompts) {
    require_at_least(*report.prompts, options.at_least);
  }
}

void judge_films(const ScoreOptions& options) {
  const Judge judge = Judge::load(options.judge, judge_compute(options));
  ScoreReport report;
  report.settings = {{"films", options.films.string()}, {"judge", options.judge.string()}};
  report.travels = score_films(judge, options.films);
  create_folders(options.folder);
  write_report(report, options.folder);
  std::printf("%s\n", (options.folder / "score.md").string().c_str());
}

void run(ScoreOptions options, Progress& progress) {
  SamplingSettings& sampling = options.painter.sampling;
  const SamplerChoice choice = resolve_sampler(sampling.sampler, sampling.schedule);
  sampling.sampler = choice.sampler;
  sampling.schedule = choice.schedule;
  find_files(options);
  prepare_cpu(options.painter.pipeline.threads);
  if (options.trains()) {
    make_judge(options, progress);
  } else if (!options.travel_prompts.empty()) {
    write_file_atomic(options.travel_prompts, travel_prompts(options.travels));
    std::printf("%s\n", options.travel_prompts.string().c_str());
  } else if (!options.films.empty()) {
    judge_films(options);
  } else {
    measure(options, progress);
  }
}

}  // namespace
}  // namespace ptravel::train

int main(int argc, char** argv) {
  int status = 0;
  const auto options = ptravel::train::parse_score_options(argc, argv, status);
  if (!options) {
    return status;
  }
  return ptravel::train::run_with_progress(
      [&](ptravel::Progress& progress) { ptravel::train::run(*options, progress); });
}
