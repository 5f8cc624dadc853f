#include "checkpoint/scaled_tensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "checkpoint/decode_numbers.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Source = std::shared_ptr<const StoredTensors>;

/// How a file names a layer's scale, and the weight that it belongs to.
struct ScaleName {
  std::string_view scale;
  std::string_view stored;  ///< The weight in the file.
  double divisor;           ///< Of the scale.
};
constexpr std::string_view kWeight = ".weight";
constexpr ScaleName kScales[] = {
    {".scale_weight", ".weight", 1},
    {".weight_scale", ".weight", 1},
    {".weight._scale", ".weight._data", 1},
    {".SCB", ".weight", 127},
};

// Scales of a layer's input and output, which only computing in 8 bits needs, and marks.
constexpr std::string_view kNotNeeded[] = {".scale_input", ".input_scale", ".output_scale",
                                           ".weight_format", "scaled_fp8"};
constexpr std::string_view kLayerFormat = ".comfy_quant";

// Signs of ways to store weights that are not known here.
struct Stranger {
  std::string_view piece;
  std::string_view what;
};
constexpr Stranger kStrangers[] = {
    {".weight_scale_2", "4-bit floats (NVFP4)"},
    {".weight_scale_inv", "scales for blocks of a matrix"},
    {".weight.absmax", "4-bit numbers (bitsandbytes)"},
    {".quant_state.bitsandbytes", "4-bit numbers (bitsandbytes)"},
    {".weight._shift", "numbers with a zero point (quanto)"},
    {".weight_zero_point", "numbers with a zero point"},
    {".qweight", "packed numbers (SVDQuant, AWQ or GPTQ)"},
};
constexpr const char* kExpected =
    "; expected F8_E4M3, F8_E5M2 or I8 with one scale or one for each row, or wider numbers";

constexpr std::uint64_t kMostFormatBytes = 4096;
constexpr std::string_view kFormats[] = {"float8_e4m3fn", "float8_e4m3fn_rowwise", "float8_e5m2",
                                         "int8_tensorwise", "int8_rowwise"};
constexpr std::string_view kFormatMembers[] = {"format", "full_precision_matrix_mult"};

[[noreturn]] void fail(ErrorCode code,
                       const StoredTensors& file,
                       std::string_view name,
                       const std::string& problem) {
  throw Error(code, "[model] " + file.file(name).string() + ": tensor \"" + std::string(name) +
                        "\" " + problem);
}

/// The name with another end, or nothing when it does not end so.
std::optional<std::string> with_end(std::string_view name,
                                    std::string_view end,
                                    std::string_view other) {
  if (!name.ends_with(end)) {
    return std::nullopt;
  }
  return std::string(name.substr(0, name.size() - end.size())).append(other);
}

template <typename List>
bool has_end(std::string_view name, const List& ends) {
  return std::any_of(std::begin(ends), std::end(ends),
                     [&](std::string_view end) { return name.ends_with(end); });
}

void check_known(const StoredTensors& file, std::string_view name) {
  for (const Stranger& stranger : kStrangers) {
    if (name.find(stranger.piece) != name.npos) {
      fail(ErrorCode::Unsupported, file, name,
           "says that weights are stored as " + std::string(stranger.what) + kExpected);
    }
  }
}

/// What a layer says of the way its weight is stored must be one of those that scales alone undo.
void check_layer_format(const StoredTensors& file, std::string_view name) {
  const std::uint64_t bytes = number_count(file, name);
  if (file.format(name) != NumberFormat::U8 || bytes > kMostFormatBytes) {
    fail(ErrorCode::Corrupt, file, name, "is not the text that it should be");
  }
  std::string text(bytes, '\0');
  file.read(name, 0, std::as_writable_bytes(std::span(text)));
  const auto content = nlohmann::json::parse(text, nullptr, false);
  if (!content.is_object() || !content.contains("format") || !content["format"].is_string()) {
    fail(ErrorCode::Corrupt, file, name, "does not tell a format");
  }
  const auto format = content["format"].get<std::string>();
  const bool known =
      std::find(std::begin(kFormats), std::end(kFormats), format) != std::end(kFormats);
  for (const auto& [key, value] : content.items()) {
    const bool harmless = std::find(std::begin(kFormatMembers), std::end(kFormatMembers), key) !=
                          std::end(kFormatMembers);
    if (!known || !harmless) {
      fail(ErrorCode::Unsupported, file, name,
           "tells the format \"" + format.substr(0, 40) + "\"" +
               (known ? " with \"" + key.substr(0, 40) + "\"" : "") + kExpected);
    }
  }
}

/// A weight and what it is multiplied by.
struct ScaledWeight {
  std::string stored;
  std::vector<float> scales;  ///< One, or one for each row.
};

ScaledWeight read_scale(const StoredTensors& file,
                        const std::string& name,
                        std::string stored,
                        double divisor) {
  const auto shape = file.shape(name);
  const auto weight = file.shape(stored);
  const NumberFormat format = file.format(name);
  const bool real = format == NumberFormat::F32 || format == NumberFormat::F16 ||
                    format == NumberFormat::BF16 || format == NumberFormat::F64;
  const std::uint64_t count = number_count(file, name);
  const bool by_row = !shape.empty() && !weight.empty() && shape[0] == weight[0] &&
                      count == static_cast<std::uint64_t>(weight[0]);
  if (!real || (count != 1 && !by_row) || !is_computable(file.format(stored))) {
    fail(ErrorCode::Unsupported, file, name,
         "is no scale that is known: " + std::to_string(count) + " numbers stored as " +
             std::string(number_format_name(format)) + kExpected);
  }
  ScaledWeight result{std::move(stored), {}};
  for (const double scale : read_numbers(file, name)) {
    const auto single = static_cast<float>(scale / divisor);
    if (!std::isfinite(single)) {
      fail(ErrorCode::Corrupt, file, name, "holds a scale that is not a number");
    }
    result.scales.push_back(single);
  }
  return result;
}

class ScaledTensors : public StoredTensors {
 public:
  ScaledTensors(Source file, std::map<std::string, ScaledWeight, std::less<>> weights)
      : file_(std::move(file)), weights_(std::move(weights)) {}

  /// Takes a name of the file over as it is.
  void keep(std::string name) { kept_.insert(std::move(name)); }

  std::vector<std::string> names() const override {
    std::vector<std::string> names(kept_.begin(), kept_.end());
    for (const auto& [name, weight] : weights_) {
      names.push_back(name);
    }
    return names;
  }
  bool contains(std::string_view name) const override {
    return kept_.contains(name) || weights_.contains(name);
  }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return file_->shape(stored(name));
  }
  NumberFormat format(std::string_view name) const override {
    return weights_.contains(name) ? NumberFormat::F32 : file_->format(stored(name));
  }
  std::filesystem::path file(std::string_view name) const override {
    return file_->file(stored(name));
  }
  void read(std::string_view name, std::uint64_t begin, std::span<std::byte> to) const override {
    const auto found = weights_.find(name);
    if (found == weights_.end()) {
      file_->read(stored(name), begin, to);
      return;
    }
    PTRAVEL_CHECK(begin % sizeof(float) == 0 && to.size() % sizeof(float) == 0);
    read_scaled(found->second, begin / sizeof(float), to);
  }

 private:
  std::string_view stored(std::string_view name) const {
    const auto found = weights_.find(name);
    if (found != weights_.end()) {
      return found->second.stored;
    }
    if (!kept_.contains(name)) {
      throw Error(ErrorCode::NotFound,
                  "[checkpoint] there is no tensor \"" + std::string(name) + "\"");
    }
    return name;
  }

  void read_scaled(const ScaledWeight& weight, std::uint64_t first, std::span<std::byte> to) const {
    constexpr std::size_t kChunk = 4096;
    const NumberFormat format = file_->format(weight.stored);
    const std::uint64_t size = bytes_per_number(format);
    const std::uint64_t row =
        std::max<std::uint64_t>(number_count(*file_, weight.stored) / weight.scales.size(), 1);
    std::vector<std::byte> bytes;
    std::vector<float> numbers;
    for (std::size_t done = 0; done < to.size(); done += numbers.size() * sizeof(float)) {
      numbers.resize(std::min(kChunk, (to.size() - done) / sizeof(float)));
      bytes.resize(numbers.size() * size);
      const std::uint64_t place = first + done / sizeof(float);
      file_->read(weight.stored, place * size, bytes);
      decode_numbers(format, bytes, numbers);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i] *=
            weight.scales.size() == 1 ? weight.scales[0] : weight.scales[(place + i) / row];
      }
      std::memcpy(to.data() + done, numbers.data(), numbers.size() * sizeof(float));
    }
  }

  Source file_;
  std::map<std::string, ScaledWeight, std::less<>> weights_;
  std::set<std::string, std::less<>> kept_;
};

}  // namespace

Source with_scales_applied(Source file) {
  std::map<std::string, ScaledWeight, std::less<>> weights;
  std::set<std::string, std::less<>> hidden;
  const std::vector<std::string> names = file->names();
  for (const std::string& name : names) {
    check_known(*file, name);
    if (name.ends_with(kLayerFormat)) {
      check_layer_format(*file, name);
    }
    if (name.ends_with(kLayerFormat) || has_end(name, kNotNeeded)) {
      hidden.insert(name);
      continue;
    }
    for (const ScaleName& row : kScales) {
      auto stored = with_end(name, row.scale, row.stored);
      if (!stored || !file->contains(*stored)) {
        continue;
      }
      std::string weight = *with_end(name, row.scale, kWeight);
      hidden.insert(name);
      hidden.insert(*stored);
      const bool twice = weights.contains(weight) || (*stored != weight && file->contains(weight));
      if (twice) {
        fail(ErrorCode::Corrupt, *file, name, "is a second scale of " + weight);
      }
      weights.emplace(std::move(weight), read_scale(*file, name, std::move(*stored), row.divisor));
    }
  }
  if (hidden.empty()) {
    return file;
  }
  auto result = std::make_shared<ScaledTensors>(file, std::move(weights));
  for (const std::string& name : names) {
    if (!hidden.contains(name)) {
      result->keep(name);
    }
  }
  return result;
}

}  // namespace ptravel
