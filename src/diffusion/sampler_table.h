#pragma once

#include "diffusion/samplers.h"

namespace ptravel {

using SigmaSampler = at::Tensor (*)(const Denoiser&, at::Tensor, const Sigmas&, const SamplerRun&);
using TimestepSampler = at::Tensor (*)(const EpsModel&,
                                       at::Tensor,
                                       const TimestepPlan&,
                                       const SamplerRun&);

/// One sampler: what it is called (schedule/sampler_infos.cpp) and the function that runs it, one
/// of the two.
struct SamplerEntry {
  SamplerInfo info;
  SigmaSampler by_sigmas = nullptr;
  TimestepSampler by_timesteps = nullptr;
};

/// All samplers in the web UI's order, the same as sampler_infos().
const std::vector<SamplerEntry>& sampler_entries();

/// The entry of a sampler by label, name or alias. Throws InvalidArgument listing the choices.
const SamplerEntry& find_sampler_entry(std::string_view text);

}  // namespace ptravel
