#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/frame.h"
#include "ptravel/frame_sketch.h"
#include "ptravel/image.h"
#include "ptravel/model_store.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"

namespace ptravel {

/// A drawn frame.
struct RenderedFrame {
  std::int64_t index = 0;  ///< Place in the film, from 0.
  Image image;
  std::string
      parameters;  ///< The web UI's parameters text plus keys that place the frame on the way.
  std::string latent = {};  ///< The latent that it was decoded from, as write_png takes it.
};

/// A place on the way of which there is a picture.
struct PicturePlace {
  std::int64_t stage = 0;
  double alpha = 0;      ///< 0: the stage itself.
  int bridge_steps = 0;  ///< Of the bridge that it lies on; 0: on none.
};

/// The picture of a place on the way.
struct PlacePicture {
  Image image;
  std::string latent;  ///< As RenderedFrame has it.
};

/// What a travel leaves behind beside its frames: the log of a walk, its losses and their plot, the
/// picture of an embryo. A file of the same name takes the place of the one before.
struct TravelFile {
  std::string name;            ///< "log.txt"
  std::string text;            ///< The content of a text file.
  std::optional<Image> image;  ///< The content of a picture file; `text` is empty then.
};

/// Takes frames as they are drawn: mostly in film order, but some modes need a stage's picture
/// before its in-betweens. Saving, video and preview are sinks.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// Called once before the first frame with the length of the film.
  virtual void begin(std::int64_t frame_count) = 0;
  virtual void add(const RenderedFrame& frame) = 0;
  virtual void add_file(const TravelFile&) {}
  /// Lines for people who want to know exactly: stages, alphas, tokens, losses.
  virtual void debug(const std::string&) {}
  /// Called once after the last frame, not after a failure.
  virtual void finish() = 0;
};

/// Frames that one process draws one after the other: those of a gap or of a chain, or as many as
/// are drawn at once where no frame depends on another. Different units may be drawn at the same
/// time by different processes.
struct FrameUnit {
  std::vector<std::int64_t> frames;  ///< In drawing order.
  std::vector<std::int64_t> needs;   ///< Frames of other units whose pictures it goes by.
};

/// Which frames to draw, and where finished ones can be had again.
struct FrameSelection {
  /// Asked before the first frame of each unit; false leaves the unit out. Empty: none is.
  std::function<bool(const FrameUnit& unit)> claim;
  /// Told when everything of a claimed unit has been handed over.
  std::function<void(const FrameUnit& unit)> release;
  /// Says whether a frame is still wanted: asked before the first unit, and again when its unit is
  /// claimed. Empty: all are.
  std::function<bool(std::int64_t index)> wanted;
  /// Gives a frame that was drawn earlier: genesis successive starts from it, gradients go by it.
  std::function<Image(std::int64_t index)> finished;
  /// Gives the picture of a place that was drawn without being a frame; empty: there is none.
  std::function<std::optional<PlacePicture>(const PicturePlace& place)> drawn;
  /// The content of walk.json as an earlier run of the same travel left it; empty: none. One that
  /// cannot be read counts as none: walks are walked again.
  std::string walk_log;
  /// Whether logs and their plots are handed over.
  bool with_log = true;
  /// Whether logs are completed at the end, also by the gaps that others drew.
  bool complete_log = true;
  /// Calls `write`, which hands the logs over, with the content of walk.json as others have left it
  /// by then (empty: there is none), while nobody else writes it. What it tells completely and this
  /// travel does not becomes part of the logs. Empty: nobody else works on the travel.
  std::function<void(const std::function<void(const std::string& walk_log)>& write)> sharing_logs;
};

/// Pictures of places on the way, kept so that a search for a pace that was stopped goes on where
/// it was, and that frames need not be drawn again.
class PlacePictures {
 public:
  virtual ~PlacePictures() = default;
  virtual std::optional<PlacePicture> find(const PicturePlace& place) = 0;
  virtual void keep(const PicturePlace& place, const PlacePicture& picture) = 0;
};

/// Two pictures between stages `stage` and `stage` + 1 that stay apart however close they are.
struct TravelJump {
  std::int64_t stage = 0;
  double from_alpha = 0;
  double to_alpha = 0;
  double distance = 0;  ///< In the measure that the pace goes by.
  bool operator==(const TravelJump&) const = default;
};

/// Where frames lie at even distances, and what was seen on the way.
struct PaceResult {
  FilmPace pace;
  std::vector<TravelJump> jumps;
  std::int64_t pictures = 0;       ///< That were looked at.
  double largest_over_median = 0;  ///< Of the chosen frames' steps; 0 without motion.
  bool operator==(const PaceResult&) const = default;
};

/// How a travel is opened.
struct TravelOptions {
  /// Number of the request's first stage in the travel that it is a part of.
  std::int64_t first_stage = 0;
  /// Where the model comes from; null: it is loaded for this travel alone.
  ModelStore* store = nullptr;
  /// Called before weights are read, with what the model's files are; throws to refuse them. May
  /// give them the names that they have in frames' parameters.
  std::function<void(ModelIdentity& identity)> check_model = {};
  SketchOptions sketches = {};
  /// FrameRequest::loras_beside of a frame that is drawn again alone, as its film was: those LoRAs
  /// stand beside the UNet's weights, in that order; none where there is none. Not given: those
  /// whose strengths change along the way do, where they can.
  std::optional<std::vector<std::string>> loras_beside = {};
};

/// A travel on a loaded model: route and renderer. One thread; travels in different threads may
/// share a model. Work takes request().threads threads, whatever other travels take.
class Travel {
 public:
  /// Checks the request against the model, then loads the model. Seeds must be drawn (not -1).
  /// Throws InvalidArgument with one line per problem, what loading throws or `check_model` throws.
  static std::unique_ptr<Travel> open(const TravelRequest& request,
                                      Progress& progress,
                                      const TravelOptions& options = {});
  ~Travel();
  Travel(const Travel&) = delete;
  Travel& operator=(const Travel&) = delete;

  const ModelIdentity& model() const;
  std::int64_t frame_count() const;
  /// The frames that show a stage itself, ascending.
  std::vector<std::int64_t> stage_frames() const;
  /// Sentences worth telling the user: what the model's files, the prompts or the settings
  /// ask for and do not get.
  std::vector<std::string> notes() const;
  /// The request as it is drawn: what it left to the model and the machine (picture size,
  /// precision) is decided, and there are no more threads than processors.
  const TravelRequest& request() const;

  /// How many frames are drawn at once where they do not build on each other.
  int frames_at_once() const;
  /// Whether a card draws it and the processor is free meanwhile.
  bool on_card() const;

  /// Every frame in exactly one unit, in drawing order.
  std::vector<FrameUnit> units() const;

  /// Looks for the places at which neighbouring frames are equally far apart, as the request's pace
  /// asks: draws pictures, each once, into `pictures` unless they are there. Files that belong to
  /// the travel go to `sink`. Progress counts pictures. Throws Cancelled between two sampler steps.
  PaceResult find_pace(PlacePictures& pictures, FrameSink& sink, Progress& progress);
  /// Puts the frames there. Before the first frame is drawn. Throws InvalidArgument for a pace that
  /// does not fit the travel.
  void set_pace(const FilmPace& pace);

  /// Draws the wanted frames and hands them to `sink`; up to frames_at_once() of them at once where
  /// they do not build on each other. A frame's bytes depend neither on the batch nor on the
  /// selection. Progress counts frames. Throws Cancelled between two sampler steps.
  void render(const FrameSelection& selection, FrameSink& sink, Progress& progress);

  /// Draws the one frame at `spot`, of which the request's stages 0 and 1 are the neighbours (only
  /// stage 0 when step is 0). `previous`: the frame that it starts from, for genesis successive.
  /// Throws Unsupported where is_lone_frame() is false.
  RenderedFrame render_spot(const FrameSpot& spot,
                            const std::optional<Image>& previous,
                            Progress& progress);

 private:
  struct State;
  explicit Travel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
