#pragma once

#include <string>
#include <string_view>

namespace ptravel {

/// A sampler and a schedule under the web UI's labels.
struct SdSampler {
  std::string sampler;   ///< "DPM++ 2M".
  std::string schedule;  ///< "Karras", "Automatic".
};

/// The sampler that a request names, by the web UI's rules: `name`, or `index` where that is empty;
/// a schedule at the end of the name is split off and wins over `scheduler`; an unknown or empty
/// scheduler is Automatic. Names are labels, exactly; aliases are none. Throws SdRefusal: 404
/// "Sampler not found".
SdSampler resolve_sd_sampler(std::string_view name,
                             std::string_view index,
                             std::string_view scheduler);

}  // namespace ptravel
