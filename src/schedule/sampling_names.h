#pragma once

#include "base/enum_names.h"
#include "ptravel/sampling.h"

namespace ptravel {

inline constexpr auto kUnipcVariantNames =
    enum_names<UnipcVariant>({{UnipcVariant::Bh1, "bh1"},
                              {UnipcVariant::Bh2, "bh2"},
                              {UnipcVariant::VaryCoeff, "vary_coeff"}});

inline constexpr auto kUnipcSkipNames =
    enum_names<UnipcSkip>({{UnipcSkip::TimeUniform, "time_uniform"},
                           {UnipcSkip::TimeQuadratic, "time_quadratic"},
                           {UnipcSkip::LogSnr, "logSNR"}});

}  // namespace ptravel
