#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptravel/request.h"

namespace ptravel {

/// One stage of a travel that is planned.
struct PreviewStage {
  std::string prompt;
  std::string negative_prompt;
  std::int64_t tokens = 0;  ///< Of the prompt's first schedule entry, all parts of an AND.
  std::int64_t negative_tokens = 0;
  std::int64_t chunks = 1;  ///< Of 75 tokens that the longest text of the stage takes.
  std::string words;        ///< The prompt's tokens with spaces between.
};

/// One frame of a travel that is planned.
struct PreviewFrame {
  std::int64_t index = 0;
  std::int64_t stage = 0;  ///< The stage that was left last.
  std::int64_t step = 0;   ///< Number of the in-between; 0 at a stage.
  double share = 0;        ///< Of the way to the next stage, before easing.
  double alpha = 0;        ///< After easing.
  double cfg_scale = 0;
  double denoise_strength = 0;  ///< Only matters where the frame starts from a picture.
  std::vector<Seed> seeds;      ///< One, or the two that its noise lies between.
};

/// What drawing will take.
struct PreviewCost {
  std::int64_t network_calls = 0;   ///< The UNet on one picture and one prompt, for sampling.
  std::int64_t gradient_calls = 0;  ///< The UNet forward and, where needed, backward, for walks.
  std::int64_t decoded = 0;         ///< Pictures out of the VAE.
  std::int64_t encoded = 0;         ///< Pictures into the VAE.
  /// How often the UNet is read with other strengths of LoRAs, because they differ between stages.
  std::int64_t changed_unets = 0;
  /// Names of LoRAs that stand beside the UNet's weights, with ", " between.
  std::string loras_beside = {};
  /// The same in pictures with the request's steps: the film's frames, and what is drawn beside
  /// them to find a pace.
  double pictures = 0;
};

/// A travel as it would be drawn.
struct TravelPreview {
  TravelRequest request;  ///< With the picture size that the model decides.
  std::vector<PreviewStage> stages;
  std::vector<PreviewFrame> frames;
  std::vector<std::int64_t> stage_frames;  ///< Those that show a stage itself, ascending.
  PreviewCost cost;
  std::int64_t video_frames = 0;  ///< With picked, held and repeated frames.
};

/// Plans a travel without loading weights or drawing: reads the model's file names and tokenizer
/// alone. Throws as Travel::open does for a wrong request.
TravelPreview preview_travel(const TravelRequest& request);

/// The preview as text for people, and as one JSON object.
std::string to_text(const TravelPreview& preview);
std::string to_json(const TravelPreview& preview);

}  // namespace ptravel
