#include "ptravel/travel.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "media/resize.h"
#ifdef PTRAVEL_WITH_MEDIA
#include "media/image_file.h"
#endif
#include "pipeline/latents.h"
#include "pipeline/pipeline.h"
#include "ptravel/error.h"
#include "travel/frame_metadata.h"
#include "travel/route.h"

namespace ptravel {
namespace {

PipelineOptions pipeline_options(const TravelRequest& request) {
  PipelineOptions options;
  options.model = request.model;
  options.vae = request.vae;
  options.prediction = request.prediction;
  options.device = request.device;
  options.precision = request.precision;
  options.threads = request.threads;
  return options;
}

SamplingSettings sampling_settings(const TravelRequest& request) {
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  SamplingSettings settings;
  settings.sampler = choice.sampler;
  settings.schedule = choice.schedule;
  settings.num_steps = request.steps;
  settings.guidance_scale = request.cfg_scale;
  settings.sampler_options.eta = request.eta;
  settings.sampler_options.s_churn = request.s_churn;
  settings.sampler_options.s_tmin = request.s_tmin;
  settings.sampler_options.s_tmax = request.s_tmax;
  settings.sampler_options.s_noise = request.s_noise;
  settings.denoising_strength = request.denoise_strength;
  settings.fix_steps = request.img2img_fix_steps;
  settings.noise_multiplier = request.noise_multiplier;
  return settings;
}

PromptOptions prompt_options(const TravelRequest& request) {
  PromptOptions options;
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  options.planned_calls = planned_calls(find_sampler(choice.sampler), request.steps);
  options.clip_skip = request.clip_skip;
  options.emphasis = request.emphasis;
  options.comma_padding_backtrack = request.comma_backtrack;
  options.old_scheduling = request.old_prompt_editing;
  options.pad_cond_uncond = request.pad_cond_uncond;
  return options;
}

ImageSeed image_seed(const TravelRequest& request, int size_factor) {
  ImageSeed seed;
  seed.seed = static_cast<std::uint64_t>(request.seed);
  seed.subseed = static_cast<std::uint64_t>(request.subseed);
  seed.subseed_strength = request.subseed_strength;
  seed.resize_from_height = request.seed_resize_from_height / size_factor;
  seed.resize_from_width = request.seed_resize_from_width / size_factor;
  seed.ensd = request.ensd;
  seed.source = request.rng;
  return seed;
}

Precision precision_of(const Compute& compute) {
  switch (compute.dtype) {
    case at::kBFloat16:
      return Precision::Bf16;
    case at::kHalf:
      return Precision::Fp16;
    default:
      return Precision::Fp32;
  }
}

ModelIdentity identify(const ModelFiles& files) {
  ModelIdentity identity;
  std::filesystem::path path = files.path;
  if (!path.has_filename()) {
    path = path.parent_path();
  }
  identity.name =
      std::filesystem::is_directory(path) ? path.filename().string() : path.stem().string();
  identity.sha256 = file_sha256(model_hash_file(files.path));
  if (!files.vae_path.empty()) {
    identity.vae_name = files.vae_path.filename().string();
    identity.vae_sha256 = file_sha256(files.vae_path);
  }
  return identity;
}

std::optional<Image> load_init_image(const std::string& path) {
  if (path.empty()) {
    return std::nullopt;
  }
#ifdef PTRAVEL_WITH_MEDIA
  return read_image(path).image;
#else
  throw Error(ErrorCode::Unsupported,
              "[init_image] " + path + ": this build cannot read picture files");
#endif
}

std::vector<RequestProblem> check_against_model(const TravelRequest& request,
                                                const Pipeline& pipeline) {
  std::vector<RequestProblem> problems = validate_request(request, {pipeline.size_factor()});
  const std::int64_t layers = pipeline.files().clip.num_layers;
  if (request.clip_skip > layers) {
    problems.push_back({"clip_skip", std::to_string(request.clip_skip) +
                                         ", expected at most the text encoder's " +
                                         std::to_string(layers) + " layers"});
  }
  return problems;
}

/// Turns the sampler's steps into fractions of frames for the progress display.
class StepCounter {
 public:
  StepCounter(Progress& progress, double frames_before, double frames, int steps)
      : progress_(progress), before_(frames_before), frames_(frames), steps_(std::max(steps, 1)) {}

  SamplingHooks hooks() {
    SamplingHooks hooks;
    hooks.on_step = [this](const SamplerStep& step) {
      // Pictures that are drawn one after the other begin again at step 0.
      rounds_ += step.index == 0 && last_index_ > 0 ? 1 : 0;
      last_index_ = step.index;
      const double part = std::min(1.0, static_cast<double>(step.index + 1) / steps_);
      progress_.update(before_ + std::min(frames_, rounds_ > 0 ? rounds_ + part : frames_ * part) *
                                     kSamplingShare);
    };
    hooks.check_cancelled = [this] { progress_.check_cancelled(); };
    return hooks;
  }

 private:
  static constexpr double kSamplingShare = 0.95;  // the rest of a frame's time is decoding
  Progress& progress_;
  double before_;
  double frames_;
  int steps_;
  int last_index_ = -1;
  double rounds_ = 0;
};

}  // namespace

struct Travel::State {
  TravelRequest request;
  StagePlan plan;
  std::unique_ptr<Pipeline> pipeline;
  std::optional<Route> route;
  ModelIdentity identity;
  at::Tensor init_latent;  // [1, C, h, w] of the user's init picture; undefined without one

  FrameSpot spot(std::int64_t index) const;
  FrameTexts texts(std::int64_t stage, double alpha) const;
  at::Tensor latent_of(const Image& image) const;
  std::vector<Image> draw(const std::vector<FramePlace>& places, const at::Tensor& start,
                          StepCounter& counter) const;
  void render_fixed(const FrameSelection& selection, FrameSink& sink, Progress& progress) const;
  void render_successive(const FrameSelection& selection, FrameSink& sink,
                         Progress& progress) const;
};

FrameSpot Travel::State::spot(std::int64_t index) const {
  const FramePlace& place = route->places().at(static_cast<std::size_t>(index));
  return {index, static_cast<std::int64_t>(route->places().size()), place.stage,
          static_cast<std::int64_t>(plan.prompts.size()), place.alpha};
}

FrameTexts Travel::State::texts(std::int64_t stage, double alpha) const {
  const auto from = static_cast<std::size_t>(stage);
  const std::size_t shown = from + (alpha > 0 ? 1 : 0);
  return {plan.prompts.at(shown), plan.negative_prompts.at(shown), plan.prompts.at(from),
          plan.negative_prompts.at(from)};
}

at::Tensor Travel::State::latent_of(const Image& image) const {
  const Image sized =
      resize_for_img2img(image, request.width, request.height, request.resize_mode);
  return encode_latent(pipeline->vae(), sized);
}

/// Draws frames that all start from `start` [1, C, h, w], or from noise when it is undefined.
std::vector<Image> Travel::State::draw(const std::vector<FramePlace>& places,
                                       const at::Tensor& start, StepCounter& counter) const {
  PictureBatch batch;
  batch.width = request.width;
  batch.height = request.height;
  for (const FramePlace& place : places) {
    batch.images.push_back(route->conditioning(place));
    batch.seeds.push_back(image_seed(request, pipeline->size_factor()));
  }
  if (start.defined()) {
    batch.init_latent = start.repeat({static_cast<std::int64_t>(places.size()), 1, 1, 1});
  }
  const at::Tensor latents =
      pipeline->sample(sampling_settings(request), batch, counter.hooks());
  return decode_latents(pipeline->vae(), latents);
}

void Travel::State::render_fixed(const FrameSelection& selection, FrameSink& sink,
                                 Progress& progress) const {
  const auto count = static_cast<std::int64_t>(route->places().size());
  const int steps = reported_steps(sampling_settings(request), init_latent.defined());
  for (std::int64_t first = 0; first < count; first += request.batch) {
    const std::int64_t last = std::min(count, first + request.batch);
    std::vector<std::int64_t> wanted;
    for (std::int64_t index = first; index < last; ++index) {
      if (!selection.wanted || selection.wanted(index)) {
        wanted.push_back(index);
      }
    }
    if (!wanted.empty()) {
      const std::vector<FramePlace> places(route->places().begin() + first,
                                           route->places().begin() + last);
      StepCounter counter(progress, static_cast<double>(first),
                          static_cast<double>(last - first), steps);
      const std::vector<Image> images = draw(places, init_latent, counter);
      for (const std::int64_t index : wanted) {
        const FrameSpot where = spot(index);
        sink.add({index, images.at(static_cast<std::size_t>(index - first)),
                  frame_parameters(request, identity, texts(where.stage, where.alpha), where)});
      }
    }
    progress.update(static_cast<double>(last));
  }
}

void Travel::State::render_successive(const FrameSelection& selection, FrameSink& sink,
                                      Progress& progress) const {
  const auto count = static_cast<std::int64_t>(route->places().size());
  Image previous;
  for (std::int64_t index = 0; index < count; ++index) {
    if (selection.wanted && !selection.wanted(index)) {
      previous = Image();  // Read back only if the next frame is to be drawn.
      progress.update(static_cast<double>(index + 1));
      continue;
    }
    at::Tensor start = init_latent;
    if (index > 0) {
      if (previous.pixels.empty()) {
        PTRAVEL_CHECK(selection.finished);
        previous = selection.finished(index - 1);
      }
      start = latent_of(previous);
    }
    const int steps = reported_steps(sampling_settings(request), start.defined());
    StepCounter counter(progress, static_cast<double>(index), 1, steps);
    previous = draw({route->places().at(static_cast<std::size_t>(index))}, start, counter).front();
    const FrameSpot where = spot(index);
    sink.add({index, previous,
              frame_parameters(request, identity, texts(where.stage, where.alpha), where)});
    progress.update(static_cast<double>(index + 1));
  }
}

Travel::Travel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Travel::~Travel() = default;

std::unique_ptr<Travel> Travel::open(const TravelRequest& request, Progress& progress) {
  auto state = std::make_unique<State>();
  state->request = request;
  PTRAVEL_CHECK(request.seed >= 0 && request.subseed >= 0);
  state->pipeline = Pipeline::open(pipeline_options(request));
  throw_request_problems(check_against_model(request, *state->pipeline));
  state->request.precision = precision_of(state->pipeline->compute());
  state->plan = plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                            SingleStage::Keep);
  const std::optional<Image> init_image = load_init_image(request.init_image);
  progress.begin("reading the model's hash", "", 0);
  state->identity = identify(state->pipeline->files());
  state->pipeline->load(progress);
  state->route.emplace(state->plan, state->request, state->pipeline->encoder(),
                       prompt_options(state->request), progress);
  if (init_image) {
    state->init_latent = state->latent_of(*init_image);
  }
  return std::unique_ptr<Travel>(new Travel(std::move(state)));
}

const ModelIdentity& Travel::model() const { return state_->identity; }

std::int64_t Travel::frame_count() const {
  return static_cast<std::int64_t>(state_->route->places().size());
}

Precision Travel::precision() const { return state_->request.precision; }

void Travel::render(const FrameSelection& selection, FrameSink& sink, Progress& progress) {
  std::int64_t finished = 0;
  for (std::int64_t index = 0; index < frame_count(); ++index) {
    finished += selection.wanted && !selection.wanted(index) ? 1 : 0;
  }
  progress.begin("drawing", "frames", static_cast<double>(frame_count()));
  progress.set_initial(static_cast<double>(finished));
  sink.begin(frame_count());
  if (state_->request.genesis == Genesis::Successive) {
    state_->render_successive(selection, sink, progress);
  } else {
    state_->render_fixed(selection, sink, progress);
  }
  sink.finish();
}

RenderedFrame Travel::render_spot(const FrameSpot& spot, const std::optional<Image>& previous,
                                  Progress& progress) {
  const TravelRequest& request = state_->request;
  progress.begin("drawing", "frames", 1);
  at::Tensor start = state_->init_latent;
  if (request.genesis == Genesis::Successive && spot.index > 0) {
    PTRAVEL_CHECK(previous.has_value());
    start = state_->latent_of(*previous);
  }
  StepCounter counter(progress, 0, 1,
                      reported_steps(sampling_settings(request), start.defined()));
  RenderedFrame frame;
  frame.index = spot.index;
  frame.image = state_->draw({{0, spot.alpha}}, start, counter).front();
  frame.parameters =
      frame_parameters(request, state_->identity, state_->texts(0, spot.alpha), spot);
  progress.update(1);
  return frame;
}

}  // namespace ptravel
