#include "travel/assemble.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <future>
#include <memory>
#include <utility>

#include "base/profile_scope.h"
#include "media/contact_sheet.h"
#include "media/image_file.h"
#include "request/frame_settings.h"
#include "request/slice.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMaxSheetFrames = 64;
constexpr std::size_t kReadAhead = 4;

/// The pictures of a film in its order, the next ones read by other threads meanwhile.
class FilmReader {
 public:
  /// Both outlive it.
  FilmReader(const std::vector<std::int64_t>& film, const std::function<Image(std::int64_t)>& frame)
      : film_(film), frame_(frame) {}

  /// The next picture; it stays until the next call.
  const Image& next() {
    const std::int64_t index = film_[place_];
    if (place_ == 0 || index != film_[place_ - 1]) {
      read_on();
      image_ = read_.front().get();
      read_.pop_front();
    }
    ++place_;
    return image_;
  }

 private:
  void read_on() {
    for (; asked_ < film_.size() && read_.size() < kReadAhead; ++asked_) {
      if (asked_ == 0 || film_[asked_] != film_[asked_ - 1]) {
        read_.push_back(std::async(std::launch::async, frame_, film_[asked_]));
      }
    }
  }

  const std::vector<std::int64_t>& film_;
  const std::function<Image(std::int64_t)>& frame_;
  std::size_t place_ = 0;  // of the next picture
  std::size_t asked_ = 0;  // up to where pictures are read
  std::deque<std::future<Image>> read_;
  Image image_;
};

}  // namespace

FilmPlan film_plan(const TravelRequest& request,
                   std::int64_t frame_count,
                   std::vector<std::int64_t> stage_frames) {
  FilmPlan plan;
  plan.frame_count = frame_count;
  plan.pick = request.pick;
  plan.pad = request.pad;
  plan.hold = request.hold;
  plan.stage_frames = std::move(stage_frames);
  plan.ping_pong = request.ping_pong;
  plan.format = request.format;
  plan.fps = request.fps;
  plan.soundtrack = request.soundtrack;
  return plan;
}

std::vector<std::int64_t> film_frames(const FilmPlan& plan) {
  std::vector<std::int64_t> order = pick_and_pad(plan.pick, 0, plan.frame_count);
  if (plan.ping_pong && order.size() > 2) {
    // Without the turning frame and the first one, so that a repeated video has no double frames.
    const std::vector<std::int64_t> back(order.rbegin() + 1, order.rend() - 1);
    order.insert(order.end(), back.begin(), back.end());
  }
  std::vector<std::int64_t> film;
  for (const std::int64_t index : order) {
    const auto stage = std::ranges::lower_bound(plan.stage_frames, index);
    const bool is_stage = stage != plan.stage_frames.end() && *stage == index;
    const std::int64_t copies =
        is_stage ? hold_at(plan.hold, static_cast<std::size_t>(stage - plan.stage_frames.begin()))
                 : 0;
    film.insert(film.end(), 1 + static_cast<std::size_t>(copies), index);
  }
  const auto padding = static_cast<std::size_t>(plan.pad);
  film.insert(film.begin(), padding, film.front());
  film.insert(film.end(), padding, film.back());
  return film;
}

void assemble_video(const FilmPlan& plan,
                    const std::function<Image(std::int64_t)>& frame,
                    const std::filesystem::path& output,
                    Progress& progress) {
  const auto profile = ProfileScope::part("video");
  const auto film = film_frames(plan);
  progress.enter(WorkPhase::Assembling);
  progress.begin("encoding the video", "frames", static_cast<double>(film.size()));
  std::unique_ptr<VideoWriter> writer;
  FilmReader pictures(film, frame);
  for (std::size_t i = 0; i < film.size(); ++i) {
    progress.check_cancelled();
    const Image& image = pictures.next();
    if (writer == nullptr) {
      writer = VideoWriter::open(output, image.width, image.height, plan.video_options());
    }
    writer->add_frame(image);
    progress.update(static_cast<double>(i + 1));
  }
  writer->finish();
}

void assemble_contact_sheet(const FilmPlan& plan,
                            const std::function<Image(std::int64_t)>& frame,
                            const std::filesystem::path& output,
                            Progress& progress) {
  const auto profile = ProfileScope::part("contact sheet");
  const auto film = pick_and_pad(plan.pick, 0, plan.frame_count);
  const auto available = static_cast<std::int64_t>(film.size());
  const std::int64_t count = std::min(available, kMaxSheetFrames);
  progress.enter(WorkPhase::Assembling);
  progress.begin("making the contact sheet", "frames", static_cast<double>(count));
  const Image sheet = make_contact_sheet(count, [&](std::int64_t i) {
    progress.check_cancelled();
    progress.update(static_cast<double>(i));
    const std::int64_t place = count < 2 ? 0 : i * (available - 1) / (count - 1);
    return frame(film[static_cast<std::size_t>(place)]);
  });
  write_png(output, sheet);
  progress.update(static_cast<double>(count));
}

}  // namespace ptravel
