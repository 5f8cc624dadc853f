#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/model_store.h"

namespace ptravel {

/// LoRA files by the names by which prompts call them. Reads nothing but names until a name is
/// asked for that no file has. One thread.
class LoraShelf {
 public:
  /// What lies in folders of LoRAs below `models_folders`.
  explicit LoraShelf(const std::vector<std::filesystem::path>& models_folders);

  /// The file whose stem the name is, or else the one that was given this name when it was made
  /// (ss_output_name); of several the last. Upper and lower case differ.
  std::optional<std::filesystem::path> find(const std::string& name);

 private:
  std::vector<std::filesystem::path> files_;
  std::map<std::string, std::filesystem::path> by_stem_;
  std::map<std::string, std::filesystem::path> by_alias_;
  bool aliases_read_ = false;
};

/// What the LoRA tags of one prompt come to.
struct PromptLoras {
  std::vector<ModelAddon> addons;  ///< In the order in which they are applied.
  std::vector<std::string> notes;  ///< Why some are left out; "Lora not found: a, b" first.
};

/// Looks up the tags of a prompt. A file that cannot be read is left out with a note.
PromptLoras loras_of(std::string_view prompt, LoraShelf& shelf);

/// The twelve digits that the web UI shows of a LoRA's hash. Throws NotFound, Io.
std::string lora_short_hash(const std::filesystem::path& path);

}  // namespace ptravel
