#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "text/vocabulary.h"

#include "model_plan.h"

namespace ptravel::train {

/// A finished model: its networks' weights under LDM names, and its vocabulary.
struct FinishedModel {
  ModelPlan plan;
  std::map<std::string, at::Tensor> weights;  ///< Tensors of other names are left out.
  Vocabulary vocabulary;
};

/// Writes a diffusers folder: model_index.json, unet, vae, text_encoder (fp16 weights, of which
/// matrices and filters are rounded to bf16, with their config.json), scheduler, tokenizer. Throws
/// Io.
void export_model(const FinishedModel& model, const std::filesystem::path& folder);

}  // namespace ptravel::train
