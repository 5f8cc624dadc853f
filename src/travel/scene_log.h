#pragma once

#include <string>

#include "ptravel/travel.h"
#include "travel/travel_scene.h"

namespace ptravel {

// What a travel tells beside its pictures.

/// Lets a sink hear what the walks tell while it lives, and no longer.
class WalkListener {
 public:
  WalkListener(WalkLog& log, FrameSink& sink) : log_(log) {
    log_.listen([&sink](const std::string& lines) { sink.debug(lines); });
  }
  ~WalkListener() { log_.listen({}); }
  WalkListener(const WalkListener&) = delete;
  WalkListener& operator=(const WalkListener&) = delete;

 private:
  WalkLog& log_;
};

/// Its stages, one by one.
void tell_stages(const TravelScene& scene, FrameSink& sink);

/// Takes what an earlier run told of its walks (walk.json; empty: nothing). One that cannot be read
/// is told and forgotten.
void restore_log(TravelScene& scene, const std::string& walk_log, FrameSink& sink);

/// Adds what another process told of gaps that this one does not tell completely.
void merge_log(TravelScene& scene, const std::string& walk_log, FrameSink& sink);

/// walk.json, log.txt and, of mode grad, the losses and their plot; nothing where no walk told
/// anything.
void write_log(TravelScene& scene, FrameSink& sink);

}  // namespace ptravel
