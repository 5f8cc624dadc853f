#include "model/safetensors_writer.h"

#include <bit>
#include <cstdint>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

std::string_view format_label(const std::string& name, at::ScalarType type) {
  const auto format = number_format(type);
  if (!format) {
    throw Error(ErrorCode::InvalidArgument,
                "[safetensors] " + name + ": cannot be written as " + at::toString(type));
  }
  return number_format_name(*format);
}

}  // namespace

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, at::Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  static_assert(std::endian::native == std::endian::little, "the format is little-endian");
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) {
    header["__metadata__"] = metadata;
  }
  std::uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t end = offset + tensor.nbytes();
    header[name] = {{"dtype", format_label(name, tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string head = header.dump();
  head.append((8 - head.size() % 8) % 8, ' ');
  std::string content;
  content.reserve(8 + head.size() + offset);
  const std::uint64_t length = head.size();
  content.append(reinterpret_cast<const char*>(&length), sizeof(length));
  content += head;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor plain = tensor.detach().cpu().contiguous();
    content.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
  }
  write_file_atomic(path, content);
}

}  // namespace ptravel
