#include "pipeline/find_prediction.h"

#include <memory>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "checkpoint/file_notes.h"
#include "checkpoint/key_map.h"
#include "checkpoint/model_family.h"
#include "model/tensor_sources.h"
#include "schedule/sigma_table.h"

namespace ptravel {
namespace {

constexpr double kLeastOfV = -1;  // Below it the answer is that of a network that predicts v.

}  // namespace

double answer_to_constants(const Unet& unet) {
  const at::NoGradGuard no_gradients;
  const UnetConfig& config = unet.config();
  UnetInputs inputs;
  inputs.x = at::full({1, config.in_channels, 8, 8}, 0.5);
  inputs.t = at::full({1}, static_cast<double>(kTrainingTimesteps - 1), at::kFloat);
  inputs.context = at::full({1, 2, config.context_dim}, 0.5);
  if (config.vector_dim > 0) {
    inputs.vector = at::zeros({1, config.vector_dim});
  }
  const at::Tensor asked = inputs.x.narrow(1, 0, config.out_channels);
  return (unet.forward(inputs).to(at::kCPU) - asked).mean().item<double>();
}

Prediction find_prediction(const ModelFiles& files) {
  const std::filesystem::path file = model_hash_file(files.path);
  if (const auto known = remembered_note(file, kPredictionNote)) {
    return *known == prediction_name(Prediction::V) ? Prediction::V : Prediction::Eps;
  }
  const auto profile = ProfileScope::part("loading");
  const Weights weights(std::make_shared<FileTensors>(files.weights), std::string(kUnetPrefix),
                        "unet");
  const Unet unet(weights, files.unet, {at::kCPU, at::kFloat});
  weights.finish();
  const Prediction found = answer_to_constants(unet) < kLeastOfV ? Prediction::V : Prediction::Eps;
  remember_note(file, kPredictionNote, std::string(prediction_name(found)));
  return found;
}

void settle_prediction(ModelInfo& info) {
  const ModelFiles files = open_model(info.path);
  info.prediction = files.prediction_is_tested ? find_prediction(files) : files.prediction;
  info.prediction_is_tested = false;
  const FamilyTraits& traits = family_traits(files.family);
  info.picture_size =
      info.prediction == Prediction::V ? traits.picture_size_v : traits.picture_size;
}

}  // namespace ptravel
