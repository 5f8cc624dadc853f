#include "jobs/finished_video.h"

#include <memory>

#include "base/profile_scope.h"
#include "postprocess/film_finisher.h"
#include "ptravel/video.h"

namespace ptravel {

void assemble_finished_video(const FilmPlan& plan,
                             const std::function<Image(std::int64_t)>& frame,
                             const FilmFinish& finish,
                             const std::filesystem::path& output,
                             Progress& progress,
                             const RunEventSink& events) {
  const auto profile = ProfileScope::part("video");
  progress.enter(WorkPhase::Loading);
  const FilmFinisher finisher(finish);
  for (const std::string& note : finisher.notes()) {
    events({RunEvent::Kind::Note, note, {}, 0});
  }
  VideoOptions options = plan.video_options();
  options.fps *= finish.interpolate;
  const auto film = film_frames(plan);
  progress.enter(WorkPhase::Assembling);
  progress.begin("finishing the video", "frames",
                 static_cast<double>(finisher.pictures(static_cast<std::int64_t>(film.size()))));
  std::unique_ptr<VideoWriter> writer;
  const auto add = [&](const Image& picture) {
    if (writer == nullptr) {
      writer = VideoWriter::open(output, picture.width, picture.height, options);
    }
    writer->add_frame(picture);
  };
  if (const auto cuts = finisher.finish(film, frame, add, progress)) {
    events({RunEvent::Kind::Note, *cuts, {}, 0});
  }
  writer->finish();
}

}  // namespace ptravel
