#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/stored_tensors.h"
#include "model/weights.h"
#include "ptravel/error.h"
#include "tensor/compute.h"

namespace ptravel {

/// The tensors of a network that works on pictures, from which its sizes are read. Everything in it
/// may be a lie until it is checked. Cheap to copy.
class NetworkFile {
 public:
  /// Opens a file whatever its container. Throws as open_tensor_file.
  static NetworkFile open(const std::filesystem::path& path);
  /// Tensors that are open; `name` stands in messages.
  NetworkFile(std::shared_ptr<const StoredTensors> tensors, std::string name);

  const std::string& name() const { return name_; }
  const std::shared_ptr<const StoredTensors>& tensors() const { return tensors_; }
  bool contains(std::string_view tensor) const { return tensors_->contains(tensor); }

  /// Without what training programs wrap around a network's names: the dict "params_ema", else
  /// "params", else "state_dict", and "module.".
  NetworkFile unwrapped() const;
  /// The tensors below `prefix`, under names without it.
  NetworkFile below(std::string_view prefix) const;
  /// Those whose names begin with none of these.
  NetworkFile without(const std::vector<std::string_view>& prefixes) const;

  /// The shape of a tensor that has to be there with so many dimensions, each from 1 to 4096, else
  /// throws Corrupt.
  std::vector<std::int64_t> shape(const std::string& tensor, std::size_t dimensions) const;
  /// How many of first, first + 1, ... are there as name(i), up to `most`; throws Unsupported for
  /// more.
  template <typename Name>
  std::int64_t count(std::int64_t most, std::string_view what, const Name& name) const {
    std::int64_t number = 0;
    while (contains(name(number))) {
      if (++number > most) {
        fail(ErrorCode::Unsupported, "more than " + std::to_string(most) + " " + std::string(what));
      }
    }
    return number;
  }
  /// Throws an Error that names the file.
  [[noreturn]] void fail(ErrorCode code, const std::string& problem) const;
  /// Some of its names, for messages.
  std::string examples() const;

  /// A view on all tensors, for layers. Problems will name the file.
  Weights weights() const;
  /// The same without numbers: layers get tensors on LibTorch's device "meta", which have shapes
  /// and take no memory.
  Weights shapes() const;

 private:
  std::shared_ptr<const StoredTensors> tensors_;
  std::string name_;
};

/// Builds a network of a file's tensors. First of their shapes alone, so that one that claims more
/// than its file holds is refused before memory is taken for it. Throws Corrupt, naming the file,
/// when tensors are missing, too many, misshapen or not finite.
template <typename Network, typename Config>
Network load_network(const NetworkFile& file, const Config& config, const Compute& compute) {
  const Weights shapes = file.shapes();
  [[maybe_unused]] const Network sketch(shapes, config, {at::Device(at::kMeta), compute.dtype});
  shapes.finish();
  const Weights weights = file.weights();
  Network network(weights, config, compute);
  weights.finish();
  return network;
}

/// "[64, 3, 3, 3]"
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace ptravel
