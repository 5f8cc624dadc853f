#pragma once

#include <string>
#include <vector>

#include "sdapi/draw.h"

namespace ptravel {

/// "Prompt Travel 0.1.0": what this server calls itself where the web UI tells its version.
std::string sd_version();

/// The member "info" of an answer before it becomes text: everything the web UI puts there.
/// `infotexts`: of the pictures of the answer. `index_of_first_image`: 1 after a grid.
Json sd_info(const SdPlan& plan,
             const SdDrawing& drawing,
             const std::vector<std::string>& infotexts,
             int index_of_first_image);

/// What all kinds of info have, with lists as long as `prompts`.
struct SdInfoLists {
  std::vector<std::string> prompts;
  std::vector<std::string> negative_prompts;
  std::vector<std::uint64_t> seeds;
  std::vector<std::int64_t> subseeds;
};
Json sd_info(const SdPlan& plan,
             const SdDrawing& drawing,
             const SdInfoLists& lists,
             const std::vector<std::string>& infotexts,
             int index_of_first_image);

}  // namespace ptravel
