#include "travel/open_model.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/profile_scope.h"
#include "base/text.h"
#include "ptravel/models_folders.h"
#include "ptravel/sampling.h"
#include "request/frame_settings.h"
#include "request/mode_infos.h"
#include "travel/attention_ends.h"
#include "travel/second_pass.h"
#include "travel/settings.h"

namespace ptravel {
namespace {

Precision precision_of(const Compute& compute) {
  switch (compute.dtype) {
    case at::kBFloat16:
      return Precision::Bf16;
    case at::kHalf:
      return Precision::Fp16;
    default:
      return Precision::Fp32;
  }
}

/// Decides what the request leaves to the model and the machine.
void settle_with_model(TravelRequest& request, const Pipeline& pipeline) {
  request.width = request.width > 0 ? request.width : pipeline.trained_size();
  request.height = request.height > 0 ? request.height : pipeline.trained_size();
  request.precision = precision_of(pipeline.compute());
}

/// One end of a schedule that is given must leave room for the model's other one. (Both are
/// compared before a model is known.)
void check_schedule_ends(const TravelRequest& request,
                         const SigmaTable& table,
                         std::vector<Problem>& problems) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  const bool takes_ends = !sampler.timesteps && sampler.uses_schedule &&
                          find_schedule(schedule_in_use(sampler, choice.schedule)).takes_range;
  const double least = request.schedule_sigma_min;
  const double most = request.schedule_sigma_max;
  if (takes_ends && most == 0 && least > table.sigma_max()) {
    problems.push_back({"schedule_sigma_min", number_text(least) +
                                                  ", expected at most the model's largest sigma, " +
                                                  number_text(table.sigma_max())});
  }
  if (takes_ends && least == 0 && most > 0 && most < table.sigma_min()) {
    problems.push_back({"schedule_sigma_max",
                        number_text(most) + ", expected at least the model's smallest sigma, " +
                            number_text(table.sigma_min())});
  }
}

std::vector<Problem> check_against_model(const TravelRequest& request, const Pipeline& pipeline) {
  std::vector<Problem> problems =
      validate_request(request, {pipeline.size_factor(), pipeline.predicts_v()});
  if (pipeline.picture_input() == PictureInput::Edited && request.init_image.empty()) {
    problems.push_back({"init_image", "is not given, expected a picture: the model is an " +
                                          std::string(family_label(pipeline.files().family)) +
                                          ", which changes one"});
  }
  if (request.hires && pipeline.picture_input() != PictureInput::None &&
      (pipeline.picture_input() == PictureInput::Edited || !request.init_image.empty() ||
       request.genesis == Genesis::Successive)) {
    problems.push_back({"hires", "expected frames that start from no picture with an " +
                                     std::string(family_label(pipeline.files().family)) +
                                     " model"});
  }
  collect_problems(problems, [&] { hires_network(request); });
  collect_problems(problems,
                   [&] { check_schedule_ends(request, pipeline.sigma_table(), problems); });
  const ClipConfig& clip = pipeline.files().clips.front();
  const std::int64_t layers = clip.num_layers;
  if (clip.fixed_skip == 0 && request.clip_skip > layers) {
    problems.push_back({"clip_skip", std::to_string(request.clip_skip) +
                                         ", expected at most the text encoder's " +
                                         std::to_string(layers) + " layers"});
  }
  return problems;
}

/// What goes by the network at one place cannot go by one that changes along the way.
void check_travelling(const TravelRequest& request, std::vector<Problem>& problems) {
  const auto refuse = [&](const std::string& what) {
    problems.push_back({"prompt",
                        "has LoRAs whose strengths differ between stages and that are not plain "
                        "low ranks, expected the same tags in every stage " +
                            what});
  };
  if (walks_by_picture(request)) {
    refuse("where the way follows gradients (mode grad, replace_order of gradients)");
  }
  if (attention_calls(request) > 0) {
    refuse("with attention interpolation");
  }
}

/// With LoRAs beside the UNet where their strengths change and that can be; else with the first
/// stage's. Those that do not touch the UNet need no place there.
std::shared_ptr<const OpenModel> open_with_loras(
    ModelSpec spec, TravelLoras& loras, const std::optional<std::vector<std::string>>& beside) {
  spec.addons = loras.at({});
  const auto plain = OpenModel::open(spec);
  std::vector<ModelAddon> sides = loras.with_sides(beside);
  const bool wanted = beside ? !beside->empty() : std::ranges::any_of(sides, &ModelAddon::beside);
  if (!wanted) {
    return plain;
  }
  auto model = plain->with_addons(sides);
  if (!model->can_stand_beside()) {
    return plain;
  }
  for (std::size_t i = 0; i < sides.size(); ++i) {
    sides[i].beside = sides[i].beside && model->changes_unet(i);
  }
  if (sides != model->spec().addons) {
    model = plain->with_addons(sides);
  }
  loras.set_model(std::move(sides));
  return model;
}

}  // namespace

std::unique_ptr<Pipeline> open_checked(TravelRequest& request,
                                       TravelLoras& loras,
                                       const std::optional<std::vector<std::string>>& beside) {
  const auto profile = ProfileScope::part("loading");
  auto pipeline = std::make_unique<Pipeline>(open_with_loras(model_spec(request), loras, beside));
  settle_with_model(request, *pipeline);
  const std::vector<std::filesystem::path> folders = models_folders(request.models_dir);
  pipeline->set_hypernetworks(std::make_shared<HypernetworkShelf>(folders, pipeline->compute()));
  pipeline->set_embeddings(EmbeddingShelf::in_folders(
      models_folders(request.models_dir), pipeline->tokenizers(), pipeline->files().clips));
  pipeline->set_wrap({request.tiling == Tiling::Both || request.tiling == Tiling::X,
                      request.tiling == Tiling::Both || request.tiling == Tiling::Y});
  for (const ModelAddon& lora : loras.all()) {
    pipeline->embeddings()->add_bundle(lora.path);
  }
  std::vector<Problem> problems = check_against_model(request, *pipeline);
  if (!loras.same_everywhere() && !loras.stand_beside()) {
    check_travelling(request, problems);
  }
  throw_request_problems(problems);
  check_second_pass_tags(plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                                     stage_rules(request)),
                         request);
  return pipeline;
}

}  // namespace ptravel
