#include "sdapi/progress.h"

#include <algorithm>
#include <chrono>

#include "base/base64.h"
#include "media/image_file.h"

namespace ptravel {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A travel of the queue as the web UI would show it: one job for each frame.
void view_travel(const SdState& state, const JobRecord& job, SdProgress& progress) {
  SdWork::View& view = progress.view;
  progress.job = job.id;
  view.job = job.request.init_image.empty() ? "scripts_txt2img" : "scripts_img2img";
  view.job_count = job.frames_total > 0 ? static_cast<int>(job.frames_total) : -1;
  view.job_no = static_cast<int>(job.frames_done);
  const SamplingPlace place = state.context.queue.progress().sampling;
  view.sampling_step = place.step;
  view.sampling_steps = place.steps;
  view.elapsed = job.started > 0 ? std::max(seconds_since_1970() - job.started, 0.0) : 0;
}

}  // namespace

SdProgress sd_progress(const SdState& state) {
  SdProgress progress;
  progress.view = state.work.view();
  SdWork::View& view = progress.view;
  if (view.job_count == 0) {
    if (const auto job = state.context.queue.current()) {
      view_travel(state, *job, progress);
    }
  }
  if (view.job_count == 0) {
    return progress;
  }
  constexpr double kBegun = 0.01;
  double done = kBegun;
  if (view.job_count > 0) {
    done += static_cast<double>(view.job_no) / view.job_count;
    if (view.sampling_steps > 0) {
      done += static_cast<double>(view.sampling_step) / view.sampling_steps / view.job_count;
    }
  }
  progress.progress = std::min(done, 1.0);
  progress.eta_relative = view.elapsed / done - view.elapsed;
  return progress;
}

std::shared_ptr<const SdPreview> SdPreviews::written(const LivePreview& preview) const {
  const std::lock_guard lock(mutex_);
  if (!newest_ || newest_->number != preview.number) {
    newest_ = std::make_shared<const SdPreview>(
        SdPreview{preview.number, to_base64(encode_png(preview.image))});
  }
  return newest_;
}

std::shared_ptr<const SdPreview> sd_preview(const SdState& state, const SdProgress& progress) {
  if (progress.view.job_count == 0 || !state.options.kept_boolean("live_previews_enable")) {
    return nullptr;
  }
  const auto preview = state.context.queue.preview();
  if (!preview || preview->job != progress.job || preview->image.pixels.empty()) {
    return nullptr;
  }
  return state.previews.written(*preview);
}

}  // namespace ptravel
