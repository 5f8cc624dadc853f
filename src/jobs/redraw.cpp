#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/profile_scope.h"
#include "base/text.h"
#include "jobs/find_run_files.h"
#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_pace.h"
#include "jobs/same_files.h"
#include "media/image_file.h"
#include "pipeline/named_vae.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/models_folders.h"
#include "ptravel/travel.h"
#include "request/frame_places.h"
#include "request/mask_files.h"
#include "request/picture_request.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// What the picture tells, read as its program meant it; what is wrong with its file is a note.
PictureRequest request_of(const fs::path& picture,
                          const std::set<std::string>& given,
                          const RunEventSink& events) {
  const LoadedImage loaded = read_image(picture);
  const PictureSource source{loaded.texts, loaded.image.width, loaded.image.height};
  PictureRequest request = read_picture_request(source, picture.string(), given);
  if (!loaded.note.empty()) {
    events({RunEvent::Kind::Note, "note: " + picture.string() + ": " + loaded.note, {}, 0});
  }
  return request;
}

/// One note for everything in the picture that is not done here.
void tell_notes(const fs::path& picture,
                const PictureParameters& parameters,
                const TravelRequest& request,
                const RunEventSink& events) {
  for (const PictureNote& note : parameters.notes) {
    if (note.field.empty() || request_field_text(request, note.field).empty()) {
      events({RunEvent::Kind::Note, "note: " + picture.string() + ": " + note.text, {}, 0});
    }
  }
}

using Overrides = std::vector<std::pair<std::string, std::string>>;

/// Where the manifest of the run that the picture lies in would be.
fs::path manifest_beside(const fs::path& picture) {
  return fs::absolute(picture).parent_path() / "travel.json";
}

/// Where the picture lies, its run's manifest knows what the picture itself does not tell: where
/// the model, the VAE and the init picture are.
void fill_from_manifest(const Manifest& manifest, TravelRequest& request) {
  request.model = manifest.request.model;
  request.vae = manifest.request.vae;
  request.models_dir = manifest.request.models_dir;
  request.prediction = manifest.request.prediction;
  request.init_image = manifest.request.init_image;
  request.resize_mode = manifest.request.resize_mode;
  request.mask = manifest.request.mask;
}

/// Opens the travel: what only the model brings to light names the picture and its key too.
template <typename Open>
std::unique_ptr<Travel> with_picture_keys(const Open& open,
                                          const PictureRequest& picture,
                                          const fs::path& name,
                                          const std::set<std::string>& given) {
  try {
    return open();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) {
      throw;
    }
    std::vector<Problem> problems = error.problems();
    if (problems.empty()) {  // A prompt that cannot be understood.
      problems.push_back({name.string(), error.what()});
    }
    name_picture_keys(problems, picture, name.string(), given);
    throw Error(error.code(), std::move(problems));
  }
}

fs::path default_output(const fs::path& picture) {
  fs::path output = picture;
  output.replace_filename(picture.stem().string() + "-again.png");
  return output;
}

/// Frames that hang together with the whole travel are drawn by it: the run's other frames are read
/// from its folder.
class OneFrameSink : public FrameSink {
 public:
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override { frame_ = frame; }
  void finish() override {}
  const RenderedFrame& frame() const {
    PTRAVEL_CHECK(frame_);
    return *frame_;
  }

 private:
  std::optional<RenderedFrame> frame_;
};

RenderedFrame draw_in_travel(Travel& travel,
                             const fs::path& folder,
                             std::int64_t index,
                             Progress& progress) {
  FrameSelection selection;
  selection.with_log = false;
  selection.wanted = [index](std::int64_t other) { return other == index; };
  selection.finished = [&](std::int64_t other) {
    const fs::path path = folder / frame_file_name(other);
    if (!fs::exists(path)) {
      throw Error(ErrorCode::NotFound, "[from] frame " + std::to_string(index) +
                                           " is drawn by way of frame " + std::to_string(other) +
                                           ", but " + path.string() + " is not there");
    }
    const auto profile = ProfileScope::part("reading pictures");
    return read_image(path).image;
  };
  OneFrameSink sink;
  travel.render(selection, sink, progress);
  return sink.frame();
}

/// The request of the run that the picture belongs to.
TravelRequest whole_request(const std::optional<Manifest>& manifest, const fs::path& picture) {
  if (!manifest) {
    throw Error(ErrorCode::NotFound, "[from] " + picture.string() +
                                         ": is part of a whole travel (its mode or genesis), "
                                         "expected its run's travel.json beside it");
  }
  return manifest->request;
}

/// Says when a file is not the one that the picture tells of; `hash` is the first digits, or empty.
void tell_other_file(const char* what,
                     const std::string& hash,
                     const std::string& sha256,
                     const RunEventSink& events) {
  if (!hash.empty() && !sha256.starts_with(hash)) {
    const std::string now =
        sha256.empty() ? "there is none now" : "this one has " + sha256.substr(0, 10);
    events({RunEvent::Kind::Note,
            std::string("note: the picture was drawn ") + what + " with hash " + hash + ", " + now,
            {},
            0});
  }
}

/// The same for each LoRA whose hash the picture tells: "name: hash, name: hash".
void tell_other_loras(const std::string& told,
                      const ModelIdentity& model,
                      const RunEventSink& events) {
  for (const std::string_view part : split(told, ',')) {
    const std::size_t colon = part.find(':');
    const std::string name(trimmed(part.substr(0, colon)));
    const auto now = std::find_if(model.lora_hashes.begin(), model.lora_hashes.end(),
                                  [&](const auto& lora) { return lora.first == name; });
    // One that is not there is told as such.
    if (colon != part.npos && now != model.lora_hashes.end()) {
      tell_other_file(("with <lora:" + name + ">").c_str(),
                      std::string(trimmed(part.substr(colon + 1))), now->second, events);
    }
  }
}

[[noreturn]] void throw_other_run(const fs::path& picture) {
  throw Error(ErrorCode::InvalidArgument,
              "[from] " + picture.string() +
                  ": is not a frame of the run whose travel.json lies beside it");
}

std::optional<Image> previous_frame(const fs::path& picture, const FrameRequest& frame) {
  if (frame.request.genesis != Genesis::Successive || frame.spot.index == 0) {
    return std::nullopt;
  }
  const fs::path previous =
      fs::absolute(picture).parent_path() / frame_file_name(frame.spot.index - 1);
  if (!fs::exists(previous)) {
    throw Error(ErrorCode::NotFound, "[from] " + picture.string() +
                                         ": is drawn from the frame before it, but " +
                                         previous.string() + " is not there");
  }
  const auto profile = ProfileScope::part("reading pictures");
  return read_image(previous).image;
}

/// A picture that is to be drawn again: what it tells of itself, and the run that it lies in.
struct Redraw {
  fs::path path;
  PictureRequest picture;
  FrameRequest frame;  ///< Of the picture, or of its whole travel.
  std::optional<Manifest> manifest;
  bool alone = true;            ///< It can be drawn without the rest of its travel.
  std::set<std::string> given;  ///< Fields that were overridden.
};

/// The files that the picture's prompts name are those that it was drawn with: else a run's frame
/// is refused, and of another picture it is said.
void check_named_files(const Redraw& redraw,
                       const ModelIdentity& identity,
                       const RunEventSink& events) {
  const bool other_prompts =
      redraw.given.contains("prompt") || redraw.given.contains("negative_prompt");
  if (!redraw.alone || other_prompts) {
    return;
  }
  const bool of_run = redraw.manifest.has_value();
  std::vector<Problem> problems =
      compare_named_files(redraw.frame.embedding_hashes, identity, kEmbeddingRole, of_run);
  for (Problem& problem :
       compare_named_files(redraw.frame.hypernetwork_hashes, identity, kHypernetworkRole, of_run)) {
    problems.push_back(std::move(problem));
  }
  if (of_run && !problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, std::move(problems));
  }
  for (const Problem& problem : problems) {
    events({RunEvent::Kind::Note, "note: " + problem.field + ": " + problem.message, {}, 0});
  }
}

/// Whether other files are asked for than those of the run.
bool names_other_files(const Overrides& overrides) {
  return std::any_of(overrides.begin(), overrides.end(), [](const auto& override_) {
    return override_.first == "model" || override_.first == "vae" ||
           override_.first == "init_image" || override_.first == "mask";
  });
}

/// How the travel is opened: with the very files of the run that lies there, unless other ones are
/// asked for.
TravelOptions opening(const Redraw& redraw,
                      const Overrides& overrides,
                      const RunEventSink& events) {
  TravelOptions options;
  options.first_stage = redraw.alone ? redraw.frame.spot.stage : 0;
  if (redraw.alone) {
    options.loras_beside = redraw.frame.loras_beside;
  }
  const bool others = names_other_files(overrides);
  options.check_model = [&redraw, &events, others](ModelIdentity& identity) {
    if (redraw.manifest && !others) {
      check_same_files(*redraw.manifest, identity, "from",
                       redraw.alone ? RunExtent::Part : RunExtent::Whole);
      take_recorded_names(*redraw.manifest, identity);
      for (const std::string& note : program_notes(*redraw.manifest, identity.kernels)) {
        events({RunEvent::Kind::Note, "note: " + note, {}, 0});
      }
    }
    check_named_files(redraw, identity, events);
  };
  return options;
}

std::set<std::string> fields_of(const Overrides& overrides) {
  std::set<std::string> fields;
  for (const auto& [field, text] : overrides) {
    fields.insert(field);
  }
  return fields;
}

Redraw read_redraw(const fs::path& path, const Overrides& overrides, const RunEventSink& events) {
  Redraw redraw;
  redraw.path = path;
  redraw.given = fields_of(overrides);
  redraw.picture = request_of(path, redraw.given, events);
  redraw.frame = redraw.picture.frame;
  if (const fs::path beside = manifest_beside(path); fs::exists(beside)) {
    redraw.manifest = read_manifest(beside);
  }
  redraw.alone = is_lone_frame(redraw.frame.request, redraw.frame.spot);
  // Files are compared with all of the run's; a part that is drawn covers the masks of all stages.
  redraw.alone =
      redraw.alone && !(redraw.manifest && mask_files(redraw.manifest->request).size() > 1);
  if (!redraw.alone) {
    redraw.frame.request = whole_request(redraw.manifest, path);
  } else if (redraw.manifest) {
    fill_from_manifest(*redraw.manifest, redraw.frame.request);
  }
  return redraw;
}

/// The init picture that has to be given, because the frame only knows its name and hash.
Problem missing_init_image(const Redraw& redraw) {
  const FrameRequest& frame = redraw.frame;
  const std::string wanted = frame.init_image_name.empty() ? "the picture"
                                                           : frame.init_image_name + " (sha256 " +
                                                                 frame.init_image_hash + "...)";
  return {"init_image", "is not given, expected " + wanted + " that " + redraw.path.string() +
                            " was drawn from: its key \"Denoising strength\" tells of one"};
}

/// The VAE that the picture names, where it is known by that name here and none is asked for.
void take_named_vae(Redraw& redraw) {
  TravelRequest& request = redraw.frame.request;
  const std::string name = redraw.picture.parameters.meant.find("VAE").value_or("");
  if (!redraw.manifest && request.vae.empty() && !redraw.given.contains("vae") &&
      is_named_vae(name, models_folders(request.models_dir))) {
    request.vae = name;
  }
}

/// Applies the overrides and settles the request; throws all that is wrong with it, each problem by
/// the option or the picture's key that it comes from.
void settle(Redraw& redraw, const Overrides& overrides, Progress& progress) {
  TravelRequest& request = redraw.frame.request;
  std::vector<Problem> problems;
  for (const auto& [field, text] : overrides) {
    if (auto problem = set_request_field(request, field, text)) {
      problems.push_back(std::move(*problem));
    }
  }
  if (redraw.manifest && !names_other_files(overrides)) {
    find_run_files(*redraw.manifest, request, ModelPath::Recorded, progress);
  }
  take_named_vae(redraw);
  for (Problem& problem : validate_request(request)) {
    problems.push_back(std::move(problem));
  }
  name_picture_keys(problems, redraw.picture, redraw.path.string(), redraw.given);
  if (redraw.picture.needs_init_image && request.init_image.empty()) {
    problems.push_back(missing_init_image(redraw));
  }
  if (!redraw.frame.masks.empty() && request.mask.empty()) {
    problems.push_back({"mask", "is not given, expected " + redraw.frame.masks + " that " +
                                    redraw.path.string() + " was drawn with"});
  }
  throw_request_problems(problems);
  draw_seeds(request);
}

/// The travel that draws the frame, with what its model brings to light as notes.
std::unique_ptr<Travel> open_travel(const Redraw& redraw,
                                    const Overrides& overrides,
                                    Progress& progress,
                                    const RunEventSink& events) {
  const FrameRequest& frame = redraw.frame;
  const TravelOptions options = opening(redraw, overrides, events);
  std::unique_ptr<Travel> travel =
      with_picture_keys([&] { return Travel::open(frame.request, progress, options); },
                        redraw.picture, redraw.path, redraw.given);
  for (const std::string& note : travel->notes()) {
    events({RunEvent::Kind::Note, "note: " + note, {}, 0});
  }
  const bool paced = !redraw.alone && is_paced(frame.request);
  const bool other_film = !redraw.alone && travel->frame_count() != frame.spot.frame_count;
  if (other_film || (paced && !redraw.manifest->pace)) {  // A frame knows the pace of its run.
    throw_other_run(redraw.path);
  }
  if (paced) {
    take_places(manifest_beside(redraw.path), *redraw.manifest, *travel);
  }
  tell_other_file("by a model", frame.model_hash, travel->model().sha256, events);
  tell_other_loras(frame.lora_hashes, travel->model(), events);
  tell_other_file("from an init picture", frame.init_image_hash, travel->model().init_image_sha256,
                  events);
  return travel;
}

fs::path save(const RenderedFrame& drawn, const fs::path& target) {
  const auto profile = ProfileScope::part("saving frames");
  const ImageText text{"parameters", drawn.parameters};
  write_png(target, drawn.image, {&text, 1}, drawn.latent);
  return target;
}

}  // namespace

fs::path redraw_frame(const fs::path& frame_png,
                      const Overrides& overrides,
                      const fs::path& output,
                      Progress& progress,
                      const RunEventSink& events) {
  Redraw redraw = read_redraw(frame_png, overrides, events);
  settle(redraw, overrides, progress);
  tell_notes(frame_png, redraw.picture.parameters, redraw.frame.request, events);
  const std::optional<Image> previous =
      redraw.alone ? previous_frame(frame_png, redraw.frame) : std::optional<Image>();
  const std::unique_ptr<Travel> travel = open_travel(redraw, overrides, progress, events);
  const FrameSpot& spot = redraw.frame.spot;
  const RenderedFrame drawn =
      redraw.alone
          ? travel->render_spot(spot, previous, progress)
          : draw_in_travel(*travel, fs::absolute(frame_png).parent_path(), spot.index, progress);
  if (!redraw.alone && overrides.empty() && drawn.parameters != redraw.picture.parameters.text) {
    throw_other_run(frame_png);
  }
  return save(drawn, output.empty() ? default_output(frame_png) : output);
}

}  // namespace ptravel
