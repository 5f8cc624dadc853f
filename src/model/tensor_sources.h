#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/stored_tensors.h"
#include "model/weights.h"

namespace ptravel {

/// LibTorch's counterpart of a stored number format (unsigned ones the next wider signed type,
/// 8-bit floats float), or nothing.
std::optional<at::ScalarType> scalar_type(NumberFormat format);

/// The format in which a file holds such numbers, or nothing.
std::optional<NumberFormat> number_format(at::ScalarType type);

/// Tensors of files as LibTorch's: each is read by all threads into memory of its own.
class FileTensors : public TensorSource {
 public:
  explicit FileTensors(std::shared_ptr<const StoredTensors> stored) : stored_(std::move(stored)) {}
  /// Those of one file, whatever its container (tensor_file.h). Throws as open_tensor_file.
  static std::shared_ptr<FileTensors> open(const std::filesystem::path& path);

  std::vector<std::string> names() const override { return stored_->names(); }
  bool contains(std::string_view name) const override { return stored_->contains(name); }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return stored_->shape(name);
  }
  at::ScalarType dtype(std::string_view name) const override;
  at::Tensor tensor(std::string_view name) const override;

 private:
  std::shared_ptr<const StoredTensors> stored_;
};

/// Tensors held in memory by name: for tests and for models that are made rather than loaded.
class MemoryTensors : public TensorSource {
 public:
  void add(std::string name, at::Tensor tensor);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  at::ScalarType dtype(std::string_view name) const override;
  at::Tensor tensor(std::string_view name) const override;

 private:
  const at::Tensor& find(std::string_view name) const;
  std::map<std::string, at::Tensor, std::less<>> tensors_;
};

}  // namespace ptravel
