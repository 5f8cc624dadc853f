#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ptravel/image.h"
#include "tensor/compute.h"

namespace ptravel {

class NetworkFile;

/// Finds pictures between two. Immutable; may be used by several threads. Bytes do not depend on
/// the number of threads.
class Interpolator {
 public:
  virtual ~Interpolator() = default;

  /// `count` pictures at even distances between two of one size, without these. Throws Unsupported
  /// when a network's result has values that are no numbers.
  virtual std::vector<Image> between(const Image& first, const Image& second, int count) const = 0;
  /// "RIFE 4.7 to 4.9, 4 blocks".
  virtual std::string description() const = 0;
};

/// Reads an interpolating network: a RIFE of version 4, or FILM. Throws as open_tensor_file;
/// Unsupported when it is neither, Corrupt when weights are missing, too many or misshapen.
std::unique_ptr<Interpolator> open_interpolator(const std::filesystem::path& path,
                                                const Compute& compute);

/// What the file is, from names and shapes alone. Throws as open_interpolator, without looking at
/// numbers.
std::string describe_interpolator(const NetworkFile& file);

/// The file that an interpolator's name stands for: a file as it is, else the one of that name in
/// the models folders (files_named). Throws NotFound with the nearest names.
std::filesystem::path interpolator_file(const std::string& name,
                                        const std::vector<std::filesystem::path>& models_folders);

}  // namespace ptravel
