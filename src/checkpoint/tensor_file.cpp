#include "checkpoint/tensor_file.h"

#include <string_view>

#include "base/files.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/zip_archive.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

struct Impostor {
  std::string_view begins_with;
  std::string_view what;
};

constexpr Impostor kImpostors[] = {
    {"version https://git-lfs", "is a Git LFS pointer, not the weights; run git lfs pull"},
    {"<!DOCTYPE", "is a web page, not weights (a failed download?)"},
    {"<!doctype", "is a web page, not weights (a failed download?)"},
    {"<html", "is a web page, not weights (a failed download?)"},
    {"GGUF", "is a GGUF file, which is not supported"},
};

TensorFile open_checkpoint(const std::filesystem::path& path) {
  const auto opened = CheckpointFile::open(path);
  return {opened, ModelLayout::Checkpoint, {}, opened->values()};
}

bool is_checkpoint(std::string_view content, std::span<const std::byte> bytes) {
  // A safetensors file has its length first and then the header's brace.
  const bool braced = content.size() > 8 && content[8] == '{';
  return looks_like_zip(bytes) || (!braced && static_cast<unsigned char>(content[0]) == 0x80);
}

}  // namespace

TensorFile open_tensor_file(const std::filesystem::path& path) {
  const MappedFile file = MappedFile::open(path);
  const std::string_view content(reinterpret_cast<const char*>(file.bytes().data()),
                                 file.bytes().size());
  for (const Impostor& impostor : kImpostors) {
    if (content.starts_with(impostor.begins_with)) {
      throw Error(ErrorCode::Unsupported,
                  "[model] " + path.string() + ": " + std::string(impostor.what));
    }
  }
  if (is_checkpoint(content, file.bytes())) {
    return open_checkpoint(path);
  }
  const std::string extension = path.extension().string();
  if (extension == ".ckpt" || extension == ".pt" || extension == ".pth" || extension == ".bin") {
    if (content.size() <= 8 || content[8] != '{') {
      return open_checkpoint(path);
    }
  }
  if (extension != ".safetensors" && (content.size() <= 8 || content[8] != '{')) {
    throw Error(ErrorCode::Unsupported,
                "[model] " + path.string() +
                    ": is no file of weights that this program knows; expected .safetensors, a "
                    "PyTorch file (.ckpt, .pt, .pth, .bin) or a diffusers folder");
  }
  const auto opened = SafetensorsFile::open(path);
  return {opened, ModelLayout::Safetensors, opened->metadata()};
}

}  // namespace ptravel
