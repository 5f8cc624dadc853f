#include "jobs/finished_video.h"

#include <memory>
#include <optional>
#include <string>

#include "base/lock_file.h"
#include "base/profile_scope.h"
#include "postprocess/film_finisher.h"
#include "postprocess/kept_pictures.h"
#include "ptravel/error.h"
#include "ptravel/video.h"

namespace ptravel {
namespace {

constexpr const char* kProgram = "Prompt Travel " PTRAVEL_VERSION;

void tell(const RunEventSink& events, const std::string& note) {
  events({RunEvent::Kind::Note, note, {}, 0});
}

std::string pictures_text(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " picture" : " pictures");
}

/// The pictures that networks make for a video, in the run's folder until it is there.
class Keeping {
 public:
  Keeping(const RunFolder& folder, const RunEventSink& events) : events_(events) {
    try {
      lock_ = LockFile::try_take(folder.finishing_lock());
    } catch (const Error& error) {
      tell(events, std::string("note: pictures are not kept for going on: ") + error.what());
      return;
    }
    if (lock_) {
      pictures_.emplace(folder.finishing_path(), kProgram);
    } else {
      tell(events,
           "note: another process finishes a video of this run, so this one keeps no pictures for "
           "going on");
    }
  }

  /// Nothing where nothing is kept.
  KeptPictures* pictures() { return pictures_ ? &*pictures_ : nullptr; }

  /// Once: that the disk takes no more.
  void tell_failure() {
    if (pictures_ && pictures_->failure() && !told_) {
      told_ = true;
      tell(events_, "note: no more pictures are kept for going on: " + *pictures_->failure());
    }
  }
  /// When the work is stopped: how to go on.
  void tell_stopped() const {
    const bool kept = pictures_ && !pictures_->failure();
    const std::int64_t count = kept ? pictures_->reused() + pictures_->made() : 0;
    if (count > 0) {
      tell(events_, "note: " + pictures_text(count) + " are kept in " +
                        pictures_->folder().string() +
                        ": the same command goes on with them, and removes them at its end");
    }
  }
  /// When the video is there.
  void finish() {
    if (!pictures_) {
      return;
    }
    if (pictures_->reused() > 0) {
      tell(events_, pictures_text(pictures_->reused()) +
                        " of a video that was stopped were used, " +
                        std::to_string(pictures_->made()) + " made");
    }
    pictures_->remove();
  }

 private:
  const RunEventSink& events_;
  std::optional<LockFile> lock_;
  std::optional<KeptPictures> pictures_;
  bool told_ = false;
};

}  // namespace

void assemble_finished_video(const RunFolder& folder,
                             const FilmPlan& plan,
                             const std::function<Image(std::int64_t)>& frame,
                             const FilmFinish& finish,
                             const std::filesystem::path& output,
                             Progress& progress,
                             const RunEventSink& events) {
  const auto profile = ProfileScope::part("video");
  progress.enter(WorkPhase::Loading);
  const FilmFinisher finisher(finish);
  for (const std::string& note : finisher.notes()) {
    tell(events, note);
  }
  std::optional<Keeping> keeping;
  if (finisher.has_networks()) {
    keeping.emplace(folder, events);
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
    if (keeping) {
      keeping->tell_failure();
    }
  };
  try {
    if (const auto cuts =
            finisher.finish(film, frame, add, progress, keeping ? keeping->pictures() : nullptr)) {
      tell(events, *cuts);
    }
    writer->finish();
  } catch (const Error& error) {
    if (keeping && error.code() == ErrorCode::Cancelled) {
      keeping->tell_stopped();
    }
    throw;
  }
  if (keeping) {
    keeping->finish();
  }
}

}  // namespace ptravel
