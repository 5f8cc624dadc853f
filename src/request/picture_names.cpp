#include "request/picture_names.h"

#include <algorithm>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/sampling.h"

namespace ptravel {
namespace {

using enum PictureProgram;

/// A program's name for a sampler that has another name here; true synonyms are aliases of the
/// samplers themselves.
struct SamplerRule {
  PictureProgram program;
  std::string_view name;  ///< In lower case.
  std::string_view sampler;
  std::string_view schedule = {};
  std::optional<double> eta = {};
};

const SamplerRule kSamplerRules[] = {
    // ComfyUI's ddim is Euler with the ddim schedule's sigmas.
    {ComfyUi, "ddim", "Euler"},
    {SwarmUi, "ddim", "Euler"},
    {Fooocus, "ddim", "Euler"},
    {StableDiffusionCpp, "dpm2", "DPM2"},
    // diffusers' single step solver of second order without noise.
    {InvokeAi, "dpmpp_2s", "DPM++ 2S a", {}, 0.0},
    {InvokeAi, "dpmpp_2", "DPM++ 2M"},
    {InvokeAi, "dpmpp_2_a", "DPM++ 2S a"},
    {InvokeAi, "k_dpmpp_2", "DPM++ 2M"},
    {InvokeAi, "k_dpmpp_2_a", "DPM++ 2S a"},
    {InvokeAi, "pndm", "PLMS"},
    {SdNext, "pndm", "PLMS"},
    {SdNext, "dpm++", "DPM++ 2M"},
    {SdNext, "dpm sde", "DPM++ SDE"},
    {SdNext, "euler sgm", "Euler", "sgm_uniform"},
    {SdNext, "eulerdiscretescheduler", "Euler"},
    {SdNext, "eulerancestraldiscretescheduler", "Euler a"},
    {SdNext, "ddimscheduler", "DDIM"},
    {SdNext, "unipcmultistepscheduler", "UniPC"},
    {SdNext, "dpmsolvermultistepscheduler", "DPM++ 2M"},
    {SdNext, "dpmsolversdescheduler", "DPM++ SDE"},
    {SdNext, "heundiscretescheduler", "Heun"},
    {SdNext, "lmsdiscretescheduler", "LMS"},
    {SdNext, "kdpm2discretescheduler", "DPM2"},
    {SdNext, "kdpm2ancestraldiscretescheduler", "DPM2 a"},
    {SdNext, "pndmscheduler", "PLMS"},
    {SdNext, "lcmscheduler", "LCM"},
    {NovelAi, "ddim_v3", "DDIM"},
    {EasyDiffusion, "unipc_tu", "UniPC"},
    {EasyDiffusion, "unipc_tq", ""},
    {DrawThings, "dpm++ 2m ays", "DPM++ 2M", "align_your_steps"},
    {DrawThings, "dpm++ sde ays", "DPM++ SDE", "align_your_steps"},
    {DrawThings, "euler a ays", "Euler a", "align_your_steps"},
};

struct ScheduleRule {
  std::string_view name;  ///< In lower case.
  std::string_view schedule;
};

/// Other programs' names for schedules; none of them means something else in another program.
constexpr ScheduleRule kScheduleRules[] = {
    {"discrete", "uniform"},     {"native", "uniform"},
    {"default", "uniform"},      {"betas", "beta"},
    {"ays", "align_your_steps"}, {"align your steps 11", "align_your_steps"},
    {"ddim_uniform", "ddim"}};

/// Programs that spread their sigmas evenly in time unless told otherwise, for every sampler.
bool is_even_by_default(PictureProgram program) {
  return program != PromptTravel && program != WebUi && program != Forge;
}

std::optional<std::string> find_schedule_label(std::string_view name) {
  for (const ScheduleRule& rule : kScheduleRules) {
    if (lower_case(trimmed(name)) == rule.name) {
      name = rule.schedule;
      break;
    }
  }
  try {
    return std::string(find_schedule(name).label);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<SamplerChoice> find_choice(std::string_view sampler) {
  try {
    return resolve_sampler(sampler, "");
  } catch (const Error&) {
    return std::nullopt;
  }
}

const SamplerRule* find_rule(PictureProgram program, const std::string& name) {
  const auto found = std::find_if(
      std::begin(kSamplerRules), std::end(kSamplerRules),
      [&](const SamplerRule& rule) { return rule.program == program && rule.name == name; });
  return found == std::end(kSamplerRules) ? nullptr : &*found;
}

std::string default_schedule(PictureProgram program, std::string_view sampler) {
  const SamplerInfo& info = find_sampler(sampler);
  const bool matters = info.uses_schedule && info.default_schedule != "uniform";
  return matters && is_even_by_default(program) ? "Uniform" : "Automatic";
}

/// A sampler's name without a schedule at its end.
std::optional<PictureSampler> find_plain(PictureProgram program, const std::string& name) {
  PictureSampler result;
  std::string_view schedule;
  if (const SamplerRule* rule = find_rule(program, name)) {
    if (rule->sampler.empty()) {
      return std::nullopt;
    }
    result.sampler = rule->sampler;
    schedule = rule->schedule;
    result.eta = rule->eta;
  } else if (const auto choice = find_choice(name)) {
    result.sampler = choice->sampler;
    schedule = choice->schedule == "automatic" ? "" : choice->schedule;
  } else {
    return std::nullopt;
  }
  result.schedule = schedule.empty() ? default_schedule(program, result.sampler)
                                     : std::string(find_schedule(schedule).label);
  return result;
}

/// Where a sampler's name ends and a schedule's begins: InvokeAI's "_k", stable-diffusion.cpp's
/// " karras", "_karras" of nodes that save pictures.
struct NamePair {
  std::string sampler;
  std::string schedule;
};

std::optional<NamePair> split_name(PictureProgram program, const std::string& name) {
  if (program == InvokeAi && name.ends_with("_k")) {
    return NamePair{name.substr(0, name.size() - 2), "karras"};
  }
  if (const std::size_t space = name.rfind(' '); space != std::string::npos) {
    return NamePair{name.substr(0, space), name.substr(space + 1)};
  }
  std::string_view longest;  // "_sgm_uniform" ends in "_uniform" too
  for (const ScheduleInfo& schedule : schedule_infos()) {
    if (schedule.name.size() > longest.size() && name.ends_with("_" + std::string(schedule.name))) {
      longest = schedule.name;
    }
  }
  if (longest.empty() || name.size() <= longest.size() + 1) {
    return std::nullopt;
  }
  return NamePair{name.substr(0, name.size() - longest.size() - 1), std::string(longest)};
}

std::optional<PictureSampler> find_with_suffix(PictureProgram program, const std::string& name) {
  if (auto plain = find_plain(program, name)) {
    return plain;
  }
  const auto parts = split_name(program, name);
  auto plain = parts ? find_plain(program, parts->sampler) : std::nullopt;
  const auto schedule = parts ? find_schedule_label(parts->schedule) : std::nullopt;
  if (!plain || !schedule) {
    return std::nullopt;
  }
  plain->schedule = *schedule;
  return plain;
}

}  // namespace

std::optional<PictureSampler> find_picture_sampler(PictureProgram program,
                                                   std::string_view sampler,
                                                   std::string_view schedule) {
  auto found = find_with_suffix(program, lower_case(trimmed(sampler)));
  if (!found || trimmed(schedule).empty()) {
    return found;
  }
  const auto label = find_schedule_label(trimmed(schedule));
  if (!label) {
    return std::nullopt;
  }
  if (*label != "Automatic") {
    found->schedule = *label;
  }
  return found;
}

}  // namespace ptravel
