#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/image.h"
#include "ptravel/progress.h"
#include "ptravel/request.h"

namespace ptravel {

/// A drawn frame.
struct RenderedFrame {
  std::int64_t index = 0;  ///< Place in the film, from 0.
  Image image;
  std::string
      parameters;  ///< The web UI's parameters text plus keys that place the frame on the way.
};

/// Takes frames as they are drawn, in film order. Saving, video and preview are sinks.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// Called once before the first frame with the length of the film.
  virtual void begin(std::int64_t frame_count) = 0;
  virtual void add(const RenderedFrame& frame) = 0;
  /// Called once after the last frame, not after a failure.
  virtual void finish() = 0;
};

/// Which model draws, for metadata and manifests.
struct ModelIdentity {
  std::string name;        ///< File or folder stem.
  std::string sha256;      ///< 64 hex digits.
  std::string vae_name;    ///< Empty without a separate VAE file.
  std::string vae_sha256;  ///< Empty without a separate VAE file.
};

/// One frame's place, as its metadata tells it: between two stages at alpha.
struct FrameSpot {
  std::int64_t index = 0;        ///< Place in the film.
  std::int64_t frame_count = 1;  ///< Length of the film.
  std::int64_t stage = 0;        ///< The stage that was left last.
  std::int64_t stage_count = 1;  ///< Stages of the travel.
  double alpha = 0;              ///< 0: exactly at the stage, < 1 towards the next one.
};

/// Which frames to draw, and where finished ones can be had again.
struct FrameSelection {
  /// Says whether a frame is still wanted. Empty: all are.
  std::function<bool(std::int64_t index)> wanted;
  /// Gives a frame that was drawn earlier: genesis successive starts from it.
  std::function<Image(std::int64_t index)> finished;
};

/// A travel on a loaded model: route and renderer. One thread.
class Travel {
 public:
  /// Checks the request against the model, then loads the model. Seeds must be drawn (not -1).
  /// Throws InvalidArgument with one line per problem, or what loading throws.
  static std::unique_ptr<Travel> open(const TravelRequest& request, Progress& progress);
  ~Travel();
  Travel(const Travel&) = delete;
  Travel& operator=(const Travel&) = delete;

  const ModelIdentity& model() const;
  std::int64_t frame_count() const;
  /// Sentences worth telling the user: what the model's files or the prompts ask for and do not
  /// get.
  std::vector<std::string> notes() const;
  /// The request as it is drawn: what it left to the model and the machine (picture size,
  /// precision) is decided.
  const TravelRequest& request() const;

  /// Draws the wanted frames in film order and hands them to `sink`. Genesis fixed draws groups of
  /// request.batch neighbouring frames at once; the groups never depend on the selection. Progress
  /// counts frames. Throws Cancelled between two sampler steps.
  void render(const FrameSelection& selection, FrameSink& sink, Progress& progress);

  /// Draws the one frame at `spot`, of which the request's stages 0 and 1 are the neighbours (only
  /// stage 0 when alpha is 0). `previous`: the frame before it, for genesis successive.
  RenderedFrame render_spot(const FrameSpot& spot,
                            const std::optional<Image>& previous,
                            Progress& progress);

 private:
  struct State;
  explicit Travel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A frame's request as its parameters text tells it: stages 0 and 1 are its neighbours.
struct FrameRequest {
  TravelRequest request;
  FrameSpot spot;
  std::string model_hash;  ///< Short sha256 of the model that drew it; empty when unknown.
};

/// Reads what draws a frame again from its parameters text. Throws InvalidArgument when the text is
/// not that of a travel's frame or a plain picture with the usual keys.
FrameRequest parse_frame_parameters(const std::string& parameters);

}  // namespace ptravel
