#include <algorithm>

#include <ATen/ATen.h>

#include "pipeline/latents.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"
#include "travel/route.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

/// A linear travel of the first version: every frame's conditioning, latent and picture.
class LinearTravelCheck {
 public:
  LinearTravelCheck(const Pipeline& pipeline,
                    const json& sampling,
                    const json& travel,
                    const FileTensors& tensors,
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
    request.steps = sampling_.at("steps");
    request.sampler = sampling_.at("sampler");
    Progress progress;
    Route route(plan, request, pipeline_, 0, progress);
    report_.exact("travel/" + key_ + "frames",
                  static_cast<int>(route.places().size()) == travel_.at("frames").get<int>(),
                  std::to_string(route.places().size()));
    std::vector<at::Tensor> conds, unconds, latents;
    std::vector<Image> images;
    for (const FramePlace& place : route.places()) {
      const ImageConditioning conditioning = route.conditioning(place, {});
      conds.push_back(conditioning.parts.at(0).schedule.at_call(0)->text.tokens);
      unconds.push_back(conditioning.uncond.at_call(0)->text.tokens);
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
  const FileTensors& tensors_;
  std::string key_;
  RunTolerances allowed_;
  Report& report_;
};

}  // namespace

void check_linear_travels(const Context& context,
                          const json& set,
                          const FileTensors& tensors,
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

}  // namespace ptravel::golden
