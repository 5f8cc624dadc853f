#include "diffusion/sampler_table.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

#include "ptravel/error.h"

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

SamplerRow by_sigmas(std::string_view name,
                     std::string_view label,
                     std::string_view schedule,
                     unsigned traits,
                     SigmaSampler function) {
  SamplerInfo info;
  info.name = name;
  info.label = label;
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
  return {std::move(info), function, nullptr};
}

SamplerRow by_timesteps(std::string_view name,
                        std::string_view label,
                        std::optional<double> default_eta,
                        TimestepSampler function) {
  SamplerInfo info;
  info.name = name;
  info.label = label;
  info.default_schedule = "timesteps";
  info.uses_schedule = false;
  info.timesteps = true;
  info.default_eta = default_eta;
  return {std::move(info), nullptr, function};
}

SamplerRow also_called(std::vector<std::string_view> aliases, SamplerRow row) {
  row.info.aliases = std::move(aliases);
  return row;
}

std::vector<SamplerRow> make_rows() {
  constexpr unsigned kSde = kBrownian | kScale | kEta;
  constexpr unsigned kAncestral = kEnsd | kEta;
  return {
      also_called({"k_dpmpp_2m"},
                  by_sigmas("dpmpp_2m", "DPM++ 2M", "karras", kPlain, sample_dpmpp_2m)),
      also_called({"k_dpmpp_sde"}, by_sigmas("dpmpp_sde", "DPM++ SDE", "karras",
                                             kSde | kSecondOrder, sample_dpmpp_sde)),
      also_called({"k_dpmpp_2m_sde"}, by_sigmas("dpmpp_2m_sde", "DPM++ 2M SDE", "exponential", kSde,
                                                sample_dpmpp_2m_sde)),
      also_called({"k_dpmpp_2m_sde_heun"},
                  by_sigmas("dpmpp_2m_sde_heun", "DPM++ 2M SDE Heun", "exponential", kSde,
                            sample_dpmpp_2m_sde_heun)),
      also_called({"k_dpmpp_2s_a"},
                  by_sigmas("dpmpp_2s_ancestral", "DPM++ 2S a", "karras",
                            kAncestral | kScale | kSecondOrder, sample_dpmpp_2s_ancestral)),
      also_called({"k_dpmpp_3m_sde"}, by_sigmas("dpmpp_3m_sde", "DPM++ 3M SDE", "exponential",
                                                kSde | kDiscard, sample_dpmpp_3m_sde)),
      also_called(
          {"k_euler_a", "k_euler_ancestral"},
          by_sigmas("euler_ancestral", "Euler a", "uniform", kAncestral, sample_euler_ancestral)),
      also_called({"k_euler"},
                  by_sigmas("euler", "Euler", "uniform", kChurn | kScale, sample_euler)),
      also_called({"k_lms"}, by_sigmas("lms", "LMS", "uniform", kPlain, sample_lms)),
      also_called({"k_heun"}, by_sigmas("heun", "Heun", "uniform", kChurn | kScale | kSecondOrder,
                                        sample_heun)),
      also_called({"k_dpm_2"}, by_sigmas("dpm_2", "DPM2", "karras",
                                         kChurn | kScale | kSecondOrder | kDiscard, sample_dpm_2)),
      also_called({"k_dpm_2_a"},
                  by_sigmas("dpm_2_ancestral", "DPM2 a", "karras",
                            kAncestral | kScale | kSecondOrder | kDiscard, sample_dpm_2_ancestral)),
      also_called({"k_dpm_fast"}, by_sigmas("dpm_fast", "DPM fast", "uniform",
                                            kAncestral | kScale | kOwnTimes, sample_dpm_fast)),
      also_called({"k_dpm_ad"}, by_sigmas("dpm_adaptive", "DPM adaptive", "uniform",
                                          kAncestral | kOwnTimes | kOneByOne, sample_dpm_adaptive)),
      by_sigmas("restart", "Restart", "karras", kSecondOrder, sample_restart),
      by_timesteps("ddim", "DDIM", 0, sample_ddim),
      by_timesteps("ddim_cfgpp", "DDIM CFG++", 0, sample_ddim_cfgpp),
      by_timesteps("plms", "PLMS", std::nullopt, sample_plms),
      by_timesteps("unipc", "UniPC", std::nullopt, sample_unipc),
      also_called({"k_lcm"}, by_sigmas("lcm", "LCM", "uniform", kPlain, sample_lcm)),
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
  throw Error(ErrorCode::InvalidArgument, std::string("[") + kind + "] expected one of " + choices +
                                              "; got \"" + std::string(text) + "\"");
}

const SamplerRow* lookup(std::string_view text) {
  const std::vector<SamplerRow>& rows = sampler_rows();
  const auto found = std::find_if(rows.begin(), rows.end(), [text](const SamplerRow& row) {
    return is_called(row.info, text);
  });
  return found == rows.end() ? nullptr : &*found;
}

// `text` without a trailing " <suffix>", or nothing when it does not end so.
std::optional<std::string_view> without_suffix(std::string_view text, std::string_view suffix) {
  if (text.size() <= suffix.size() + 1) {
    return std::nullopt;
  }
  const std::size_t length = text.size() - suffix.size();
  if (text[length - 1] != ' ' || !same_text(text.substr(length), suffix)) {
    return std::nullopt;
  }
  return text.substr(0, length - 1);
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
  const SamplerRow* row = lookup(text);
  if (row == nullptr) {
    throw_unknown("sampler", text, sampler_infos());
  }
  return *row;
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
  const ScheduleInfo& given = find_schedule(schedule);
  if (const SamplerRow* row = lookup(sampler)) {
    return {row->info.label, given.name};
  }
  for (const ScheduleInfo& info : schedule_infos()) {
    for (const std::string_view suffix : {info.label, info.name}) {
      const std::optional<std::string_view> name = without_suffix(sampler, suffix);
      const SamplerRow* row = name.has_value() ? lookup(*name) : nullptr;
      if (row != nullptr) {
        return {row->info.label, info.name};
      }
    }
  }
  throw_unknown("sampler", sampler, sampler_infos());
}

int planned_calls(const SamplerInfo& sampler, int num_steps) {
  return sampler.second_order ? 2 * num_steps : num_steps;
}

}  // namespace ptravel
