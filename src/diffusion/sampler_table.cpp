#include "diffusion/sampler_table.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

SamplerRow make_row(SamplerInfo info, SigmaSampler function) { return {info, function, nullptr}; }

SamplerRow make_row(SamplerInfo info, TimestepSampler function) {
  info.default_schedule = "timesteps";
  info.uses_schedule = false;
  info.timesteps = true;
  return {info, nullptr, function};
}

std::vector<SamplerRow> make_rows() {
  // Each line: name, label, other names, what "automatic" means; then how it differs.
  return {
      make_row({.name = "dpmpp_2m", .label = "DPM++ 2M", .aliases = {"k_dpmpp_2m"},
                .default_schedule = "karras"},
               sample_dpmpp_2m),
      make_row({.name = "dpmpp_sde", .label = "DPM++ SDE", .aliases = {"k_dpmpp_sde"},
                .default_schedule = "karras", .second_order = true, .brownian = true,
                .uses_noise_scale = true, .default_eta = 1},
               sample_dpmpp_sde),
      make_row({.name = "dpmpp_2m_sde", .label = "DPM++ 2M SDE", .aliases = {"k_dpmpp_2m_sde"},
                .default_schedule = "exponential", .brownian = true, .uses_noise_scale = true,
                .default_eta = 1},
               sample_dpmpp_2m_sde),
      make_row({.name = "dpmpp_2m_sde_heun", .label = "DPM++ 2M SDE Heun",
                .aliases = {"k_dpmpp_2m_sde_heun"}, .default_schedule = "exponential",
                .brownian = true, .uses_noise_scale = true, .default_eta = 1},
               sample_dpmpp_2m_sde_heun),
      make_row({.name = "dpmpp_2s_ancestral", .label = "DPM++ 2S a", .aliases = {"k_dpmpp_2s_a"},
                .default_schedule = "karras", .second_order = true, .uses_ensd = true,
                .uses_noise_scale = true, .default_eta = 1},
               sample_dpmpp_2s_ancestral),
      make_row({.name = "dpmpp_3m_sde", .label = "DPM++ 3M SDE", .aliases = {"k_dpmpp_3m_sde"},
                .default_schedule = "exponential", .discard_penultimate = true, .brownian = true,
                .uses_noise_scale = true, .default_eta = 1},
               sample_dpmpp_3m_sde),
      make_row({.name = "euler_ancestral", .label = "Euler a",
                .aliases = {"k_euler_a", "k_euler_ancestral"}, .default_schedule = "uniform",
                .uses_ensd = true, .default_eta = 1},
               sample_euler_ancestral),
      make_row({.name = "euler", .label = "Euler", .aliases = {"k_euler"},
                .default_schedule = "uniform", .uses_churn = true, .uses_noise_scale = true},
               sample_euler),
      make_row({.name = "lms", .label = "LMS", .aliases = {"k_lms"}, .default_schedule = "uniform"},
               sample_lms),
      make_row({.name = "heun", .label = "Heun", .aliases = {"k_heun"},
                .default_schedule = "uniform", .second_order = true, .uses_churn = true,
                .uses_noise_scale = true},
               sample_heun),
      make_row({.name = "dpm_2", .label = "DPM2", .aliases = {"k_dpm_2"},
                .default_schedule = "karras", .second_order = true, .discard_penultimate = true,
                .uses_churn = true, .uses_noise_scale = true},
               sample_dpm_2),
      make_row({.name = "dpm_2_ancestral", .label = "DPM2 a", .aliases = {"k_dpm_2_a"},
                .default_schedule = "karras", .second_order = true, .discard_penultimate = true,
                .uses_ensd = true, .uses_noise_scale = true, .default_eta = 1},
               sample_dpm_2_ancestral),
      make_row({.name = "dpm_fast", .label = "DPM fast", .aliases = {"k_dpm_fast"},
                .default_schedule = "uniform", .uses_schedule = false, .uses_ensd = true,
                .uses_noise_scale = true, .default_eta = 1},
               sample_dpm_fast),
      make_row({.name = "dpm_adaptive", .label = "DPM adaptive", .aliases = {"k_dpm_ad"},
                .default_schedule = "uniform", .uses_schedule = false, .uses_ensd = true,
                .default_eta = 1, .batchable = false},
               sample_dpm_adaptive),
      make_row({.name = "restart", .label = "Restart", .aliases = {},
                .default_schedule = "karras", .second_order = true},
               sample_restart),
      make_row({.name = "ddim", .label = "DDIM", .default_eta = 0}, sample_ddim),
      make_row({.name = "ddim_cfgpp", .label = "DDIM CFG++", .default_eta = 0}, sample_ddim_cfgpp),
      make_row({.name = "plms", .label = "PLMS"}, sample_plms),
      make_row({.name = "unipc", .label = "UniPC"}, sample_unipc),
      make_row({.name = "lcm", .label = "LCM", .aliases = {"k_lcm"},
                .default_schedule = "uniform"},
               sample_lcm),
  };
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool same_text(std::string_view a, std::string_view b) { return lower_case(a) == lower_case(b); }

bool is_called(const SamplerInfo& info, std::string_view text) {
  return same_text(text, info.label) || same_text(text, info.name) ||
         std::any_of(info.aliases.begin(), info.aliases.end(),
                     [text](std::string_view alias) { return same_text(text, alias); });
}

template <typename Infos>
[[noreturn]] void throw_unknown(const char* kind, std::string_view text, const Infos& infos) {
  std::string choices;
  for (const auto& info : infos) {
    choices += (choices.empty() ? "" : ", ") + std::string(info.label);
  }
  throw Error(ErrorCode::InvalidArgument, std::string("[") + kind + "] expected one of " +
                                              choices + "; got \"" + std::string(text) + "\"");
}

// Cuts a trailing " <suffix>" off and says whether it was there.
bool cut_suffix(std::string_view& text, std::string_view suffix) {
  if (text.size() <= suffix.size() + 1) {
    return false;
  }
  const std::size_t length = text.size() - suffix.size();
  if (text[length - 1] != ' ' || !same_text(text.substr(length), suffix)) {
    return false;
  }
  text = text.substr(0, length - 1);
  return true;
}

}  // namespace

const std::vector<SamplerRow>& sampler_rows() {
  static const std::vector<SamplerRow> rows = make_rows();
  return rows;
}

const std::vector<SamplerInfo>& sampler_infos() {
  static const std::vector<SamplerInfo> infos = [] {
    std::vector<SamplerInfo> result;
    for (const SamplerRow& row : sampler_rows()) {
      result.push_back(row.info);
    }
    return result;
  }();
  return infos;
}

const SamplerRow& find_sampler_row(std::string_view text) {
  for (const SamplerRow& row : sampler_rows()) {
    if (is_called(row.info, text)) {
      return row;
    }
  }
  throw_unknown("sampler", text, sampler_infos());
}

const SamplerInfo& find_sampler(std::string_view text) { return find_sampler_row(text).info; }

const ScheduleInfo& find_schedule(std::string_view text) {
  if (text.empty()) {
    return schedule_infos().front();
  }
  for (const ScheduleInfo& info : schedule_infos()) {
    if (same_text(text, info.label) || same_text(text, info.name)) {
      return info;
    }
  }
  throw_unknown("schedule", text, schedule_infos());
}

SamplerChoice resolve_sampler(std::string_view sampler, std::string_view schedule) {
  // A name that is a sampler's as it stands is not cut.
  for (const SamplerRow& row : sampler_rows()) {
    if (is_called(row.info, sampler)) {
      return {row.info.label, find_schedule(schedule).name};
    }
  }
  std::string_view name = sampler;
  for (const ScheduleInfo& info : schedule_infos()) {
    if (cut_suffix(name, info.label) || cut_suffix(name, info.name)) {
      find_schedule(schedule);
      return {find_sampler(name).label, info.name};
    }
  }
  throw_unknown("sampler", sampler, sampler_infos());
}

int planned_calls(const SamplerInfo& sampler, int num_steps) {
  return sampler.second_order ? 2 * num_steps : num_steps;
}

}  // namespace ptravel
