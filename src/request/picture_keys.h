#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media/infotext.h"

namespace ptravel {

/// What a key of a picture's parameters does to the pixels, and whether that happens here.
enum class KeyEffect {
  Applied,     ///< It is read.
  Harmless,    ///< It changes no pixels.
  Hires,       ///< A second pass at a larger size.
  Refiner,     ///< A second model.
  Detailer,    ///< Parts found and drawn again.
  Control,     ///< ControlNet, adapters fed with pictures.
  Adapter,     ///< LoRA and its family, hypernetworks.
  Embedding,   ///< Textual inversion.
  Inpainting,  ///< A mask.
  Finishing,   ///< Work on the finished picture: enlarging, faces, colours.
  Script,      ///< Extensions and scripts that draw in a way of their own.
  Sampling,    ///< Settings of samplers, schedules and guidance.
  Network,     ///< Changes of the networks: tiling, FreeU.
  Merging,     ///< Token merging, which makes networks faster and pictures coarser.
  Vae,         ///< Another VAE.
  Unknown,     ///< Not in the table.
};

/// The effect of a key of the web UI and its descendants.
KeyEffect key_effect(std::string_view key);

/// Whether a value says that its setting is off.
bool is_neutral_value(std::string_view value);

/// A sentence about something that a picture asks for and that is not done.
struct PictureNote {
  std::string text;
  std::string field;  ///< The field that does it after all, when it is set; empty for none.
  bool operator==(const PictureNote&) const = default;
};

/// Collects keys that are not applied: one note for each effect, naming its keys with their values,
/// and one for each unknown key. Harmless and applied keys are silent.
class KeyNotes {
 public:
  void add(KeyEffect effect, std::string_view key, std::string_view value);
  std::vector<PictureNote> notes() const;

 private:
  std::vector<std::pair<KeyEffect, std::string>> entries_;
};

/// Adds all items whose keys change pixels and are not applied here.
void add_unapplied_items(const Infotext& text, KeyNotes& notes);

}  // namespace ptravel
