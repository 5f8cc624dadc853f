#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/files.h"
#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// A number or a text of a PyTorch file.
using PlainValue = std::variant<bool, std::int64_t, double, std::string>;
/// By their names.
using PlainValues = std::map<std::string, PlainValue, std::less<>>;

/// A PyTorch file (.ckpt, .pt, .pth, .bin): the ZIP layout of PyTorch 1.6 and later, and the older
/// run of pickles. Nothing in the file is executed. The names are those of the dict under
/// "state_dict" if there is one, else those of the top dict, nested dicts and lists joined by dots.
/// A TorchScript archive's are those of its modules; its
/// code is not looked at. Tensors may share storages and need not be contiguous.
class CheckpointFile : public StoredTensors {
 public:
  /// Throws NotFound, Io, Corrupt for broken files and lying lengths, Unsupported for files that
  /// ask for anything but tensors and plain containers (the message names it).
  static std::shared_ptr<CheckpointFile> open(const std::filesystem::path& path);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  NumberFormat format(std::string_view name) const override;
  std::filesystem::path file(std::string_view) const override { return file_.path(); }
  void read(std::string_view name, std::uint64_t begin, std::span<std::byte> to) const override;
  /// What else stands beside the tensors, under names of the same kind: numbers, and texts of at
  /// most 4096 bytes.
  const PlainValues& values() const { return values_; }

 private:
  struct Entry {
    NumberFormat format;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> stride;
    std::uint64_t begin = 0;  // of the first number, in bytes from the start of the file
  };
  struct Builder;

  explicit CheckpointFile(MappedFile file) : file_(std::move(file)) {}
  const Entry& entry(std::string_view name) const;
  void gather(const Entry& from, std::uint64_t first, std::span<std::byte> to) const;

  MappedFile file_;
  std::map<std::string, Entry, std::less<>> entries_;
  PlainValues values_;
};

}  // namespace ptravel
