#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ptravel/request.h"
#include "sdapi/fields.h"
#include "sdapi/state.h"

namespace ptravel {

/// What a request to txt2img or img2img asks to be drawn.
struct SdPlan {
  bool img2img = false;
  SdBody body;          ///< All fields, those of `infotext` filled in.
  SdSettings settings;  ///< With override_settings.
  CatalogEntry model;
  TravelRequest request;  ///< Of the first picture; its model is a name until it is settled.
  std::string prompt;     ///< With its lines, without comments.
  std::string negative_prompt;
  std::uint64_t seed = 0;
  std::uint64_t subseed = 0;
  int batch_size = 1;
  int n_iter = 1;
  std::shared_ptr<const Upload> init_image =
      {};                                   ///< Of plain pictures; its file goes with the plan.
  std::shared_ptr<const Upload> mask = {};  ///< Likewise.

  int pictures() const { return batch_size * n_iter; }
  bool varies() const { return request.subseed_strength.front() != 0; }
  /// Of the i-th picture, as the web UI counts them up: seeds, or with a variation the subseeds.
  std::uint64_t seed_of(int picture) const { return varies() ? seed : seed + picture; }
  std::uint64_t subseed_of(int picture) const { return subseed + picture; }
};

/// Reads a request. Throws SdRefusal with the reason for everything that would change the picture
/// and is not done here, and for wrong values.
SdPlan plan_pictures(SdState& state, SdBody body, bool img2img);

/// The request of a body's fields, before names are resolved and values are checked: what txt2img,
/// img2img and the script have in common. The prompt is not in it.
TravelRequest sd_travel_request(const ModelCatalog& catalog,
                                const SdBody& body,
                                const SdSettings& settings,
                                const CatalogEntry& model,
                                bool img2img);

/// Of a picture, in the larger of its passes.
std::int64_t most_pixels_of(const TravelRequest& request);

/// A web UI prompt, which may have lines and be empty, as one stage.
std::string one_stage(const std::string& prompt);

/// Makes the plan's request that of one picture with paths in place of names, and checks it. Throws
/// InvalidArgument with a problem for each wrong field.
void settle_pictures(const SdState& state, SdPlan& plan);

/// Refuses what would change the picture and is not done here (422 with one entry each).
void refuse_unsupported(const SdBody& body, bool img2img);

/// Fields of the member "infotext" that the request does not give itself.
void fill_from_infotext(SdBody& body);

}  // namespace ptravel
