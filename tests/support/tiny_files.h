#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/number_format.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// A tensor of a file that a test writes.
struct TinyTensor {
  std::vector<std::int64_t> shape;
  std::vector<double> numbers;  ///< In row-major order.
  NumberFormat format = NumberFormat::F32;
  bool turned = false;  ///< In a checkpoint: a matrix that lies column by column.

  /// The numbers as a safetensors file has them; halves round to the nearest.
  std::string bytes() const;
};

/// A tensor of equal numbers.
TinyTensor tiny_tensor(std::vector<std::int64_t> shape,
                       double value = 0,
                       NumberFormat format = NumberFormat::F32);
/// A tensor whose i-th number is numbers(i).
TinyTensor tiny_tensor(std::vector<std::int64_t> shape,
                       const std::function<double(std::size_t)>& numbers,
                       NumberFormat format = NumberFormat::F32);
/// The tensor with every number replaced.
TinyTensor changed(TinyTensor tensor, const std::function<double(double)>& change);

/// Named tensors of a file that a test writes.
using TinyTensors = std::map<std::string, TinyTensor>;

/// Sizes of a tiny SD 1.x model: everything a real one has, in two levels.
struct TinySizes {
  std::int64_t model_channels = 32;
  std::int64_t context = 64;  ///< Also the text encoder's width, so that one head is the default.
  std::int64_t vocabulary = 60;
  std::int64_t vae_channels = 32;
  std::int64_t in_channels = 4;
};

/// A complete tiny SD 1.x model under LDM names, F16, with repeatable small numbers.
TinyTensors tiny_sd1(const TinySizes& sizes = {});

/// The same weights under the names of one folder of a diffusers model ("unet", "vae",
/// "text_encoder"). `old_attention`: the VAE's attention names of older files, with matrices in
/// place of convolutions.
TinyTensors tiny_diffusers_part(const TinyTensors& ldm,
                                const std::string& part,
                                bool old_attention);

/// Writes the weights as a diffusers folder with the config files that they need.
void write_tiny_folder(const std::filesystem::path& folder,
                       const TinyTensors& ldm,
                       bool old_attention = false);

/// Little-endian bytes of an unsigned number.
std::string little_endian(std::uint64_t value, int bytes);
/// A safetensors file with any header and data, true or not.
std::string safetensors_bytes(const std::string& header, const std::string& data);
/// Writes bytes; makes the parent folders.
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

void write_tiny_safetensors(const std::filesystem::path& path,
                            const TinyTensors& tensors,
                            const std::map<std::string, std::string>& metadata = {});

/// A ZIP archive of stored members, as torch.save writes it (without alignment).
std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members);

/// How write_checkpoint wraps the tensors.
struct TinyCheckpointOptions {
  bool legacy = false;            ///< The layout before PyTorch 1.6.
  bool state_dict = true;         ///< Tensors under the key "state_dict", beside other keys.
  std::string extra_pickle = {};  ///< Instructions that leave one more value, stored under "extra".
};

/// Writes a .ckpt as torch.save would: protocol 2, one storage for each tensor, strides kept.
void write_checkpoint(const std::filesystem::path& path,
                      const TinyTensors& tensors,
                      const TinyCheckpointOptions& options = {});

}  // namespace ptravel
