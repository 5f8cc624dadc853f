#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "model/weights.h"

namespace ptravel {

/// A PyTorch file (.ckpt, .pt, .pth, .bin) as a TensorSource: the ZIP layout of
/// PyTorch 1.6 and later, and the older run of pickles. Nothing in the file is executed. The names
/// are those of the dict under "state_dict" if there is one, else those of the top dict, nested
/// dicts and lists joined by dots; values that are no tensors are left out. Tensors may share
/// storages and need not be contiguous. Reading is safe from several threads.
class CheckpointFile : public TensorSource {
 public:
  /// Throws NotFound, Io, Corrupt for broken files and lying lengths, Unsupported for files that
  /// ask for anything but tensors and plain containers (the message names it).
  static std::shared_ptr<CheckpointFile> open(const std::filesystem::path& path);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  at::ScalarType dtype(std::string_view name) const override;
  at::Tensor tensor(std::string_view name) const override;

 private:
  struct Entry {
    at::ScalarType type;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> stride;
    std::uint64_t begin = 0;     // of the first element, in bytes from the start of the file
    std::uint64_t elements = 0;  // from the first to the last one the view touches
  };
  struct Builder;

  explicit CheckpointFile(MappedFile file) : file_(std::move(file)) {}
  const Entry& entry(std::string_view name) const;

  MappedFile file_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace ptravel
