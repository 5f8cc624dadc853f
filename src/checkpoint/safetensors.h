#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "model/weights.h"

#include "checkpoint/safetensors_header.h"

namespace ptravel {

/// A .safetensors file as a TensorSource. U16 / U32 come back widened to Int / Long. Reading is
/// safe from several threads.
class SafetensorsFile : public TensorSource {
 public:
  /// Throws NotFound, Io, Corrupt for a file that breaks the format or is cut short, Unsupported
  /// for an unknown dtype. 8-bit floats are listed, but dtype() and tensor() refuse them
  /// (Unsupported).
  static std::shared_ptr<SafetensorsFile> open(const std::filesystem::path& path);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  at::ScalarType dtype(std::string_view name) const override;
  std::string dtype_name(std::string_view name) const override { return entry(name).dtype; }
  at::Tensor tensor(std::string_view name) const override;
  const std::map<std::string, std::string, std::less<>>& metadata() const {
    return header_.metadata;
  }

 private:
  SafetensorsFile(MappedFile file, SafetensorsHeader header)
      : file_(std::move(file)), header_(std::move(header)) {}
  const SafetensorsEntry& entry(std::string_view name) const;

  MappedFile file_;
  SafetensorsHeader header_;
};

}  // namespace ptravel
