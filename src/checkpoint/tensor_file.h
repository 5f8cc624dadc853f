#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "checkpoint/checkpoint_file.h"
#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// One file of tensors, whatever its container.
struct TensorFile {
  std::shared_ptr<const StoredTensors> tensors;
  ModelLayout layout = ModelLayout::Safetensors;
  std::map<std::string, std::string, std::less<>> metadata;  ///< Of a safetensors file.
  PlainValues values = {};                                   ///< Of a PyTorch file.
};

/// Opens a .safetensors, .ckpt, .pt, .pth or .bin file; what it is shows in its content, not in its
/// name. Throws NotFound, Io, Corrupt, Unsupported; says so when the file is a Git LFS pointer or a
/// web page.
TensorFile open_tensor_file(const std::filesystem::path& path);

}  // namespace ptravel
