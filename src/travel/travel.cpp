#include "ptravel/travel.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>

#include "base/profile_scope.h"
#include "base/text.h"
#ifdef PTRAVEL_WITH_MEDIA
#include "media/image_file.h"
#endif
#include "motion/pace.h"
#include "pipeline/pipeline.h"
#include "ptravel/error.h"
#include "request/frame_settings.h"
#include "request/hires.h"
#include "request/mask_files.h"
#include "request/slice.h"
#include "tensor/kernel_family.h"
#include "tensor/library_errors.h"
#include "tensor/thread_scope.h"
#include "travel/bridge.h"
#include "travel/frame_renderer.h"
#include "travel/frame_units.h"
#include "travel/open_model.h"
#include "travel/pace_way.h"
#include "travel/prompt_files.h"
#include "travel/step_counter.h"

namespace ptravel {
namespace {

ModelIdentity identify(const OpenModel& model,
                       const TravelRequest& request,
                       const TravelLoras& loras,
                       const Progress& progress) {
  const std::string& init_image = request.init_image;
  const auto hash = [&](const std::filesystem::path& file) {
    return file_sha256(file, [&] { progress.check_cancelled(); });
  };
  const ModelFiles& files = model.files();
  ModelIdentity identity;
  std::filesystem::path path = files.path;
  if (!path.has_filename()) {
    path = path.parent_path();
  }
  identity.name =
      std::filesystem::is_directory(path) ? path.filename().string() : path.stem().string();
  const std::vector<ModelAddon> addons = loras.all();
  for (const FileStamp& stamp : model.stamps()) {
    if (std::ranges::none_of(addons, [&](const auto& lora) { return lora.path == stamp.path; })) {
      identity.files.push_back({stamp.role, stamp.name, hash(stamp.path)});
    }
  }
  std::set<std::filesystem::path> told;
  for (const ModelAddon& lora : addons) {
    identity.lora_hashes.emplace_back(lora.name, lora_short_hash(lora.path));
    if (told.insert(lora.path).second) {
      identity.files.push_back({lora.role, lora.path.filename().string(), hash(lora.path)});
    }
  }
  identity.loras_beside = loras.names_beside();
  identity.sha256 = hash(model_hash_file(files.path));
  if (!files.vae_path.empty()) {
    identity.vae_name = files.vae_path.filename().string();
    identity.vae_sha256 = hash(files.vae_path);
  }
  if (request.vae_decoder == VaeDecoder::Tiny) {
    identity.vae_decoder_sha256 = hash(*model.tiny_decoder());
  }
  if (!init_image.empty()) {
    identity.init_image_name = std::filesystem::path(init_image).filename().string();
    identity.init_image_sha256 = hash(init_image);
    identity.files.push_back(
        {"init picture", identity.init_image_name, identity.init_image_sha256});
  }
  for (const std::string& mask : mask_files(request)) {
    const std::string sha256 = hash(mask);
    identity.mask_sha256[mask] = sha256;
    identity.files.push_back({"mask", std::filesystem::path(mask).filename().string(), sha256});
  }
  if (const auto network = hires_network(request)) {
    identity.files.push_back({"upscaler", network->filename().string(), hash(*network)});
  }
  identity.takes_mask = files.picture == PictureInput::Masked;
  identity.edits = files.picture == PictureInput::Edited;
  identity.kernels = kernel_family(model.compute().device);
  return identity;
}

/// What is wrong with the file though it could be read goes to `notes`.
std::optional<Image> load_init_image(const std::string& path, std::vector<std::string>& notes) {
  if (path.empty()) {
    return std::nullopt;
  }
#ifdef PTRAVEL_WITH_MEDIA
  const auto profile = ProfileScope::part("reading pictures");
  LoadedImage loaded = read_image(path);
  if (!loaded.note.empty()) {
    notes.push_back(path + ": " + loaded.note);
  }
  return std::move(loaded.image);
#else
  throw Error(ErrorCode::Unsupported,
              "[init_image] " + path + ": this build cannot read picture files");
#endif
}

void load_model(TravelScene& scene, Progress& progress, const TravelOptions& options) {
  const auto profile = ProfileScope::part("loading");
  progress.begin("reading the model's hash", "", 0);
  scene.identity = identify(scene.pipeline->model(), scene.request, scene.loras, progress);
  identify_prompt_files(scene.plan, scene.request, *scene.pipeline, scene.identity);
  if (options.check_model) {
    options.check_model(scene.identity);
  }
  if (options.store != nullptr) {
    scene.pipeline->load(*options.store, progress);
  } else {
    scene.pipeline->load(progress);
  }
  if (options.sketches.show) {
    scene.sketcher.emplace(options.sketches,
                           [&pipeline = *scene.pipeline](const at::Tensor& latent) {
                             return pipeline.sketch(latent);
                           });
  }
}

/// The pipeline tells one progress what it reads, for as long as this lives.
class Reporting {
 public:
  Reporting(Pipeline& pipeline, Progress& progress) : pipeline_(pipeline) {
    pipeline.report_to(&progress);
  }
  ~Reporting() { pipeline_.report_to(nullptr); }
  Reporting(const Reporting&) = delete;
  Reporting& operator=(const Reporting&) = delete;

 private:
  Pipeline& pipeline_;
};

/// Stages that are attended to are one text each.
void check_attention(TravelScene& scene) {
  if (attention_calls(scene.request) == 0) {
    return;
  }
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < scene.plan.prompts.size(); ++i) {
    const FramePlace place{static_cast<std::int64_t>(i), 0, 0, 0, 0};
    if (scene.route->conditioning(place, {}).parts.size() > 1) {
      problems.push_back({"prompt", "stage " + std::to_string(i + 1) +
                                        " has AND: expected a single part with attention "
                                        "interpolation, or that off"});
    }
  }
  throw_request_problems(problems);
}

/// What is to be told of the LoRAs of all stages.
std::vector<std::string> notes_on_loras(const TravelScene& scene) {
  std::vector<std::string> notes = scene.loras.notes();
  const auto add = [&](const std::vector<std::string>& more) {
    for (const std::string& note : more) {
      if (std::ranges::find(notes, note) == notes.end()) {
        notes.push_back(note);
      }
    }
  };
  add(scene.pipeline->model().addon_notes());
  for (std::int64_t stage = 1; !scene.loras.same_everywhere() && stage < scene.plan.stage_count();
       ++stage) {
    add(scene.pipeline->model().with_addons(scene.loras.at({stage}))->addon_notes());
  }
  return notes;
}

/// The stages' prompts, and those of a second pass.
std::vector<std::string> all_prompts(const TravelScene& scene) {
  std::vector<std::string> prompts = scene.plan.prompts;
  if (scene.request.hires && !scene.request.hires_prompt.empty()) {
    std::ranges::copy(second_pass_plan(scene.plan, scene.request).prompts,
                      std::back_inserter(prompts));
  }
  return prompts;
}

int sampling_steps(const TravelRequest& request) {
  return reported_steps(sampling_settings(request), !request.init_image.empty());
}

/// The steps that the kinds of bridge mix; an embryo's are the same everywhere.
std::vector<int> mixed_steps(const TravelRequest& request) {
  const int shared = request.genesis == Genesis::Embryo ? embryo_steps(request) : 0;
  return bridge_steps(request.bridge, sampling_steps(request), shared);
}

}  // namespace

/// The scene under a name that the public header can declare without LibTorch.
struct Travel::State : TravelScene {
  std::vector<std::string> init_image_notes;
  std::vector<std::string> lora_notes;
  std::optional<std::string> threads_note;
};

Travel::Travel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Travel::~Travel() = default;

std::unique_ptr<Travel> Travel::open(const TravelRequest& request,
                                     Progress& progress,
                                     const TravelOptions& options) try {
  progress.enter(WorkPhase::Loading);
  auto state = std::make_unique<State>();
  state->request = request;
  state->threads_note = limit_threads(state->request.threads);
  const ThreadScope threads(state->request.threads);
  PTRAVEL_CHECK(std::ranges::all_of(request.seed, &Seed::given));
  state->loras = TravelLoras::of(state->request);
  state->pipeline = open_checked(state->request, state->loras, options.loras_beside);
  state->plan = plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                            stage_rules(request));
  state->init_image = load_init_image(request.init_image, state->init_image_notes);
  state->masks = read_masks(state->request, state->init_image);
  state->lora_notes = notes_on_loras(*state);
  load_model(*state, progress, options);
  const Reporting reporting(*state->pipeline, progress);
  state->route.emplace(state->plan, state->request, *state->pipeline, options.first_stage, progress,
                       &state->loras);
  if (request.hires) {
    state->second_pass.emplace(state->plan, state->request, *state->pipeline, options.first_stage,
                               progress, state->loras);
  }
  pick_and_pad(request.pick, 0, state->frame_count());  // The first version may draw fewer frames.
  check_attention(*state);
  return std::unique_ptr<Travel>(new Travel(std::move(state)));
} catch (...) {
  throw library_error_in_flight("opening the model");
}

const ModelIdentity& Travel::model() const { return state_->identity; }

std::int64_t Travel::frame_count() const { return state_->frame_count(); }

std::vector<std::int64_t> Travel::stage_frames() const {
  return ptravel::stage_frames(state_->route->places());
}

std::vector<std::string> Travel::notes() const {
  std::vector<std::string> notes = state_->pipeline->files().notes;
  notes.insert(notes.end(), state_->init_image_notes.begin(), state_->init_image_notes.end());
  if (state_->threads_note) {
    notes.push_back(*state_->threads_note);
  }
  for (std::string& note : prompt_file_notes(all_prompts(*state_), *state_->pipeline)) {
    notes.push_back(std::move(note));
  }
  notes.insert(notes.end(), state_->lora_notes.begin(), state_->lora_notes.end());
  std::set<std::string> tags;
  for (const std::string& prompt : all_prompts(*state_)) {
    for (const std::string& name : unknown_network_names(prompt)) {
      tags.insert("<" + name + ">");
    }
  }
  for (const std::string& tag : tags) {
    notes.push_back(tag +
                    " in the prompt is left out: extra networks of this kind are not supported");
  }
  return notes;
}

std::vector<FrameUnit> Travel::units() const {
  return frame_units(state_->route->places(), state_->route->order(), state_->request,
                     state_->at_once());
}

const TravelRequest& Travel::request() const { return state_->request; }

int Travel::frames_at_once() const { return state_->at_once(); }

bool Travel::on_card() const { return !state_->pipeline->compute().device.is_cpu(); }

PaceResult Travel::find_pace(PlacePictures& pictures, FrameSink& sink, Progress& progress) try {
  const ThreadScope threads(state_->request.threads);
  const TravelRequest& request = state_->request;
  PTRAVEL_CHECK(is_paced(request));
  const Reporting reporting(*state_->pipeline, progress);
  Route& route = *state_->route;
  PaceResult result;
  PaceTask task;
  task.in_betweens = state_->plan.steps;
  task.loops = state_->plan.loops;
  task.budget = request.pace_budget;
  if (request.easing != Easing::Linear) {
    task.easing = [&](double share) { return eased(share, request.easing); };
  }
  result.pace.walk_steps = route.finest_walk_steps(request.pace_budget);
  if (result.pace.walk_steps.empty()) {
    task.shares_frames = parse_number(request.travel_steps).has_value();
  } else {
    route.set_walk_steps(result.pace.walk_steps);
    task.positions = result.pace.walk_steps;
  }
  progress.enter(WorkPhase::Drawing);
  progress.begin("finding an even pace", "pictures",
                 static_cast<double>(pace_pictures(frame_count(), request.pace_budget)));
  const std::vector<int> steps = mixed_steps(request);
  const int run = sampling_steps(request);
  for (const int mixed : steps) {
    task.bridge_costs.push_back(kDecodingShare +
                                (1 - kDecodingShare) * static_cast<double>(run - mixed) / run);
  }
  PaceWay way(*state_, pictures, steps, sink, progress);
  const PacedFilm film = ptravel::find_pace(task, way);
  result.pace.alphas = film.alphas;
  result.pace.bridges = way.film_bridges(film.bridges);
  route.set_bridges(result.pace.bridges);
  result.pictures = film.pictures;
  result.largest_over_median = film.largest_over_median;
  for (const WayJump& jump : film.jumps) {
    result.jumps.push_back({jump.from.gap, jump.from.alpha,
                            jump.to.gap == jump.from.gap ? jump.to.alpha : 1, jump.distance});
  }
  return result;
} catch (...) {
  throw library_error_in_flight("finding the pace");
}

void Travel::set_pace(const FilmPace& pace) { state_->route->set_pace(pace); }

void Travel::render(const FrameSelection& selection, FrameSink& sink, Progress& progress) try {
  const ThreadScope threads(state_->request.threads);
  progress.enter(WorkPhase::Drawing);
  progress.begin("drawing", "frames", static_cast<double>(frame_count()));
  const Reporting reporting(*state_->pipeline, progress);
  sink.begin(frame_count());
  FrameRenderer(*state_, progress).render(selection, sink);
  sink.finish();
} catch (...) {
  throw library_error_in_flight("drawing");
}

RenderedFrame Travel::render_spot(const FrameSpot& spot,
                                  const std::optional<Image>& previous,
                                  Progress& progress) try {
  const ThreadScope threads(state_->request.threads);
  progress.enter(WorkPhase::Drawing);
  progress.begin("drawing", "frames", 1);
  const Reporting reporting(*state_->pipeline, progress);
  return FrameRenderer(*state_, progress).render_spot(spot, previous);
} catch (...) {
  throw library_error_in_flight("drawing");
}

}  // namespace ptravel
