#include "addons/lora_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/files.h"
#include "base/sha256.h"
#include "checkpoint/file_notes.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

constexpr const char* kHashNote = "lora sha256";
constexpr std::size_t kSliceBytes = std::size_t{16} << 20;

std::string hash_of(const std::filesystem::path& path) {
  const TensorFile file = open_tensor_file(path);
  const auto stated = file.metadata.find("sshs_model_hash");
  if (stated != file.metadata.end() && !stated->second.empty()) {
    return stated->second;
  }
  if (file.layout != ModelLayout::Safetensors) {
    return file_sha256(path);
  }
  const MappedFile bytes = MappedFile::open(path);
  std::array<std::byte, 8> length{};
  bytes.read(0, length.size(), length.data());
  std::uint64_t offset = length.size();
  for (std::size_t i = 0; i < length.size(); ++i) {
    offset += std::to_integer<std::uint64_t>(length[i]) << (8 * i);
  }
  Sha256 hash;
  std::vector<std::byte> slice(kSliceBytes);
  while (offset < bytes.bytes().size()) {
    const std::size_t count = std::min<std::uint64_t>(kSliceBytes, bytes.bytes().size() - offset);
    bytes.read(offset, count, slice.data());
    hash.update({slice.data(), count});
    offset += count;
  }
  return hash.finish();
}

}  // namespace

std::shared_ptr<const LoraFile> LoraFile::open(const std::filesystem::path& path) {
  TensorFile opened = open_tensor_file(path);
  std::shared_ptr<LoraFile> file(new LoraFile());
  file->path_ = path;
  file->metadata_ = std::move(opened.metadata);
  if (const auto said = file->metadata_.find("lora_adapter_metadata");
      said != file->metadata_.end()) {
    file->peft_alphas_ = PeftAlphas(said->second);
  }
  file->tensors_ = std::make_shared<FileTensors>(with_scales_applied(opened.tensors));
  file->modules_ = lora_modules(file->tensors_->names());
  if (file->modules_.empty()) {
    throw Error(ErrorCode::Unsupported,
                "[lora] " + path.string() +
                    ": no layer of a LoRA or its relatives is in it, expected names such as "
                    "\"lora_unet_....lora_up.weight\" or \"unet....lora_A.weight\"");
  }
  return file;
}

std::string LoraFile::output_name() const {
  const auto found = metadata_.find("ss_output_name");
  return found == metadata_.end() ? std::string() : found->second;
}

std::string lora_hash(const std::filesystem::path& path) {
  if (auto known = remembered_note(path, kHashNote)) {
    return *known;
  }
  const std::string hash = hash_of(path);
  remember_note(path, kHashNote, hash);
  return hash;
}

}  // namespace ptravel
