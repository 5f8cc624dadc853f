#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/lora_shelf.h"
#include "ptravel/model_store.h"
#include "ptravel/request.h"
#include "request/frame_places.h"
#include "request/stages.h"

namespace ptravel {

/// The LoRAs of a travel's stages, and how strong they are between them.
class TravelLoras {
 public:
  /// None at all.
  TravelLoras() = default;
  /// Looks up the tags of each stage's prompt.
  TravelLoras(const std::vector<std::string>& prompts,
              const std::vector<std::filesystem::path>& models_folders);
  /// Those of a request; none where its prompt is no list of stages (validation says so).
  static TravelLoras of(const TravelRequest& request);

  /// Whether every stage has the same ones with the same strengths.
  bool same_everywhere() const;
  /// Those of a place, in the order in which they are applied: a stage's own; on the way those of
  /// the stage that is left, then those that only the next one has. Strengths change evenly with
  /// alpha; one that a stage lacks has the strength 0 there.
  std::vector<ModelAddon> at(const FramePlace& place) const;

  /// All of them as a model may have them to which each picture says its strengths: those that do
  /// not change along the way as they are, the others beside the UNet, and for the text encoders
  /// the first stage's. All beside where stages have those that do not change in different orders.
  /// `told`: as TravelOptions::loras_beside has them.
  std::vector<ModelAddon> with_sides(
      const std::optional<std::vector<std::string>>& told = std::nullopt) const;
  /// The same travel with these in its model.
  void set_model(std::vector<ModelAddon> addons) { model_ = std::move(addons); }
  /// What its model has: with_sides, or the first stage's.
  std::vector<ModelAddon> model() const { return model_ ? *model_ : at({}); }
  /// Whether pictures say the strengths of those that stand beside, and do not need other weights.
  bool stand_beside() const { return model_.has_value(); }
  /// Their names, in the model's order.
  std::vector<std::string> names_beside() const;
  /// How strong they are at a place, in the model's order.
  std::vector<double> strengths(const FramePlace& place) const;
  /// Each file once for each name that calls it, in the order of the stages.
  std::vector<ModelAddon> all() const;
  /// What is to be told of tags that are left out, each once.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<std::vector<ModelAddon>> stages_;
  std::vector<std::string> notes_;
  std::optional<std::vector<ModelAddon>> model_;
};

/// Two stages' LoRAs mixed, as TravelLoras::at has them.
std::vector<ModelAddon> mixed_loras(const std::vector<ModelAddon>& from,
                                    const std::vector<ModelAddon>& to,
                                    double alpha);

/// Those that change the UNet, by what they do to it alone.
std::vector<ModelAddon> unet_part(std::vector<ModelAddon> addons);

}  // namespace ptravel
