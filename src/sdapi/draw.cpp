#include "sdapi/draw.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ptravel/travel.h"
#include "request/frame_settings.h"

namespace ptravel {
namespace {

/// Takes the frames of one batch.
class BatchSink : public FrameSink {
 public:
  BatchSink(SdDrawing& drawing, int first) : drawing_(drawing), first_(first) {}
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override {
    SdPicture picture;
    picture.number = first_ + static_cast<int>(frame.index);
    picture.image = frame.image;
    drawing_.pictures.push_back(std::move(picture));
  }
  void finish() override {}

 private:
  SdDrawing& drawing_;
  int first_;
};

/// Pictures [first, first + count) as the stages of a travel without a way between them.
TravelRequest batch_request(const SdPlan& plan, const ServeLimits& limits, int first, int count) {
  TravelRequest request = plan.request;
  const std::string line = one_stage(plan.prompt);
  request.prompt = line;
  request.seed.clear();
  for (int i = 0; i < count; ++i) {
    request.prompt += i > 0 ? "\n" + line : "";
    request.seed.emplace_back(plan.seed_of(first + i));
  }
  request.subseed = Seed(plan.subseed_of(first));
  request.travel_steps = "0";
  const std::int64_t pixels = most_pixels_of(request);
  const std::int64_t together =
      std::max<std::int64_t>(limits.pixels / std::max<std::int64_t>(pixels, 1), 1);
  constexpr std::int64_t kMostTogether = 16;
  request.batch = static_cast<int>(std::min({together, std::int64_t{count}, kMostTogether}));
  return request;
}

/// A progress of its own for each batch, so that skip ends the batch and interrupt the request.
class BatchProgress {
 public:
  BatchProgress(SdWork& work, Progress& whole, int job_no)
      : work_(work),
        progress_([this, &whole](const ProgressSnapshot& now) { pass_on(now, whole); }) {
    whole.check_cancelled();
    work_.begin_batch(job_no, &progress_);
  }
  ~BatchProgress() { work_.end_batch(); }
  BatchProgress(const BatchProgress&) = delete;
  BatchProgress& operator=(const BatchProgress&) = delete;
  Progress& progress() { return progress_; }

 private:
  void pass_on(const ProgressSnapshot& now, Progress& whole) {
    if (whole.cancelled()) {
      progress_.cancel();
    }
    if (now.activity != activity_) {
      activity_ = now.activity;
      whole.enter(now.phase);
      whole.begin(now.activity, now.unit, now.total);
    }
    whole.update(now.done, now.sampling);
    if (now.sampling.steps > 0) {
      work_.set_sampling(now.sampling);
    }
  }

  SdWork& work_;
  std::string activity_;
  Progress progress_;
};

/// Ends the view of the work however it ends.
class WorkView {
 public:
  explicit WorkView(SdWork& work) : work_(work) {}
  ~WorkView() { work_.end(); }
  WorkView(const WorkView&) = delete;
  WorkView& operator=(const WorkView&) = delete;

 private:
  SdWork& work_;
};

void draw_batch(const TravelRequest& request,
                int first,
                ModelStore& models,
                Progress& progress,
                const SketchOptions& sketches,
                SdDrawing& drawing) {
  TravelOptions options;
  options.store = &models;
  options.sketches = sketches;
  const std::unique_ptr<Travel> travel = Travel::open(request, progress, options);
  drawing.request = travel->request();
  drawing.model = travel->model();
  BatchSink sink(drawing, first);
  FrameSelection selection;
  selection.with_log = false;
  travel->render(selection, sink, progress);
}

/// How many pictures are drawn in one call: variations have seeds that no list of a travel has.
int batch_pictures(const SdPlan& plan) { return plan.varies() ? 1 : plan.batch_size; }

/// Draws one round of batch_size pictures; whether the request goes on.
bool draw_round(SdState& state,
                const SdPlan& plan,
                int round,
                ModelStore& models,
                Progress& whole,
                SdDrawing& drawing) {
  try {
    BatchProgress batch(state.work, whole, round);
    const int each = batch_pictures(plan);
    for (int i = 0; i < plan.batch_size; i += each) {
      const int first = round * plan.batch_size + i;
      draw_batch(batch_request(plan, state.context.options.limits, first, each), first, models,
                 batch.progress(), state.context.queue.sketches(), drawing);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Cancelled) {
      throw;
    }
    const SdWork::View view = state.work.view();
    return view.skipped && !view.interrupted && !whole.cancelled();
  }
  return true;
}

}  // namespace

SdDrawing draw_pictures(SdState& state, const SdPlan& plan) {
  SdDrawing drawing;
  drawing.request = plan.request;
  const SdWork::Ticket ticket(state.work, plan.body.text("force_task_id"));
  try {
    state.context.queue.run_task("drawing", [&](ModelStore& models, Progress& progress) {
      SdWork::View beginning;
      beginning.task = ticket.task();
      beginning.job = plan.img2img ? "scripts_img2img" : "scripts_txt2img";
      beginning.job_count = plan.n_iter;
      beginning.sampling_steps = reported_steps(sampling_settings(plan.request), plan.img2img);
      state.work.begin(beginning);
      const WorkView view(state.work);
      drawing.timestamp = state.work.view().timestamp;
      for (int round = 0; round < plan.n_iter; ++round) {
        if (!draw_round(state, plan, round, models, progress, drawing)) {
          break;
        }
      }
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Cancelled) {
      throw;
    }
  }
  std::sort(drawing.pictures.begin(), drawing.pictures.end(),
            [](const SdPicture& a, const SdPicture& b) { return a.number < b.number; });
  for (SdPicture& picture : drawing.pictures) {
    picture.parameters = sd_parameters(plan, drawing.request, drawing.model, picture.number);
  }
  drawing.parameters = sd_parameters(plan, drawing.request, drawing.model, 0);
  return drawing;
}

}  // namespace ptravel
