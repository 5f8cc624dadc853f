#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/request.h"
#include "request/compat.h"
#include "request/frame_places.h"
#include "request/frame_settings.h"
#include "request/hires.h"
#include "request/mask_files.h"
#include "request/request_names.h"
#include "request/request_table.h"
#include "request/slice.h"
#include "request/sound_stages.h"
#include "request/stages.h"
#include "request/validate_sampling.h"

namespace ptravel {
namespace {

constexpr double kSlowestFps = 0.01;
constexpr int kSmallestSide = 8;
constexpr int kLargestSide = 8192;

void check_sizes(const TravelRequest& request,
                 const ModelLimits& limits,
                 std::vector<Problem>& problems) {
  const auto check_side = [&](const char* name, int side) {
    if (side > 0 && side < kSmallestSide) {
      problems.push_back({name, std::to_string(side) +
                                    ", expected 0 (the model's own size) or at least " +
                                    std::to_string(kSmallestSide)});
    } else if (side > 0 && side <= kLargestSide && side % limits.size_factor != 0) {
      problems.push_back({name, std::to_string(side) + ", expected a multiple of " +
                                    std::to_string(limits.size_factor)});
    }
  };
  check_side("width", request.width);
  check_side("height", request.height);
}

/// An empty list is a problem of its own (only programs can make one).
bool lists_have_values(const TravelRequest& request) {
  return !request.seed.empty() && !request.cfg_scale.empty() && !request.denoise_strength.empty() &&
         !request.subseed_strength.empty() && !request.sdxl_crop_top.empty() &&
         !request.sdxl_crop_left.empty() && !request.hold.empty() && !request.hires_denoise.empty();
}

/// A list that travels has one value, or one for each stage.
void check_list(const char* name,
                std::size_t values,
                std::int64_t stages,
                std::vector<Problem>& problems) {
  if (values > 1 && static_cast<std::int64_t>(values) != stages) {
    problems.push_back({name, "has " + std::to_string(values) + " values for " +
                                  std::to_string(stages) + " stages, expected one or as many"});
  }
}

/// Frames and film are counted before anything is made as long as they are.
void check_length(const StagePlan& plan,
                  const TravelRequest& request,
                  std::vector<Problem>& problems) {
  const std::string limit = ", expected at most " + std::to_string(kMostFrames);
  const std::int64_t frames = frame_count(plan, request);
  if (frames > kMostFrames) {
    problems.push_back({"travel_steps", "\"" + request.travel_steps + "\" makes " +
                                            std::to_string(frames) + " frames" + limit});
    return;
  }
  const std::int64_t picked = slice_count(parse_slice(request.pick), frames);
  if (picked == 0) {
    pick_and_pad(request.pick, 0, frames);
  }
  const std::int64_t ways = request.ping_pong ? 2 : 1;
  const std::int64_t held =
      picked < plan.stage_count()
          ? picked * *std::max_element(request.hold.begin(), request.hold.end())
          : held_copies(request.hold, plan.stage_count());
  const std::int64_t film = ways * (picked + held) + 2 * std::int64_t{request.pad};
  if (film > kMostFrames) {
    problems.push_back({held > request.pad ? "hold" : "pad",
                        "makes a film of " + std::to_string(film) + " frames" + limit});
  }
}

void check_plan(const StagePlan& plan,
                const TravelRequest& request,
                std::vector<Problem>& problems) {
  for (const std::int64_t steps : plan.steps) {
    if (steps < 0) {
      problems.push_back({"travel_steps",
                          "\"" + request.travel_steps + "\", expected numbers that are 0 or more"});
      return;
    }
  }
  const std::int64_t stages = plan.stage_count() - (plan.loops ? 1 : 0);
  check_list("seed", request.seed.size(), stages, problems);
  check_list("cfg_scale", request.cfg_scale.size(), stages, problems);
  check_list("denoise_strength", request.denoise_strength.size(), stages, problems);
  check_list("subseed_strength", request.subseed_strength.size(), stages, problems);
  check_list("sdxl_crop_top", request.sdxl_crop_top.size(), stages, problems);
  check_list("sdxl_crop_left", request.sdxl_crop_left.size(), stages, problems);
  check_list("hold", request.hold.size(), stages, problems);
  check_list("hires_denoise", request.hires_denoise.size(), stages, problems);
  if (request.hires) {
    second_pass_plan(plan, request);
  }
  check_list("mask", mask_files(request).size(), stages, problems);
  if (!compat_quirks(request).embryo_takes_many_stages && request.genesis == Genesis::Embryo &&
      plan.stage_count() != 2) {
    problems.push_back({"genesis", "\"embryo\" with this compat takes exactly two stages, got " +
                                       std::to_string(plan.stage_count())});
  }
  if (!request.beats.empty() && plan.steps.empty()) {
    problems.push_back({"beats", "places stages, expected at least two of them in prompt"});
  }
  check_length(plan, request, problems);
}

void check_stages(const TravelRequest& request, std::vector<Problem>& problems) {
  collect_problems(problems, [&] {
    check_plan(plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                           stage_rules(request)),
               request, problems);
  });
}

void check_mode(const TravelRequest& request, std::vector<Problem>& problems) {
  const bool replace = request.mode == TravelMode::Replace;
  const bool by_gradient = request.replace_order == ReplaceOrder::GradMin ||
                           request.replace_order == ReplaceOrder::GradMax;
  if (replace && request.replace_dim != ReplaceDim::Prompt && by_gradient) {
    problems.push_back(
        {"replace_order", "\"" + std::string(kReplaceOrderNames.name(request.replace_order)) +
                              "\" orders prompt tokens, expected random, similar or different with "
                              "replace_dim " +
                              std::string(kReplaceDimNames.name(request.replace_dim))});
  }
  const bool goes_by_gradient = request.mode == TravelMode::Grad || (replace && by_gradient);
  if (goes_by_gradient && request.grad_w_latent == 0 && request.grad_w_cond == 0) {
    problems.push_back(
        {"grad_w_cond", "0 with grad_w_latent 0 leads nowhere, expected one that is not 0"});
  }
}

/// What the original's versions did not have cannot be had as they had it.
void check_compat(const TravelRequest& request, std::vector<Problem>& problems) {
  const CompatQuirks& quirks = compat_quirks(request);
  const std::string version(kCompatNames.name(request.compat));
  const bool replace = request.mode == TravelMode::Replace;
  const bool by_tokens = request.replace_dim == ReplaceDim::Prompt;
  const auto lacks = [&](bool wrong, const char* field, const std::string& expected) {
    if (wrong) {
      problems.push_back({field, "\"" + request_field_text(request, field) + "\", expected " +
                                     expected + ": compat " + version + " has no other"});
    }
  };
  lacks(replace && !by_tokens && !quirks.replaces_encodings, "replace_dim", "prompt");
  lacks(request.mode == TravelMode::Grad && !quirks.has_grad, "mode", "linear or replace");
  lacks(replace && by_tokens && !quirks.replaces_prompts, "replace_dim",
        "token, channel or random");
  const bool embryo = request.genesis == Genesis::Embryo;
  lacks(embryo && (!quirks.has_embryo || (replace && !quirks.embryo_goes_with_replace)), "genesis",
        "fixed or successive");
}

/// Whether the sampler's steps depend on the picture; not for an unknown one.
bool steps_by_picture(const TravelRequest& request) {
  try {
    return !find_sampler(resolve_sampler(request.sampler, request.scheduler).sampler).batchable;
  } catch (const Error&) {
    return false;  // It is told elsewhere.
  }
}

/// Bridges lead across jumps, which are found while an even pace is looked for.
void check_bridge(const TravelRequest& request, std::vector<Problem>& problems) {
  if (request.bridge == BridgeKind::Off) {
    return;
  }
  const std::string bridge = "\"" + std::string(kBridgeNames.name(request.bridge)) + "\" ";
  if (request.pace != Pace::Even) {
    problems.push_back({"bridge", bridge + "with pace " +
                                      std::string(kPaceNames.name(request.pace)) +
                                      ": jumps are met while an even pace is looked for; expected "
                                      "pace even, or bridge off"});
  }
  if (!request.init_image.empty() && request.denoise_strength.size() > 1) {
    problems.push_back(
        {"denoise_strength", "has several values, expected a single one: with bridge " +
                                 std::string(kBridgeNames.name(request.bridge)) +
                                 " both sides of a jump have the same steps"});
  }
  if (steps_by_picture(request)) {
    problems.push_back(
        {"sampler", "\"" + request.sampler +
                        "\" chooses its steps by the picture, so both sides of a jump "
                        "have different ones; expected another one, or bridge off"});
  }
}

/// Attention to both stages needs them as they are, and one text on either side.
void check_attention(const TravelRequest& request, std::vector<Problem>& problems) {
  if (request.attention_interpolation == AttentionInterpolation::Off) {
    return;
  }
  const std::string name(kAttentionInterpolationNames.name(request.attention_interpolation));
  if (request.genesis == Genesis::Successive) {
    problems.push_back(
        {"genesis", "\"successive\" with attention interpolation " + name +
                        ": its frames start from the one before, the stages' pictures "
                        "do not; expected fixed or embryo"});
  }
  if (request.compat != Compat::None) {
    problems.push_back({"attention_interpolation",
                        "\"" + name + "\": the original had none; expected off, or compat none"});
  }
  if (!request.init_image.empty() && request.denoise_strength.size() > 1) {
    problems.push_back({"denoise_strength",
                        "has several values, expected a single one: attention interpolation draws "
                        "both stages along with each frame, in the same steps"});
  }
  if (steps_by_picture(request)) {
    problems.push_back(
        {"sampler", "\"" + request.sampler +
                        "\" chooses its steps by the picture: stages and frames "
                        "cannot be drawn together; expected another one, or attention "
                        "interpolation off"});
  }
}

/// A pace is chosen among pictures that do not hang on the frames before them.
void check_pace(const TravelRequest& request, std::vector<Problem>& problems) {
  if (!is_paced(request)) {
    return;
  }
  const std::string pace(kPaceNames.name(request.pace));
  const auto refused = [&](bool wrong, const char* field, const std::string& why) {
    if (wrong) {
      problems.push_back(
          {field, "\"" + request_field_text(request, field) + "\" with pace " + pace + ": " + why});
    }
  };
  refused(request.genesis == Genesis::Successive, "genesis",
          "each frame starts from the one before, so its place must be known before it is drawn; "
          "expected fixed or embryo, or pace alpha");
  refused(request.compat != Compat::None, "compat",
          "the original's versions had equal alphas; expected none, or pace alpha");
  const bool varies = std::any_of(request.subseed_strength.begin(), request.subseed_strength.end(),
                                  [](double strength) { return strength != 0; });
  refused(varies && !request.subseed.given(), "subseed",
          "each frame has noise of its own, so no pace is even; expected a variation seed, or pace "
          "alpha");
}

/// The frames of a pair share their first latents, so what those depend on cannot differ.
void check_shared_noise(const TravelRequest& request, std::vector<Problem>& problems) {
  const auto shares = [&](const char* field, bool differs, const char* what) {
    if (differs) {
      problems.push_back({field, std::string(what) +
                                     ", expected a single value: with genesis embryo the frames of "
                                     "a stage pair share their noise"});
    }
  };
  shares("seed", request.seed.size() > 1, "has several values");
  shares("subseed_strength", request.subseed_strength.size() > 1, "has several values");
  shares("subseed", !request.subseed.given() && request.subseed_strength.front() > 0,
         "-1 gives each frame its own");
}

void check_embryo(const TravelRequest& request, std::vector<Problem>& problems) {
  if (request.genesis != Genesis::Embryo) {
    return;
  }
  if (!compat_quirks(request).embryo_shares_input) {  // Else each frame has its own noise.
    check_shared_noise(request, problems);
  }
  if (!request.init_image.empty() && request.denoise_strength.size() > 1) {
    problems.push_back({"denoise_strength",
                        "has several values, expected a single one: with genesis embryo the frames "
                        "of a stage pair have the same steps"});
  }
  // How many steps there are is not to be said while a sampler or a strength is wrong.
  const bool counted = std::none_of(problems.begin(), problems.end(), [](const Problem& problem) {
    return problem.field == "sampler" || problem.field == "scheduler" ||
           problem.field == "denoise_strength";
  });
  if (counted) {
    collect_problems(problems, [&] { embryo_steps(request); });
  }
}

void check_mask(const TravelRequest& request, std::vector<Problem>& problems) {
  const std::vector<std::string> files = mask_files(request);
  for (const std::string& file : files) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) {
      problems.push_back({"mask", "\"" + file + "\", expected a picture file that exists"});
    }
  }
  if (!files.empty() && request.init_image.empty()) {
    problems.push_back({"mask", "\"" + files.front() +
                                    "\" says what is drawn anew of an init picture, expected "
                                    "init_image with it"});
  }
  if (!files.empty() && request.resize_mode == ResizeMode::LatentUpscale) {
    problems.push_back({"resize_mode",
                        "\"latent-upscale\" stretches latents, not masks; expected "
                        "another one with mask"});
  }
}

void check_init_image(const TravelRequest& request, std::vector<Problem>& problems) {
  std::error_code error;
  if (!request.init_image.empty() && !std::filesystem::is_regular_file(request.init_image, error)) {
    problems.push_back(
        {"init_image", "\"" + request.init_image + "\", expected a picture file that exists"});
  }
}

}  // namespace

std::vector<Problem> validate_request(const TravelRequest& request, const ModelLimits& limits) {
  std::vector<Problem> problems;
  for (const RequestFieldEntry& entry : request_table()) {
    if (const auto problem = entry.check(request)) {
      problems.push_back({std::string(entry.description.name), *problem});
    }
  }
  if (request.model.empty()) {
    problems.push_back({"model", "is empty, expected a checkpoint file or a diffusers folder"});
  }
  if ((request.seed_resize_from_width > 0) != (request.seed_resize_from_height > 0)) {
    problems.push_back({"seed_resize_from_width",
                        std::to_string(request.seed_resize_from_width) +
                            ", expected to be given together with seed_resize_from_height"});
  }
  if (request.fps > 0 && request.fps < kSlowestFps) {
    problems.push_back({"fps", number_text(request.fps) + ", expected 0 (no video) or at least " +
                                   number_text(kSlowestFps)});
  }
  check_sampling(request, limits, problems);
  check_sizes(request, limits, problems);
  if (lists_have_values(request)) {
    check_stages(request, problems);
    check_mode(request, problems);
    check_compat(request, problems);
    check_embryo(request, problems);
    check_pace(request, problems);
    check_bridge(request, problems);
    check_attention(request, problems);
    check_hires(request, limits, problems);
  }
  check_init_image(request, problems);
  check_mask(request, problems);
  check_sounds(request, problems);
  return problems;
}

}  // namespace ptravel
