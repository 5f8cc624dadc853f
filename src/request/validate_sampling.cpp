#include "request/validate_sampling.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/sampling.h"
#include "schedule/timesteps.h"

namespace ptravel {
namespace {

constexpr double kMostScheduleSteps = 1e6;  // as img2img_steps has it

/// A number of steps, rounded down, which may be too large to count.
std::string whole_text(double number) {
  constexpr double kCountable = 1e15;
  return number < kCountable ? std::to_string(static_cast<std::int64_t>(number))
                             : number_text(number);
}

/// The most steps that a schedule can be made for where a picture's noise is one of its levels.
double most_schedule_steps(const SamplerInfo& sampler, std::string_view schedule) {
  if (sampler.timesteps) {
    return most_steps(spacing_of(schedule));
  }
  const int levels = most_steps(sampler.distilled_times ? Spacing::Distilled : Spacing::Trailing);
  if (schedule == "ddim") {  // which leaves the lowest level out
    return levels - 1;
  }
  // Simple would have levels twice, which steps of higher order divide by.
  const bool by_levels =
      schedule == "trailing" || (schedule == "simple" && !sampler.distilled_times);
  return by_levels ? levels : kMostScheduleSteps;
}

/// Image-to-image runs the last steps of a schedule, which with a fixed number of them grows
/// without bound as the strength falls.
void check_schedule_steps(const TravelRequest& request,
                          const SamplerChoice& choice,
                          std::vector<Problem>& problems) {
  if (request.init_image.empty() && request.genesis != Genesis::Successive) {
    return;
  }
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  const double most = most_schedule_steps(sampler, schedule_in_use(sampler, choice.schedule));
  const std::string with = sampler.timesteps ? "sampler " + std::string(sampler.label)
                                             : "scheduler " + std::string(choice.schedule) +
                                                   " and sampler " + std::string(sampler.label);
  const double steps = std::max(request.steps, 1);
  if (!request.img2img_fix_steps) {
    if (steps > most) {
      problems.push_back({"steps", std::to_string(request.steps) + ", expected at most " +
                                       whole_text(most) + " with " + with +
                                       " where frames start from pictures"});
    }
    return;
  }
  const double least = steps / most;
  for (const double strength : request.denoise_strength) {
    if (strength > 0 && strength < least) {
      problems.push_back({"denoise_strength",
                          number_text(strength) + " with img2img_fix_steps takes the last " +
                              std::to_string(request.steps) + " of " +
                              whole_text(steps / strength) + " steps, expected 0 or at least " +
                              number_text(least) + " with " + with});
      return;
    }
  }
}

/// What the sampler cannot do with these settings, or with this model.
void check_sampler(const TravelRequest& request,
                   const ModelLimits& limits,
                   std::vector<Problem>& problems) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  if (sampler.timesteps && sampler.default_eta && request.eta.value_or(0) > 1) {
    problems.push_back({"eta", number_text(*request.eta) + ", expected 0 to 1 with sampler " +
                                   std::string(sampler.label)});
  }
  if (sampler.distilled_times && (limits.predicts_v || request.prediction == PredictionChoice::V)) {
    problems.push_back({"sampler", "\"" + std::string(sampler.label) +
                                       "\", expected another one with a model that predicts v"});
  }
  const std::string_view schedule = schedule_in_use(sampler, choice.schedule);
  const int most = most_steps(Spacing::Distilled);
  const bool distilled = sampler.timesteps ? spacing_of(schedule) == Spacing::Distilled
                                           : sampler.distilled_times && schedule == "trailing";
  if (distilled && request.steps > most) {
    problems.push_back({"steps", std::to_string(request.steps) + ", expected at most " +
                                     std::to_string(most) + " with sampler " +
                                     std::string(sampler.label)});
  }
  if (choice.schedule == "trailing" && sampler.timesteps && schedule != choice.schedule) {
    problems.push_back({"scheduler", "\"" + request.scheduler + "\", expected Automatic: sampler " +
                                         std::string(sampler.label) +
                                         " spaces its steps by itself"});
  }
  check_schedule_steps(request, choice, problems);
}

/// Guidance needs some steps to act in, and schedules some levels to go through.
void check_intervals(const TravelRequest& request, std::vector<Problem>& problems) {
  if (request.cfg_start >= request.cfg_end) {
    problems.push_back({"cfg_start", number_text(request.cfg_start) +
                                         ", expected less than cfg_end, " +
                                         number_text(request.cfg_end)});
  }
  if (request.schedule_sigma_max > 0 && request.schedule_sigma_min > request.schedule_sigma_max) {
    problems.push_back({"schedule_sigma_min", number_text(request.schedule_sigma_min) +
                                                  ", expected at most schedule_sigma_max, " +
                                                  number_text(request.schedule_sigma_max)});
  }
}

}  // namespace

void check_sampling(const TravelRequest& request,
                    const ModelLimits& limits,
                    std::vector<Problem>& problems) {
  collect_problems(problems, [&] { check_sampler(request, limits, problems); });
  check_intervals(request, problems);
}

}  // namespace ptravel
