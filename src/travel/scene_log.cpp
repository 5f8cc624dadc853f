#include "travel/scene_log.h"

#include "base/profile_scope.h"
#include "media/plot.h"
#include "ptravel/error.h"
#include "travel/loss_plot.h"

namespace ptravel {

void tell_stages(const TravelScene& scene, FrameSink& sink) {
  for (std::size_t i = 0; i < scene.plan.prompts.size(); ++i) {
    const std::string steps =
        i < scene.plan.steps.size() ? std::to_string(scene.plan.steps[i]) + " steps" : "the end";
    sink.debug("[stage " + std::to_string(i + 1) + "/" + std::to_string(scene.plan.stage_count()) +
               "] " + scene.plan.prompts[i] + "\n  negative: " + scene.plan.negative_prompts[i] +
               "\n  then " + steps);
  }
}

namespace {

/// Lets the route read a walk.json; one that cannot be read is told.
void read_log(TravelScene& scene,
              const std::string& walk_log,
              FrameSink& sink,
              void (Route::*read)(const std::string&)) {
  if (walk_log.empty() || !scene.route->keeps_log()) {
    return;
  }
  try {
    ((*scene.route).*read)(walk_log);
  } catch (const Error& error) {
    sink.debug(std::string(error.what()) + "; beginning a new one");
  }
}

}  // namespace

void restore_log(TravelScene& scene, const std::string& walk_log, FrameSink& sink) {
  read_log(scene, walk_log, sink, &Route::restore_log);
}

void merge_log(TravelScene& scene, const std::string& walk_log, FrameSink& sink) {
  read_log(scene, walk_log, sink, &Route::merge_log);
}

void write_log(TravelScene& scene, FrameSink& sink) {
  Route& route = *scene.route;
  if (!route.keeps_log() || route.log().empty()) {
    return;
  }
  const auto profile = ProfileScope::part("other files");
  const WalkLog& log = route.log();
  sink.add_file({"walk.json", log.to_json(), {}});
  sink.add_file({"log.txt", log.text(scene.request, route.first_words()), {}});
  if (log.has_losses()) {
    sink.add_file({"losses.csv", log.csv(), {}});
#ifdef PTRAVEL_WITH_MEDIA
    sink.add_file({"losses.png", "", draw_plot(loss_panels(log))});
#endif
  }
}

}  // namespace ptravel
