#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "checkpoint/safetensors_header.h"
#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// A .safetensors file.
class SafetensorsFile : public StoredTensors {
 public:
  /// Throws NotFound, Io, Corrupt for a file that breaks the format or is cut short, Unsupported
  /// for an unknown number format.
  static std::shared_ptr<SafetensorsFile> open(const std::filesystem::path& path);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  NumberFormat format(std::string_view name) const override;
  std::filesystem::path file(std::string_view) const override { return file_.path(); }
  void read(std::string_view name, std::uint64_t begin, std::span<std::byte> to) const override;
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
