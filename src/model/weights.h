#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "tensor/compute.h"

namespace ptravel {

/// A low rank beside a weight: strength * up @ down is added to it, without changing it.
struct SideBranch {
  std::int64_t slot = 0;  ///< Which of the strengths acts on it.
  at::Tensor up;          ///< [out, rank] float32.
  at::Tensor down;        ///< [rank, in], or of a filter [rank, in, k, k]; float32.
};

/// Where named tensors come from: files (FileTensors), memory, or nowhere (made on demand). Names
/// of models are LDM names (they are mapped on opening).
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  virtual std::vector<std::string> names() const = 0;
  virtual bool contains(std::string_view name) const = 0;
  virtual std::vector<std::int64_t> shape(std::string_view name) const = 0;
  /// The number format that tensor() gives. Throws Unsupported for one that LibTorch does not have
  /// (8-bit floats).
  virtual at::ScalarType dtype(std::string_view name) const = 0;
  /// The tensor in the source's own number format; it must not be written to. Files read it into
  /// memory of its own, which goes with the result. Throws NotFound, Io.
  virtual at::Tensor tensor(std::string_view name) const = 0;
  /// For sources that make tensors instead of reading them (new models, training, benchmarks): the
  /// tensor of the shape, device and number format that a network asks for, which the network keeps
  /// as it is. Sources that read return nothing, and Weights goes on by name.
  virtual std::optional<at::Tensor> make(std::string_view name,
                                         at::IntArrayRef shape,
                                         const Compute& compute) const;
  /// What stands beside a weight; most sources have nothing.
  virtual std::vector<SideBranch> side_branches(std::string_view name) const;
  /// How many numbers that are, without reading them.
  virtual std::int64_t side_numbers(std::string_view name) const;
};

/// A read-only view with a prefix on a TensorSource, from which layers fetch their weights by
/// name. Loading is strict and reports everything at once: missing, misshapen and unused tensors
/// are recorded in the shared ledger and thrown together by finish(). Cheap to copy; one thread.
class Weights {
 public:
  /// A view on the names that begin with `prefix` (a dot is appended where it lacks one; empty =
  /// all names). `ledger_title` names the part in messages ("unet").
  Weights(std::shared_ptr<const TensorSource> source, std::string prefix, std::string ledger_title);

  /// The same view with `name` + "." appended to the prefix.
  Weights at(std::string_view name) const;

  bool contains(std::string_view name) const;
  /// The shape in the file, or nothing when the tensor is not there. Does not count as a use.
  std::optional<std::vector<std::int64_t>> shape(std::string_view name) const;
  /// The number format in the file, likewise.
  std::optional<at::ScalarType> dtype(std::string_view name) const;

  /// A fresh copy of prefix + name, converted to `compute`'s device and dtype, never sharing memory
  /// with the file. When the tensor is missing, has another shape or holds a NaN or infinity, the
  /// problem is recorded for finish() and zeros of the expected shape come back, so that one pass
  /// finds every problem; those zeros are one expanded number and take no memory. Throws as
  /// finish() where more than 2^28 numbers are missing: what layers make of zeros does take memory.
  at::Tensor load(std::string_view name,
                  at::IntArrayRef expected_shape,
                  const Compute& compute) const;

  /// What stands beside prefix + name.
  std::vector<SideBranch> side_branches(std::string_view name) const {
    return source_->side_branches(prefix_ + std::string(name));
  }

  /// Marks prefix + name as used without reading it (buffers that are known and not needed).
  void ignore(std::string_view name) const;

  /// Throws Error(Corrupt) listing every recorded problem and every tensor below this view's
  /// prefix that was never used (at most 20 names, then a count); returns quietly otherwise.
  void finish() const;

 private:
  struct Ledger;
  std::shared_ptr<const TensorSource> source_;
  std::string prefix_;
  std::shared_ptr<Ledger> ledger_;
};

}  // namespace ptravel
