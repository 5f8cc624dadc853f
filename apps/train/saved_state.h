#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

namespace ptravel::train {

/// What a stopped training goes on from.
struct SavedState {
  std::map<std::string, at::Tensor> tensors;  ///< Flat: one side each.
  std::map<std::string, double> numbers;
  std::string log;  ///< The log so far, CSV.
};

/// Writes <name>-state.json, which lists <name>-state-<generation>-<k>.safetensors; none of these
/// is larger than `piece_mib` MiB where that is > 0. A crash at any moment leaves the old state or
/// the new one. Throws Io.
void save_state(const std::filesystem::path& folder,
                const std::string& name,
                const SavedState& state,
                double piece_mib);

/// Reads it back; nothing when there is none. Throws Corrupt.
std::optional<SavedState> load_state(const std::filesystem::path& folder, const std::string& name);

}  // namespace ptravel::train
