#include "travel/travel_scene.h"

#include "base/text.h"
#include "request/mask_files.h"
#include "travel/frame_units.h"

namespace ptravel {

int TravelScene::at_once() const {
  return frames_at_once(request, !pipeline->compute().device.is_cpu());
}

const FrameStart& TravelScene::first_start(const FramePlace& place) {
  if (!init_image) {
    return start_;
  }
  const std::vector<std::string> files = mask_files_at(request, place);
  const std::string key =
      masks_of_files(files) + (files.size() > 1 ? "\n" + number_text(place.alpha) : "");
  if (!start_.latent.defined() || key != known_start_) {
    start_ = starts().from(*init_image, place);
    known_start_ = key;
  }
  return start_;
}

}  // namespace ptravel
