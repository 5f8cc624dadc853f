#include "diffusion/sampler_table.h"

#include <map>

#include "ptravel/error.h"

namespace ptravel {
namespace {

struct SamplerFunction {
  SigmaSampler by_sigmas = nullptr;
  TimestepSampler by_timesteps = nullptr;
};

const std::map<std::string_view, SamplerFunction>& functions() {
  static const std::map<std::string_view, SamplerFunction> table = {
      {"dpmpp_2m", {sample_dpmpp_2m}},
      {"dpmpp_sde", {sample_dpmpp_sde}},
      {"dpmpp_2m_sde", {sample_dpmpp_2m_sde}},
      {"dpmpp_2m_sde_heun", {sample_dpmpp_2m_sde_heun}},
      {"dpmpp_2s_ancestral", {sample_dpmpp_2s_ancestral}},
      {"dpmpp_3m_sde", {sample_dpmpp_3m_sde}},
      {"euler_ancestral", {sample_euler_ancestral}},
      {"euler", {sample_euler}},
      {"lms", {sample_lms}},
      {"heun", {sample_heun}},
      {"dpm_2", {sample_dpm_2}},
      {"dpm_2_ancestral", {sample_dpm_2_ancestral}},
      {"dpm_fast", {sample_dpm_fast}},
      {"dpm_adaptive", {sample_dpm_adaptive}},
      {"restart", {sample_restart}},
      {"ddim", {nullptr, sample_ddim}},
      {"ddim_cfgpp", {nullptr, sample_ddim_cfgpp}},
      {"plms", {nullptr, sample_plms}},
      {"unipc", {nullptr, sample_unipc}},
      {"lcm", {sample_lcm}},
      {"tcd", {nullptr, sample_tcd}},
  };
  return table;
}

}  // namespace

const std::vector<SamplerEntry>& sampler_entries() {
  static const std::vector<SamplerEntry> entries = [] {
    std::vector<SamplerEntry> result;
    for (const SamplerInfo& info : sampler_infos()) {
      const auto found = functions().find(info.name);
      PTRAVEL_CHECK(found != functions().end());
      result.push_back({info, found->second.by_sigmas, found->second.by_timesteps});
    }
    return result;
  }();
  return entries;
}

const SamplerEntry& find_sampler_entry(std::string_view text) {
  const SamplerInfo& info = find_sampler(text);
  return sampler_entries().at(static_cast<std::size_t>(&info - sampler_infos().data()));
}

}  // namespace ptravel
