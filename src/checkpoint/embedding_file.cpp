// Textual inversion (Gal et al. 2022, "An Image is Worth One Word"): files of the web UI, of
// diffusers' concepts and of SDXL trainers.

#include "checkpoint/embedding_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "checkpoint/decode_numbers.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostNumbers = std::int64_t{1} << 22;
constexpr std::string_view kParameters = "string_to_param";
constexpr std::string_view kBundle = "bundle_emb.";
constexpr const char* kTensor = "TORCHTENSOR";

[[noreturn]] void fail(ErrorCode code, const std::string& file, const std::string& problem) {
  throw Error(code, "[embedding] " + file + ": " + problem);
}

[[noreturn]] void fail_no_embedding(const std::string& file) {
  fail(ErrorCode::Unsupported, file,
       "is no embedding: expected \"string_to_param\", \"clip_l\" and \"clip_g\", or a single "
       "tensor");
}

[[noreturn]] void fail_several(const std::string& file) {
  fail(ErrorCode::Unsupported, file, "holds several tensors, expected the one of an embedding");
}

void check_finite(const EmbeddingRows& rows, const std::string& file) {
  if (!std::all_of(rows.numbers.begin(), rows.numbers.end(),
                   [](float number) { return std::isfinite(number); })) {
    fail(ErrorCode::Corrupt, file, "holds numbers that are not finite");
  }
}

/// [width] counts as [1, width].
EmbeddingRows rows_of_shape(const std::vector<std::int64_t>& shape, const std::string& file) {
  EmbeddingRows rows;
  const bool fits = !shape.empty() && shape.size() <= 2 && shape.front() >= 1 &&
                    shape.back() >= 1 && shape.front() <= kMostNumbers / shape.back();
  if (!fits) {
    std::string text;
    for (const std::int64_t side : shape) {
      text += (text.empty() ? "" : ", ") + std::to_string(side);
    }
    fail(ErrorCode::Corrupt, file,
         "has a tensor [" + text + "], expected [vectors, width] of at most " +
             std::to_string(kMostNumbers) + " numbers");
  }
  rows.count = shape.size() == 2 ? shape.front() : 1;
  rows.width = shape.back();
  return rows;
}

EmbeddingRows rows_of(const StoredTensors& tensors,
                      const std::string& name,
                      const std::string& file) {
  EmbeddingRows rows = rows_of_shape(tensors.shape(name), file);
  rows.numbers.resize(static_cast<std::size_t>(rows.count * rows.width));
  std::vector<std::byte> bytes(rows.numbers.size() * bytes_per_number(tensors.format(name)));
  tensors.read(name, 0, bytes);
  decode_numbers(tensors.format(name), bytes, rows.numbers);
  check_finite(rows, file);
  return rows;
}

float number_of(const Json& value, const std::string& file) {
  if (!value.is_number()) {
    fail(ErrorCode::Corrupt, file, "holds something else than numbers in a tensor");
  }
  return value.get<float>();
}

EmbeddingRows rows_of(const Json& tensor, const std::string& file) {
  const auto found = tensor.is_object() ? tensor.find(kTensor) : tensor.end();
  if (!tensor.is_object() || found == tensor.end() || !found->is_array() || found->empty()) {
    fail(ErrorCode::Corrupt, file, "lacks the numbers of a tensor");
  }
  const bool matrix = found->front().is_array();
  std::vector<std::int64_t> shape;
  if (matrix) {
    shape.push_back(static_cast<std::int64_t>(found->size()));
  }
  shape.push_back(static_cast<std::int64_t>(matrix ? found->front().size() : found->size()));
  EmbeddingRows rows = rows_of_shape(shape, file);
  const auto take = [&](const Json& row) {
    if (!row.is_array() || static_cast<std::int64_t>(row.size()) != rows.width) {
      fail(ErrorCode::Corrupt, file, "has rows of different lengths in a tensor");
    }
    for (const Json& value : row) {
      rows.numbers.push_back(number_of(value, file));
    }
  };
  if (matrix) {
    for (const Json& row : *found) {
      take(row);
    }
  } else {
    take(*found);
  }
  check_finite(rows, file);
  return rows;
}

}  // namespace

std::int64_t EmbeddingContent::width() const {
  std::int64_t width = 0;
  for (const EmbeddingRows& side : rows) {
    width += side.width;
  }
  return width;
}

EmbeddingContent read_embedding(const StoredTensors& tensors,
                                std::string_view prefix,
                                const std::string& file) {
  std::vector<std::string> parameters;
  std::vector<std::string> others;
  for (const std::string& name : tensors.names()) {
    if (name.starts_with(prefix)) {
      const std::string_view inner = std::string_view(name).substr(prefix.size());
      const bool parameter = inner == kParameters ||
                             (inner.starts_with(kParameters) && inner[kParameters.size()] == '.');
      (parameter ? parameters : others).push_back(name);
    }
  }
  EmbeddingContent content;
  const std::string l = std::string(prefix) + "clip_l";
  const std::string g = std::string(prefix) + "clip_g";
  if (!parameters.empty()) {
    if (parameters.size() > 1) {
      fail_several(file);
    }
    content.rows.push_back(rows_of(tensors, parameters.front(), file));
  } else if (tensors.contains(l) && tensors.contains(g)) {
    content.rows.push_back(rows_of(tensors, l, file));
    content.rows.push_back(rows_of(tensors, g, file));
  } else if (others.empty()) {
    fail_no_embedding(file);
  } else if (others.size() > 1) {
    fail_several(file);
  } else {
    content.rows.push_back(rows_of(tensors, others.front(), file));
  }
  return content;
}

EmbeddingContent open_embedding(const std::filesystem::path& path) {
  const TensorFile file = open_tensor_file(path);
  EmbeddingContent content = read_embedding(*file.tensors, "", path.string());
  const auto step = file.values.find("step");
  if (step != file.values.end()) {
    if (const auto* const number = std::get_if<std::int64_t>(&step->second)) {
      content.step = *number;
    }
  }
  return content;
}

EmbeddingContent parse_embedding_json(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.empty()) {
    fail_no_embedding(file);
  }
  EmbeddingContent content;
  if (const auto parameters = json.find(kParameters); parameters != json.end()) {
    if (!parameters->is_object() || parameters->size() != 1) {
      fail_several(file);
    }
    content.rows.push_back(rows_of(parameters->front(), file));
  } else if (json.contains("clip_l") && json.contains("clip_g")) {
    content.rows.push_back(rows_of(json.at("clip_l"), file));
    content.rows.push_back(rows_of(json.at("clip_g"), file));
  } else if (!json.front().is_object()) {
    fail_no_embedding(file);
  } else if (json.size() > 1) {
    fail_several(file);
  } else {
    content.rows.push_back(rows_of(json.front(), file));
  }
  if (const auto name = json.find("name"); name != json.end() && name->is_string()) {
    content.name = name->get<std::string>();
  }
  if (const auto step = json.find("step"); step != json.end() && step->is_number_integer()) {
    content.step = step->get<std::int64_t>();
  }
  return content;
}

std::vector<std::string> bundled_embeddings(const StoredTensors& tensors) {
  std::set<std::string> names;
  for (const std::string& tensor : tensors.names()) {
    const std::size_t dot =
        tensor.starts_with(kBundle) ? tensor.find('.', kBundle.size()) : std::string::npos;
    if (dot != std::string::npos) {
      names.insert(tensor.substr(kBundle.size(), dot - kBundle.size()));
    }
  }
  return {names.begin(), names.end()};
}

std::string bundle_prefix(std::string_view name) {
  return std::string(kBundle) + std::string(name) + ".";
}

}  // namespace ptravel
