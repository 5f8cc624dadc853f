#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/model_family.h"
#include "checkpoint/stored_tensors.h"
#include "checkpoint/tensor_file.h"

namespace ptravel {

// What a single file says of how it was trained: marks among its tensors, and metadata.

/// Puts what the file itself says of its prediction into `hints`, where config files beside it say
/// nothing: the tensor "v_pred" or those of EDM models (edm.h), metadata of the model specification
/// ("modelspec.prediction_type") and of kohya's scripts ("ss_v_parameterization"). Tensors win over
/// metadata, with a note.
void take_marks(const TensorFile& file, ConfigHints& hints);

/// The noise schedule of a single file: a tensor, or the marks of those without signal at the end
/// (the tensor "ztsnr", kohya's "ss_zero_terminal_snr"). Nothing: Stable Diffusion's.
std::optional<std::vector<double>> schedule_of(const TensorFile& file);

/// Whether the last noise level is (nearly) pure noise.
bool has_zero_snr(const std::optional<std::vector<double>>& alphas_cumprod);

/// What a model predicts, and why that is believed.
struct BelievedPrediction {
  Prediction prediction = Prediction::Eps;
  std::string reason;
  bool is_tested = false;  ///< Only the network's answers tell.
};
BelievedPrediction believed_prediction(const ConfigHints& hints, ModelFamily family);

}  // namespace ptravel
