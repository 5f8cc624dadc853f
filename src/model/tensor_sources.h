#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/weights.h"

namespace ptravel {

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

/// Tensors of other sources under new names; each may come from another file. The sources are kept
/// alive. Data is neither read nor copied until tensor() is called.
class RenamedTensors : public TensorSource {
 public:
  /// How a tensor's shape differs from the one in its source.
  enum class Shape {
    AsStored,
    PointConvolution,  ///< A matrix [out, in] stands for a 1x1 convolution [out, in, 1, 1].
    Matrix,            ///< A 1x1 convolution [out, in, 1, 1] stands for a matrix [out, in].
  };

  /// Replaces an entry of the same name. `source` must contain `source_name`.
  void add(std::string name,
           std::shared_ptr<const TensorSource> source,
           std::string source_name,
           Shape shape = Shape::AsStored);
  void remove(std::string_view name);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  at::ScalarType dtype(std::string_view name) const override;
  std::string dtype_name(std::string_view name) const override;
  at::Tensor tensor(std::string_view name) const override;

 private:
  struct Entry {
    std::shared_ptr<const TensorSource> source;
    std::string name;
    Shape shape = Shape::AsStored;
  };
  const Entry& find(std::string_view name) const;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace ptravel
