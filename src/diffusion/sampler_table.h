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
struct SamplerRow {
  SamplerInfo info;
  SigmaSampler by_sigmas = nullptr;
  TimestepSampler by_timesteps = nullptr;
};

/// All samplers in the web UI's order, the same as sampler_infos().
const std::vector<SamplerRow>& sampler_rows();

/// The row of a sampler by label, name or alias. Throws InvalidArgument listing the choices.
const SamplerRow& find_sampler_row(std::string_view text);

}  // namespace ptravel
