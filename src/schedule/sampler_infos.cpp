// The samplers' names and traits, and the user's words for them. Numbers of steps follow from the
// traits alone, so that requests can be checked without a model.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/sampling.h"
#include "schedule/schedule.h"
#include "schedule/timesteps.h"

namespace ptravel {
namespace {

// How a sampler differs from the plain one, as bits.
constexpr unsigned kPlain = 0;
constexpr unsigned kSecondOrder = 1u << 0;
constexpr unsigned kDiscard = 1u << 1;
constexpr unsigned kEnsd = 1u << 2;
constexpr unsigned kBrownian = 1u << 3;
constexpr unsigned kChurn = 1u << 4;
constexpr unsigned kScale = 1u << 5;  // s_noise
constexpr unsigned kEta = 1u << 6;    // eta, by default 1
constexpr unsigned kOwnTimes = 1u << 7;
constexpr unsigned kOneByOne = 1u << 8;

/// CFG++ interpolates where CFG extrapolates; this factor makes the usual scales fit.
constexpr double kCfgppDivisor = 12.5;

SamplerInfo by_sigmas(std::string_view name,
                      std::string_view label,
                      std::vector<std::string_view> aliases,
                      std::string_view schedule,
                      unsigned traits) {
  SamplerInfo info;
  info.name = name;
  info.label = label;
  info.aliases = std::move(aliases);
  info.default_schedule = schedule;
  info.uses_schedule = (traits & kOwnTimes) == 0;
  info.second_order = (traits & kSecondOrder) != 0;
  info.discard_penultimate = (traits & kDiscard) != 0;
  info.uses_ensd = (traits & kEnsd) != 0;
  info.brownian = (traits & kBrownian) != 0;
  info.uses_churn = (traits & kChurn) != 0;
  info.uses_noise_scale = (traits & kScale) != 0;
  info.default_eta = (traits & kEta) != 0 ? std::optional<double>(1) : std::nullopt;
  info.batchable = (traits & kOneByOne) == 0;
  return info;
}

SamplerInfo by_timesteps(std::string_view name,
                         std::string_view label,
                         std::optional<double> default_eta,
                         StepCount step_count) {
  SamplerInfo info;
  info.name = name;
  info.label = label;
  info.default_schedule = "timesteps";
  info.uses_schedule = false;
  info.timesteps = true;
  info.default_eta = default_eta;
  info.step_count = step_count;
  info.spaces_timesteps = step_count == StepCount::BetweenTimesteps;
  return info;
}

SamplerInfo dpm_fast() {
  SamplerInfo info = by_sigmas("dpm_fast", "DPM fast", {"k_dpm_fast"}, "uniform",
                               kEnsd | kEta | kScale | kOwnTimes);
  info.step_count = StepCount::Thirds;
  return info;
}

SamplerInfo ddim_cfgpp() {
  SamplerInfo info = by_timesteps("ddim_cfgpp", "DDIM CFG++", 0, StepCount::BetweenTimesteps);
  info.needs_uncond = true;
  info.guidance_divisor = kCfgppDivisor;
  return info;
}

SamplerInfo plms() {
  SamplerInfo info = by_timesteps("plms", "PLMS", std::nullopt, StepCount::BetweenTimesteps);
  info.extra_first_calls = 1;
  return info;
}

SamplerInfo unipc() {
  SamplerInfo info = by_timesteps("unipc", "UniPC", std::nullopt, StepCount::EachTimestep);
  info.aliases = {"uni_pc"};
  return info;
}

SamplerInfo lcm() {
  SamplerInfo info = by_sigmas("lcm", "LCM", {"k_lcm"}, "uniform", kPlain);
  info.distilled_times = true;
  return info;
}

/// Zheng et al., "Trajectory consistency distillation", 2024.
SamplerInfo tcd() {
  constexpr double kGamma = 0.3;  // what its authors publish their models with
  SamplerInfo info = by_timesteps("tcd", "TCD", kGamma, StepCount::BetweenTimesteps);
  info.default_schedule = "distilled";
  return info;
}

std::vector<SamplerInfo> make_infos() {
  constexpr unsigned kSde = kBrownian | kScale | kEta;
  constexpr unsigned kAncestral = kEnsd | kEta;
  return {
      by_sigmas("dpmpp_2m", "DPM++ 2M", {"k_dpmpp_2m", "dpm++2m"}, "karras", kPlain),
      by_sigmas("dpmpp_sde", "DPM++ SDE", {"k_dpmpp_sde", "dpmpp_sde_gpu"}, "karras",
                kSde | kSecondOrder),
      by_sigmas("dpmpp_2m_sde", "DPM++ 2M SDE",
                {"k_dpmpp_2m_sde", "dpmpp_2m_sde_gpu", "dpm++2m_sde"}, "exponential", kSde),
      by_sigmas("dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun",
                {"k_dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu"}, "exponential", kSde),
      by_sigmas("dpmpp_2s_ancestral", "DPM++ 2S a",
                {"k_dpmpp_2s_a", "k_dpmpp_2s_ancestral", "dpmpp_2s_a", "dpm++2s_a"}, "karras",
                kAncestral | kScale | kSecondOrder),
      by_sigmas("dpmpp_3m_sde", "DPM++ 3M SDE", {"k_dpmpp_3m_sde", "dpmpp_3m_sde_gpu"},
                "exponential", kSde | kDiscard),
      by_sigmas("euler_ancestral", "Euler a",
                {"k_euler_a", "k_euler_ancestral", "euler_a", "Euler ancestral"}, "uniform",
                kAncestral),
      by_sigmas("euler", "Euler", {"k_euler"}, "uniform", kChurn | kScale),
      by_sigmas("lms", "LMS", {"k_lms", "LMSD"}, "uniform", kPlain),
      by_sigmas("heun", "Heun", {"k_heun"}, "uniform", kChurn | kScale | kSecondOrder),
      by_sigmas("dpm_2", "DPM2", {"k_dpm_2", "kdpm_2", "KDPM2"}, "karras",
                kChurn | kScale | kSecondOrder | kDiscard),
      by_sigmas("dpm_2_ancestral", "DPM2 a",
                {"k_dpm_2_a", "k_dpm_2_ancestral", "kdpm_2_a", "KDPM2 a", "dpm2_a"}, "karras",
                kAncestral | kScale | kSecondOrder | kDiscard),
      dpm_fast(),
      by_sigmas("dpm_adaptive", "DPM adaptive", {"k_dpm_ad", "k_dpm_adaptive"}, "uniform",
                kAncestral | kOwnTimes | kOneByOne),
      by_sigmas("restart", "Restart", {}, "karras", kSecondOrder),
      by_timesteps("ddim", "DDIM", 0, StepCount::BetweenTimesteps),
      ddim_cfgpp(),
      plms(),
      unipc(),
      lcm(),
      tcd(),
  };
}

bool is_called(const SamplerInfo& info, std::string_view text) {
  return same_but_case(text, info.label) || same_but_case(text, info.name) ||
         std::any_of(info.aliases.begin(), info.aliases.end(),
                     [text](std::string_view alias) { return same_but_case(text, alias); });
}

template <typename Infos>
[[noreturn]] void throw_unknown(const char* field, std::string_view text, const Infos& infos) {
  std::string choices;
  for (const auto& info : infos) {
    choices += (choices.empty() ? "" : ", ") + std::string(info.label);
  }
  throw Error(ErrorCode::InvalidArgument,
              Problem{field, "\"" + std::string(text) + "\", expected one of " + choices});
}

const SamplerInfo* lookup(std::string_view text) {
  const std::vector<SamplerInfo>& infos = sampler_infos();
  const auto found = std::find_if(infos.begin(), infos.end(), [text](const SamplerInfo& info) {
    return is_called(info, text);
  });
  return found == infos.end() ? nullptr : &*found;
}

bool is_for(const ScheduleInfo& schedule, const SamplerInfo& sampler) {
  return !sampler.timesteps || (sampler.spaces_timesteps && schedule.for_timesteps);
}

// `text` without a trailing " <suffix>", or nothing when it does not end so.
std::optional<std::string_view> without_suffix(std::string_view text, std::string_view suffix) {
  if (text.size() <= suffix.size() + 1) {
    return std::nullopt;
  }
  const std::size_t length = text.size() - suffix.size();
  if (text[length - 1] != ' ' || !same_but_case(text.substr(length), suffix)) {
    return std::nullopt;
  }
  return text.substr(0, length - 1);
}

}  // namespace

const std::vector<SamplerInfo>& sampler_infos() {
  static const std::vector<SamplerInfo> infos = make_infos();
  return infos;
}

const SamplerInfo& find_sampler(std::string_view text) {
  const SamplerInfo* info = lookup(text);
  if (info == nullptr) {
    throw_unknown("sampler", text, sampler_infos());
  }
  return *info;
}

const ScheduleInfo& find_schedule(std::string_view text) {
  if (text.empty()) {
    return schedule_infos().front();
  }
  for (const ScheduleInfo& info : schedule_infos()) {
    if (same_but_case(text, info.label) || same_but_case(text, info.name)) {
      return info;
    }
  }
  throw_unknown("scheduler", text, schedule_infos());
}

SamplerChoice resolve_sampler(std::string_view sampler, std::string_view schedule) {
  const ScheduleInfo& given = find_schedule(schedule);
  if (const SamplerInfo* info = lookup(sampler)) {
    return {info->label, given.name};
  }
  for (const ScheduleInfo& ending : schedule_infos()) {
    for (const std::string_view suffix : {ending.label, ending.name}) {
      const std::optional<std::string_view> name = without_suffix(sampler, suffix);
      const SamplerInfo* info = name.has_value() ? lookup(*name) : nullptr;
      if (info != nullptr) {
        return {info->label, ending.name};
      }
    }
  }
  throw_unknown("sampler", sampler, sampler_infos());
}

std::string_view schedule_in_use(const SamplerInfo& sampler, std::string_view schedule) {
  const ScheduleInfo& info = find_schedule(schedule);
  const bool own = info.name == schedule_infos().front().name || !is_for(info, sampler);
  return own ? sampler.default_schedule : info.name;
}

int planned_calls(const SamplerInfo& sampler, int num_steps) {
  return calls_per_step(sampler) * num_steps;
}

int calls_per_step(const SamplerInfo& sampler) { return sampler.second_order ? 2 : 1; }

int reported_steps(const SamplingSettings& settings, bool img2img) {
  const SamplerChoice choice = resolve_sampler(settings.sampler, settings.schedule);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  Img2ImgSteps steps{settings.num_steps, settings.num_steps - 1};
  if (img2img) {
    steps = img2img_steps(settings.num_steps, settings.denoising_strength, settings.fix_steps);
    if (steps.schedule_steps == 0) {
      return 0;
    }
  }
  if (sampler.timesteps) {
    const Spacing spacing = spacing_of(schedule_in_use(sampler, choice.schedule));
    const int count =
        static_cast<int>(img2img ? img2img_timesteps(steps, spacing).used.size()
                                 : make_timesteps(steps.schedule_steps, spacing).size());
    return std::max(sampler.step_count == StepCount::EachTimestep ? count : count - 1, 0);
  }
  if (sampler.step_count == StepCount::Thirds) {
    return (steps.t_enc + 1) / 3 + 1;
  }
  if (choice.schedule == "ddim" && sampler.uses_schedule) {
    const int intervals =
        static_cast<int>(make_schedule("ddim", SigmaTable(), steps.schedule_steps).size()) - 1;
    return intervals - (steps.schedule_steps - steps.t_enc - 1);
  }
  return steps.t_enc + 1;
}

}  // namespace ptravel
