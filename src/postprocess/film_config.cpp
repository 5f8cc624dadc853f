#include "postprocess/film_config.h"

#include <algorithm>
#include <memory>

namespace ptravel {
namespace {

constexpr std::int64_t kMostLevels = 7;
constexpr std::int64_t kMostConvolutions = 16;
constexpr std::int64_t kMostFilters = 256;
constexpr std::int64_t kMostWidth = 1024;
constexpr std::string_view kExtractor = "extract.extract_sublevels.convs.";

/// "convs.0.1.0.weight" and "convs.0.1.conv.weight" are "convs.0.1.weight" of a layer;
/// `layer_depth` says how many parts a layer's own name has.
std::string plain_name(const std::string& name, std::size_t layer_depth) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  if (parts.size() == layer_depth + 2 &&
      (parts[layer_depth] == "0" || parts[layer_depth] == "conv")) {
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(layer_depth));
  }
  std::string result;
  for (const std::string& part : parts) {
    result += (result.empty() ? "" : ".") + part;
  }
  return result;
}

/// How many parts a layer's name has, by how it begins: "fuse.convs.0.1" has four.
std::size_t layer_depth(const std::string& name) {
  if (name.starts_with(kExtractor)) {
    return 5;
  }
  if (name.starts_with("predict_flow._predictors.")) {
    return 5;
  }
  return name.starts_with("fuse.output_conv") ? 2 : 4;
}

FilmPredictor read_predictor(const NetworkFile& file, const std::string& name) {
  const auto layer = [&](std::int64_t number) {
    return name + "._convs." + std::to_string(number) + ".weight";
  };
  FilmPredictor predictor;
  predictor.convolutions = file.count(kMostConvolutions, "convolutions", layer) - 2;
  predictor.width = file.shape(layer(0), 4)[0];
  if (predictor.convolutions < 1 || predictor.width > kMostWidth || predictor.width % 2 != 0) {
    file.fail(ErrorCode::Unsupported,
              name + " has " + std::to_string(predictor.convolutions + 2) + " convolutions of " +
                  std::to_string(predictor.width) +
                  " channels, expected at least 3 and an even number up to " +
                  std::to_string(kMostWidth));
  }
  return predictor;
}

}  // namespace

std::int64_t FilmConfig::features(std::int64_t level) const {
  std::int64_t channels = 0;
  for (std::int64_t sub = 0; sub <= std::min(level, sub_levels - 1); ++sub) {
    channels += filters << sub;
  }
  return channels;
}

std::string describe(const FilmConfig& config) {
  return "FILM, " + std::to_string(config.filters) + " filters";
}

bool is_film(const NetworkFile& file) {
  return film_tensors(file).contains(std::string(kExtractor) + "0.0.weight");
}

NetworkFile film_tensors(const NetworkFile& file) {
  const NetworkFile inner = file.unwrapped();
  auto renamed = std::make_shared<RenamedTensors>();
  for (const std::string& name : inner.tensors()->names()) {
    renamed->add(plain_name(name, layer_depth(name)), inner.tensors(), name);
  }
  return {renamed, file.name()};
}

FilmConfig recognize_film(const NetworkFile& file) {
  FilmConfig config;
  const auto weight = [](const std::string& name) { return name + ".weight"; };
  config.sub_levels = file.count(kMostLevels, "levels of features", [&](std::int64_t level) {
    return weight(std::string(kExtractor) + std::to_string(level) + ".0");
  });
  const std::string first = weight(std::string(kExtractor) + "0.0");
  config.filters = file.shape(first, 4)[0];
  if (config.filters > kMostFilters) {
    file.fail(ErrorCode::Unsupported, first + " has channels " + std::to_string(config.filters) +
                                          ", expected at most " + std::to_string(kMostFilters));
  }
  const auto fine = [](std::int64_t level) {
    return "predict_flow._predictors." + std::to_string(level);
  };
  const std::int64_t specialized =
      file.count(kMostLevels - 1, "levels of motion",
                 [&](std::int64_t level) { return weight(fine(level) + "._convs.0"); });
  config.fine.clear();
  for (std::int64_t level = 0; level < specialized; ++level) {
    // They count from the coarsest.
    config.fine.push_back(read_predictor(file, fine(specialized - 1 - level)));
  }
  config.coarse = read_predictor(file, "predict_flow._predictor");
  config.fusion_levels =
      1 + file.count(kMostLevels - 1, "levels of fusion", [&](std::int64_t level) {
        return weight("fuse.convs." + std::to_string(level) + ".0");
      });
  return config;
}

}  // namespace ptravel
