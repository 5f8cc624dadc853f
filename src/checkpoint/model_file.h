#pragma once

#include <filesystem>
#include <string>

namespace ptravel {

/// A file that takes part in what a model draws: its bytes are the model's identity.
struct ModelFile {
  /// "model" (a single file), "unet", "vae", "text_encoder" (each file of a folder's part, or a VAE
  /// of its own), "index" (a list of shards), "config" (what lies beside a single file, and a
  /// folder's config files), "tokenizer", "vae_decoder" (a tiny one that pictures are drawn with).
  std::string role;
  std::filesystem::path path;
};

}  // namespace ptravel
