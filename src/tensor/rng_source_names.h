#pragma once

#include "base/enum_names.h"
#include "ptravel/rng_source.h"

namespace ptravel {

inline constexpr auto kRngSourceNames =
    enum_names<RngSource>({{RngSource::Cpu, "cpu"}, {RngSource::Nv, "nv"}});

}  // namespace ptravel
