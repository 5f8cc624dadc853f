#include "saved_state.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <vector>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json_number.h"
#include "model/safetensors_writer.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"

namespace ptravel::train {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;
using Pieces = std::vector<std::map<std::string, at::Tensor>>;

constexpr std::uint64_t kLargestIndex = std::uint64_t{64} << 20;
constexpr std::int64_t kHeaderRoom = 1 << 16;
constexpr std::int64_t kMaxGeneration = 1'000'000'000;

[[noreturn]] void fail(const Path& path, const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[training state] " + path.string() + ": " + problem);
}

Path index_path(const Path& folder, const std::string& name) {
  return folder / (name + "-state.json");
}

/// Cuts the tensors into parts "name#k" and fills pieces with them one after the other.
Pieces cut(const SavedState& state, std::int64_t limit) {
  Pieces pieces(1);
  std::int64_t used = 0;
  for (const auto& [name, tensor] : state.tensors) {
    std::int64_t first = 0;
    for (int part = 0; first < tensor.numel() || part == 0; ++part) {
      if (used >= limit) {
        pieces.emplace_back();
        used = 0;
      }
      const std::int64_t count =
          std::min(tensor.numel() - first,
                   std::max<std::int64_t>(
                       1, (limit - used) / static_cast<std::int64_t>(tensor.element_size())));
      pieces.back().emplace(name + "#" + std::to_string(part), tensor.narrow(0, first, count));
      used += count * static_cast<std::int64_t>(tensor.element_size());
      first += count;
    }
  }
  return pieces;
}

bool is_index(const json& index) {
  return index.is_object() && index.contains("pieces") && index["pieces"].is_array() &&
         index.contains("numbers") && index["numbers"].is_object() && index.contains("log") &&
         index["log"].is_string() && index.contains("generation") &&
         json_integer(index["generation"], 0, kMaxGeneration);
}

json read_index(const Path& path) {
  json index = json::parse(read_file(path, kLargestIndex), nullptr, false);
  if (!is_index(index)) {
    fail(path, "is not a training state");
  }
  for (const json& piece : index["pieces"]) {
    if (!piece.is_string() || Path(piece.get<std::string>()).has_parent_path()) {
      fail(path, "names a piece that is not a file beside it");
    }
  }
  return index;
}

void remove_pieces(const Path& folder, const json& index) {
  for (const json& piece : index["pieces"]) {
    std::error_code ignored;
    std::filesystem::remove(folder / piece.get<std::string>(), ignored);
  }
}

}  // namespace

void save_state(const Path& folder,
                const std::string& name,
                const SavedState& state,
                double piece_mib) {
  const Path path = index_path(folder, name);
  const json old = std::filesystem::exists(path) ? read_index(path) : json();
  const std::int64_t generation = old.is_object() ? *json_integer(old["generation"]) + 1 : 0;
  const std::int64_t limit = piece_mib > 0
                                 ? static_cast<std::int64_t>(piece_mib * 1048576) - kHeaderRoom
                                 : std::numeric_limits<std::int64_t>::max();
  json index = {{"generation", generation},
                {"numbers", state.numbers},
                {"log", state.log},
                {"pieces", json::array()}};
  const Pieces pieces = cut(state, std::max<std::int64_t>(limit, kHeaderRoom));
  for (std::size_t k = 0; k < pieces.size(); ++k) {
    const std::string file =
        name + "-state-" + std::to_string(generation) + "-" + std::to_string(k) + ".safetensors";
    write_safetensors(folder / file, pieces[k]);
    index["pieces"].push_back(file);
  }
  write_file_atomic(path, index.dump());
  if (old.is_object()) {
    remove_pieces(folder, old);
  }
}

std::optional<SavedState> load_state(const Path& folder, const std::string& name) {
  const Path path = index_path(folder, name);
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  const json index = read_index(path);
  std::map<std::string, std::map<int, at::Tensor>> parts;
  for (const json& piece : index["pieces"]) {
    const Path piece_path = folder / piece.get<std::string>();
    if (!std::filesystem::exists(piece_path)) {
      fail(piece_path, "is missing");
    }
    const auto file = FileTensors::open(piece_path);
    for (const std::string& full : file->names()) {
      const std::size_t mark = full.rfind('#');
      if (mark == full.npos || mark + 1 == full.size()) {
        fail(path, "holds the tensor " + full + ", which is no part of a state");
      }
      parts[full.substr(0, mark)][std::atoi(full.c_str() + mark + 1)] = file->tensor(full).clone();
    }
  }
  SavedState state;
  for (const auto& [tensor, numbered] : parts) {
    std::vector<at::Tensor> ordered;
    for (const auto& [number, part] : numbered) {
      ordered.push_back(part);
    }
    state.tensors.emplace(tensor, at::cat(ordered));
  }
  for (const auto& [key, value] : index["numbers"].items()) {
    state.numbers.emplace(key, json_number(value).value_or(0.0));
  }
  for (const char* needed : {"step", "seconds", "skipped"}) {
    if (!state.numbers.contains(needed)) {
      fail(path, std::string(needed) + " is missing");
    }
  }
  state.log = index["log"].get<std::string>();
  return state;
}

}  // namespace ptravel::train
