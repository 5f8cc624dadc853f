#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/edm.h"
#include "checkpoint/key_map.h"
#include "checkpoint/model_file.h"
#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// A diffusers folder, its tensors under LDM names.
struct DiffusersFolder {
  std::shared_ptr<RenamedTensors> tensors;
  ConfigHints
      hints;  ///< From unet/, vae/, text_encoder/config.json and scheduler/scheduler_config.json.
  std::vector<ModelFile> files;  ///< All that were read, the UNet's first.
  /// The tokenizer folder of each text encoder, if there is one.
  std::vector<std::optional<std::filesystem::path>> tokenizers;
  std::optional<std::vector<double>> alphas_cumprod;  ///< Only for noise schedules unlike SD's.
  std::optional<EdmSchedule> edm;                     ///< Of schedulers for EDM models.
  std::optional<std::int64_t> sample_size;  ///< Side of the training pictures in latent cells.
  ModelFamily family = ModelFamily::Unknown;
};

/// Whether `path` is a diffusers folder (it holds model_index.json or unet/config.json).
bool is_diffusers_folder(const std::filesystem::path& path);

/// The weight files of one part's folder, the first kind that is there of: plain, sharded, fp16
/// variant, each as safetensors before .bin. Throws NotFound, or Corrupt for an index that names
/// files elsewhere.
std::vector<std::filesystem::path> find_part_files(const std::filesystem::path& folder);

/// Opens the folder. A missing vae/ is allowed when `without_vae` (another file will give it).
/// Throws NotFound, Corrupt, Unsupported.
DiffusersFolder open_diffusers(const std::filesystem::path& path, bool without_vae);

}  // namespace ptravel
