#pragma once

#include "checkpoint/model_files.h"
#include "model/unet.h"

namespace ptravel {

/// How much more a UNet answers, on average, than it is asked: a latent of 0.5 at the last timestep
/// with a text of 0.5 (and zeros for a vector).
double answer_to_constants(const Unet& unet);

/// Finds out what a model predicts by its answers, as the web UI does with SD 2.x: where nothing
/// is but noise, a network that predicts v answers with the picture that it expects, and so with
/// the opposite of its input. Reads the UNet's weights in fp32; what was found is remembered for
/// the file (file_sha256 says where), so that it is done once. Throws what reading weights throws.
Prediction find_prediction(const ModelFiles& files);

}  // namespace ptravel
