#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "addons/peft_alphas.h"
#include "checkpoint/lora_modules.h"
#include "model/tensor_sources.h"

namespace ptravel {

/// A file of LoRA's family: names and shapes are read, numbers on demand. Immutable; may be used
/// from several threads.
class LoraFile {
 public:
  /// A .safetensors file or a pickle, whatever it is called. Throws what open_tensor_file throws,
  /// and Unsupported for a file without a layer of that kind.
  static std::shared_ptr<const LoraFile> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  /// In the order of their names.
  const std::vector<LoraModule>& modules() const { return modules_; }
  const TensorSource& tensors() const { return *tensors_; }
  /// Of a safetensors file.
  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }
  /// The name that its maker gave it (ss_output_name), by which prompts may call it; may be empty.
  std::string output_name() const;
  /// What its header says of the strengths of layers with diffusers' names.
  const PeftAlphas& peft_alphas() const { return peft_alphas_; }

 private:
  LoraFile() = default;

  std::filesystem::path path_;
  std::shared_ptr<const TensorSource> tensors_;
  std::vector<LoraModule> modules_;
  std::map<std::string, std::string, std::less<>> metadata_;
  PeftAlphas peft_alphas_;
};

/// The hash by which the web UI knows such a file, 64 hex digits of which it shows the first 12:
/// the one in its metadata (sshs_model_hash), else the sha256 of what is behind a safetensors
/// header, else the whole file's. Remembered beside other hashes. Throws NotFound, Io.
std::string lora_hash(const std::filesystem::path& path);

}  // namespace ptravel
