#include "request/hires.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/sampling.h"
#include "request/validate_sampling.h"

namespace ptravel {
namespace {

constexpr int kLargestSide = 8192;

/// Names of the second pass's settings where the first one's checks speak of their own.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"sampler", "hires_sampler"},
    {"scheduler", "hires_scheduler"},
    {"steps", "hires_steps"},
    {"denoise_strength", "hires_denoise"},
};

int counted(double side) { return side >= 1 && side < 1e9 ? static_cast<int>(side) : 0; }

int in_proportion(int side, int to, int of) {
  const std::int64_t whole = std::int64_t{side} * to / of;
  return counted(static_cast<double>(whole));
}

}  // namespace

HiresSize hires_size(int width, int height, double scale, int to_width, int to_height, int factor) {
  HiresSize size;
  if (width <= 0 || height <= 0) {
    return size;
  }
  if (to_width <= 0 && to_height <= 0) {
    size.width = counted(width * scale);
    size.height = counted(height * scale);
  } else if (to_height <= 0 ||
             (to_width > 0 && std::int64_t{width} * to_height < std::int64_t{to_width} * height)) {
    size.width = to_width;
    size.height = in_proportion(to_width, height, width);
  } else {
    size.height = to_height;
    size.width = in_proportion(to_height, width, height);
  }
  if (to_width > 0 && to_height > 0) {
    size.cut_columns = (size.width - to_width) / factor;
    size.cut_rows = (size.height - to_height) / factor;
  }
  size.columns = size.width / factor - size.cut_columns;
  size.rows = size.height / factor - size.cut_rows;
  return size;
}

HiresSize hires_size(const TravelRequest& request, int factor) {
  return hires_size(request.width, request.height, request.hires_scale, request.hires_width,
                    request.hires_height, factor);
}

const char* hires_size_field(const TravelRequest& request) {
  return request.hires_width > 0    ? "hires_width"
         : request.hires_height > 0 ? "hires_height"
                                    : "hires_scale";
}

TravelRequest second_pass_request(const TravelRequest& request, int factor) {
  TravelRequest second = request;
  const HiresSize size = hires_size(request, factor);
  second.width = size.columns * factor;
  second.height = size.rows * factor;
  second.steps = request.hires_steps > 0 ? request.hires_steps : request.steps;
  second.denoise_strength = request.hires_denoise;
  second.img2img_fix_steps = true;
  second.noise_multiplier = 1;
  const auto take = [](const std::string& given, std::string& setting) {
    if (!given.empty()) {
      setting = given;
    }
  };
  take(request.hires_sampler, second.sampler);
  take(request.hires_scheduler, second.scheduler);
  take(request.hires_prompt, second.prompt);
  take(request.hires_negative_prompt, second.negative_prompt);
  second.genesis = Genesis::Successive;  // Each starts from a picture: that of the first pass.
  second.hires = false;
  return second;
}

StagePlan second_pass_plan(const StagePlan& plan, const TravelRequest& request) {
  StagePlan second = plan;
  const std::size_t stages = plan.prompts.size() - (plan.loops ? 1 : 0);
  const auto take = [&](const char* field, const std::string& lines,
                        std::vector<std::string>& texts) {
    if (lines.empty()) {
      return;
    }
    std::vector<std::string> given =
        plan_stages(lines, "", "1", {SingleStage::Keep, stages, plan.loops}).prompts;
    if (given.size() != texts.size()) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{field, "has " + std::to_string(given.size() - (plan.loops ? 1 : 0)) +
                                     " stages, expected at most " + std::to_string(stages)});
    }
    texts = std::move(given);
  };
  take("hires_prompt", request.hires_prompt, second.prompts);
  take("hires_negative_prompt", request.hires_negative_prompt, second.negative_prompts);
  return second;
}

std::string hires_texts_at(const std::string& lines,
                           const TravelRequest& request,
                           const FramePlace& place) {
  if (lines.empty()) {
    return lines;
  }
  const auto stages_of = [](const std::string& text) {
    return plan_stages(text, "", "1", {SingleStage::Keep, 1, false}).prompts;
  };
  const std::vector<std::string> texts = stages_of(lines);
  const auto at = [&](std::int64_t stage) {
    if (request.loop && stage >= static_cast<std::int64_t>(stages_of(request.prompt).size())) {
      stage = 0;
    }
    const std::string& text = texts[std::min(static_cast<std::size_t>(stage), texts.size() - 1)];
    return text.empty() ? std::string(kEmptyStage) : text;
  };
  return place.at_stage() ? at(place.stage) : at(place.stage) + "\n" + at(place.stage + 1);
}

void check_hires(const TravelRequest& request,
                 const ModelLimits& limits,
                 std::vector<Problem>& problems) {
  if (!request.hires) {
    return;
  }
  const HiresSize size = hires_size(request, limits.size_factor);
  const int most = std::max(size.width, size.height);
  if (request.width > 0 && request.height > 0 &&
      (size.columns < 1 || size.rows < 1 || most > kLargestSide)) {
    const char* const field = hires_size_field(request);
    problems.push_back({field, request_field_text(request, field) + " makes pictures of " +
                                   std::to_string(size.columns * limits.size_factor) + "x" +
                                   std::to_string(size.rows * limits.size_factor) +
                                   " pixels, enlarged to " + std::to_string(size.width) + "x" +
                                   std::to_string(size.height) + ", expected sides from " +
                                   std::to_string(limits.size_factor) + " to " +
                                   std::to_string(kLargestSide)});
  }
  if (!request.mask.empty()) {
    problems.push_back({"hires", "expected no mask: what is kept of a picture has its size"});
  }
  const bool own_texts = !request.hires_prompt.empty() || !request.hires_negative_prompt.empty();
  if (own_texts && request.mode != TravelMode::Linear) {
    problems.push_back({request.hires_prompt.empty() ? "hires_negative_prompt" : "hires_prompt",
                        "expected mode linear with prompts of the second pass"});
  }
  std::vector<Problem> found;
  check_sampling(second_pass_request(request, limits.size_factor), limits, found);
  for (Problem& problem : found) {
    const auto* const name =
        std::ranges::find(kNames, std::string_view(problem.field),
                          &std::pair<std::string_view, std::string_view>::first);
    // What both passes share is the first one's matter.
    if (name == std::end(kNames)) {
      continue;
    }
    const bool own = !request_field_text(request, name->second).empty() &&
                     request_field_text(request, name->second) != "0";
    const bool told = std::ranges::any_of(
        problems, [&](const Problem& other) { return other.field == problem.field; });
    if (own || !told) {
      problems.push_back({own ? std::string(name->second) : problem.field, problem.message});
    }
  }
}

}  // namespace ptravel
