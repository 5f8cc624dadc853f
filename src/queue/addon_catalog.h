#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/models_folder.h"

namespace ptravel {

/// A LoRA, an embedding or a hypernetwork in one of the models folders, as people choose them.
struct AddonEntry {
  FileKind kind = FileKind::Lora;
  std::string name;    ///< By which prompts call it: the file's stem; of pictures, that inside.
  std::string alias;   ///< Of a LoRA: the name it was given when it was made, if it is another one.
  std::string folder;  ///< Below the folder of its kind, with "/"; mostly empty.
  std::vector<std::int64_t> text_widths;  ///< Of texts that it is made for; empty: not known.
  std::int64_t vectors = 0;               ///< Of an embedding: how many tokens it stands for.
  std::string family;                     ///< In words, by those widths; empty: not known.
  std::string activation;                 ///< Words that prompts should contain.
  std::optional<double> preferred_weight;
  std::string description;
  std::string notes;
  std::uint64_t bytes = 0;
  std::filesystem::path path;
  std::filesystem::path picture;  ///< Beside the file; empty: there is none.
  std::string refusal;            ///< Why it cannot be used, a clause; empty when it can.
};

/// The add-ons of the models folders. What files hold is remembered by size and time of change.
/// Thread-safe; one look at the folders at a time.
class AddonCatalog {
 public:
  explicit AddonCatalog(std::vector<std::filesystem::path> folders);
  ~AddonCatalog();

  /// Looks at the folders. By kind, then by name, one of each name: the one that prompts get; of
  /// embeddings with one name for several models it has the widths of all. What the web UI's pages
  /// keep of a file ("x.json" beside it: description, activation text, preferred weight, notes)
  /// wins over what the file says of itself; what cannot be read of it is left out.
  std::vector<AddonEntry> list();
  /// Those of one kind.
  std::vector<AddonEntry> list(FileKind kind);
  /// How wide the texts of a model are, a file or a diffusers folder; 0: not known.
  std::int64_t text_width_of(const std::filesystem::path& model);
  /// One of the last look, or of a new one where there was none.
  std::optional<AddonEntry> find(FileKind kind, const std::string& name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel
