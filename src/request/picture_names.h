#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "request/picture_program.h"

namespace ptravel {

/// A sampler of another program under the web UI's names.
struct PictureSampler {
  std::string sampler;        ///< SamplerInfo::label.
  std::string schedule;       ///< ScheduleInfo::label.
  std::optional<double> eta;  ///< Where the program's sampler is one of ours with another eta.
};

/// Finds what `program` calls `sampler`, with the noise schedule `schedule` (either may hold the
/// schedule: "DPM++ 2M Karras", "dpmpp_2m_k"). An empty schedule is the program's own. Nullopt
/// where there is no such sampler or schedule here.
std::optional<PictureSampler> find_picture_sampler(PictureProgram program,
                                                   std::string_view sampler,
                                                   std::string_view schedule);

}  // namespace ptravel
