#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// The vectors of an embedding for one text encoder.
struct EmbeddingRows {
  std::int64_t count = 0;      ///< At least 1.
  std::int64_t width = 0;      ///< At least 1.
  std::vector<float> numbers;  ///< count * width, row by row; all finite.
};

/// What a file of a textual inversion embedding holds.
struct EmbeddingContent {
  /// One for every text encoder that it has vectors for: one, or two ("clip_l", then "clip_g") of
  /// SDXL's pairs.
  std::vector<EmbeddingRows> rows;
  std::optional<std::int64_t> step;  ///< How long it was trained, where the file says so.
  /// The name that the content gives it; empty where it gives none. Only pictures go by it.
  std::string name;

  /// How many places of a prompt it takes: the last encoder's count.
  std::int64_t vectors() const { return rows.back().count; }
  /// All its encoders' widths together.
  std::int64_t width() const;
};

/// Reads the embedding among `tensors` whose names begin with `prefix` ("bundle_emb.name." of a
/// LoRA file; empty: all of them): "string_to_param" with one entry, SDXL's "clip_l" and "clip_g",
/// or a single tensor of any name, [width] or [vectors, width]. `file` stands in messages. Throws
/// Corrupt for shapes that are none, numbers that are not finite or more than 2^22 of them,
/// Unsupported for what is no embedding or holds several.
EmbeddingContent read_embedding(const StoredTensors& tensors,
                                std::string_view prefix,
                                const std::string& file);

/// The same of a .pt, .bin or .safetensors file. Nothing in a pickle is executed. Throws what
/// open_tensor_file throws, too.
EmbeddingContent open_embedding(const std::filesystem::path& path);

/// The same of the JSON text that pictures carry, in which tensors are {"TORCHTENSOR": [[...]]}.
EmbeddingContent parse_embedding_json(std::string_view json, const std::string& file);

/// The names of the embeddings that a LoRA file brings along ("bundle_emb.<name>.<tensor>"),
/// ascending.
std::vector<std::string> bundled_embeddings(const StoredTensors& tensors);
/// What the names of such an embedding's tensors begin with.
std::string bundle_prefix(std::string_view name);

}  // namespace ptravel
