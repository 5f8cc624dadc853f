// TAESD and TAESDXL (Bohan 2023), decoders only: what files call their layers.

#include "checkpoint/tiny_decoder_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "checkpoint/model_family.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Source = std::shared_ptr<const StoredTensors>;

constexpr std::array<std::string_view, 4> kPrefixes = {"decoder.layers.", "taesd_decoder.",
                                                       "decoder.", ""};
constexpr std::int64_t kWidest = 1024;
constexpr std::size_t kMostLevels = 6;
constexpr std::int64_t kMostLayers = 200;

/// The tensors of one entry of the Sequential, by what follows its number.
using Layer = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void fail(ErrorCode code, const fs::path& path, const std::string& problem) {
  throw Error(code, "[vae_decoder] " + path.string() + ": " + problem);
}

/// The number that a name begins with, and what follows its dot; nothing for other names.
std::optional<std::pair<std::int64_t, std::string>> numbered(std::string_view name) {
  std::int64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || rest == end || *rest != '.' || number < 0 || number > kMostLayers) {
    return std::nullopt;
  }
  return std::pair(number, std::string(rest + 1, end));
}

/// The longest prefix below which numbers stand.
std::optional<std::string_view> prefix_of(const StoredTensors& tensors) {
  const auto names = tensors.names();
  for (const std::string_view prefix : kPrefixes) {
    const bool there = std::ranges::any_of(names, [&](const std::string& name) {
      return name.starts_with(prefix) &&
             numbered(std::string_view(name).substr(prefix.size())).has_value();
    });
    if (there) {
      return prefix;
    }
  }
  return std::nullopt;
}

/// Gives the layers the names of TinyDecoderFile, and counts.
class Reader {
 public:
  Reader(const fs::path& path, Source source) : path_(path), source_(std::move(source)) {}

  TinyDecoderFile read() {
    const auto prefix = prefix_of(*source_);
    if (!prefix) {
      fail(ErrorCode::Unsupported, path_,
           "is a " + std::string(family_label(recognise_model(*source_))) +
               ", expected a tiny decoder (TAESD)");
    }
    std::map<std::int64_t, Layer> layers;
    for (const std::string& name : source_->names()) {
      if (!name.starts_with(*prefix)) {
        continue;
      }
      if (const auto found = numbered(std::string_view(name).substr(prefix->size()))) {
        layers[found->first][found->second] = name;
      } else if (!prefix->empty()) {
        tensors_->add(name, source_, name);
      }
    }
    config_.blocks.clear();
    for (const auto& [number, layer] : layers) {
      take(layer, number == layers.rbegin()->first);
    }
    check();
    return {config_, tensors_};
  }

 private:
  void take(const Layer& layer, bool last) {
    const bool convolution = layer.contains("weight");
    if (!convolution) {
      if (config_.blocks.empty() || !layer.contains("conv.0.weight")) {
        fail(ErrorCode::Unsupported, path_,
             "has " + layer.begin()->second + ", which no tiny decoder (TAESD) has there");
      }
      name(layer, level() + ".blocks." + std::to_string(config_.blocks.back()++));
    } else if (config_.blocks.empty()) {
      first_ = layer.at("weight");
      config_.blocks.push_back(0);
      name(layer, "conv_in");
    } else if (last) {
      last_ = layer.at("weight");
      name(layer, "conv_out");
    } else {
      config_.blocks.push_back(0);
      name(layer, level() + ".conv");
    }
  }

  std::string level() const { return "levels." + std::to_string(config_.blocks.size() - 1); }

  void name(const Layer& layer, const std::string& as) {
    const std::string front = as + ".";
    for (const auto& [rest, stored] : layer) {
      std::string full = front;
      full += rest;
      tensors_->add(std::move(full), source_, stored);
    }
  }

  /// The sides of what has to be a filter; zeros for anything else.
  std::vector<std::int64_t> filter(const std::string& tensor) const {
    const auto shape = tensor.empty() ? std::vector<std::int64_t>() : source_->shape(tensor);
    return shape.size() == 4 ? shape : std::vector<std::int64_t>(4, 0);
  }

  void check() {
    config_.width = filter(first_)[0];
    config_.latent_channels = filter(first_)[1];
    if (config_.width < 1 || config_.width > kWidest || config_.latent_channels < 1 ||
        config_.latent_channels > kWidest || filter(last_)[0] != 3 ||
        config_.blocks.size() > kMostLevels) {
      fail(ErrorCode::Corrupt, path_,
           "has sizes of no tiny decoder (TAESD): " + std::to_string(config_.latent_channels) +
               " channels of latents, " + std::to_string(config_.width) + " between, " +
               std::to_string(filter(last_)[0]) + " of the picture, " +
               std::to_string(config_.blocks.size()) + " levels");
    }
  }

  const fs::path& path_;
  Source source_;
  std::shared_ptr<RenamedTensors> tensors_ = std::make_shared<RenamedTensors>();
  TinyDecoderConfig config_;
  std::string first_;
  std::string last_;
};

}  // namespace

TinyDecoderFile open_tiny_decoder(const fs::path& path) {
  return Reader(path, open_tensor_file(path).tensors).read();
}

std::string_view tiny_decoder_name(ModelFamily family) {
  return family_traits(family).scale_factor == family_traits(ModelFamily::Sdxl).scale_factor
             ? "taesdxl_decoder"
             : "taesd_decoder";
}

std::optional<fs::path> find_tiny_decoder(const std::vector<fs::path>& folders,
                                          ModelFamily family) {
  const std::string name(tiny_decoder_name(family));
  const std::string folder_name = name.substr(0, name.find('_'));
  for (const fs::path& folder : folders) {
    for (const std::string& file : {name + ".safetensors", name + ".pth", name + ".pt",
                                    folder_name + "/diffusion_pytorch_model.safetensors",
                                    folder_name + "/diffusion_pytorch_model.bin"}) {
      std::error_code error;
      if (fs::is_regular_file(folder / file, error)) {
        return folder / file;
      }
    }
  }
  return std::nullopt;
}

}  // namespace ptravel
