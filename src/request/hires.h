#pragma once

#include <string>
#include <vector>

#include "ptravel/request.h"
#include "request/frame_places.h"
#include "request/stages.h"

namespace ptravel {

/// The size that a picture is drawn again at.
struct HiresSize {
  int width = 0;  ///< Pixels that it is enlarged to.
  int height = 0;
  int cut_columns = 0;  ///< Of the latent's cells, at the left and the right together.
  int cut_rows = 0;     ///< At the top and the bottom.
  int columns = 0;      ///< Cells that are left and drawn.
  int rows = 0;
  bool operator==(const HiresSize&) const = default;
};

/// As the web UI has it: `scale` of both sides, or, where one of `to_width` and `to_height` is
/// given, the other in proportion, or, with both, so large that it covers them, and cut. `factor`:
/// pixels of a cell. What is too large to count comes out as 0.
HiresSize hires_size(int width, int height, double scale, int to_width, int to_height, int factor);

/// The same of a request whose size is settled.
HiresSize hires_size(const TravelRequest& request, int factor);

/// The setting that decides it.
const char* hires_size_field(const TravelRequest& request);

/// The request as its second pass is drawn: size, sampler, schedule, steps (exactly as many) and
/// strength of that pass, and its prompts. It starts from the first pass's picture, whatever frames
/// start from. Size 0 stays 0.
TravelRequest second_pass_request(const TravelRequest& request, int factor);

/// The stages with the second pass's texts. Throws InvalidArgument where those have more lines than
/// there are stages.
StagePlan second_pass_plan(const StagePlan& plan, const TravelRequest& request);

/// The texts of the second pass at a place, as a setting: the stage's own, or those of both stages.
std::string hires_texts_at(const std::string& lines,
                           const TravelRequest& request,
                           const FramePlace& place);

/// What is wrong with the settings of the second pass, by field.
void check_hires(const TravelRequest& request,
                 const ModelLimits& limits,
                 std::vector<Problem>& problems);

}  // namespace ptravel
