#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media/infotext.h"

namespace ptravel {

/// What a key of a picture's parameters does to the pixels, and whether that happens here.
enum class KeyEffect {
  Applied,      ///< It is read.
  Harmless,     ///< It changes no pixels.
  Hires,        ///< A second pass at a larger size.
  Refiner,      ///< A second model.
  Detailer,     ///< Parts found and drawn again.
  Control,      ///< ControlNet, adapters fed with pictures.
  Adapter,      ///< LoRA and its family, hypernetworks.
  Embedding,    ///< Textual inversion.
  Inpainting,   ///< A mask.
  MorePrompts,  ///< Prompts beside the main ones: for parts, characters, one of two encoders.
  Finishing,    ///< Work on the finished picture: enlarging, faces, colours.
  Script,       ///< Extensions and scripts that draw in a way of their own.
  Sampling,     ///< Settings of samplers, schedules and guidance.
  Network,      ///< Changes of the networks: FreeU, attention in tiles.
  Merging,      ///< Token merging, which makes networks faster and pictures coarser.
  Vae,          ///< Another VAE.
  Unknown,      ///< Not in the table.
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

/// Collects keys that are not applied: one note for each setting, naming its keys with their
/// values. A setting is an effect (all units of ControlNet), or where that stands for different
/// things (sampling, networks, scripts, finishing) a topic. Harmless and applied keys are silent.
class KeyNotes {
 public:
  /// `topic`: what keys of one setting have in common; empty: the key itself.
  void add(KeyEffect effect,
           std::string_view key,
           std::string_view value,
           std::string_view topic = {});
  /// The same, whatever the value is: where "False" is not what is done here.
  void tell(KeyEffect effect,
            std::string_view key,
            std::string_view value,
            std::string_view topic = {});
  std::vector<PictureNote> notes() const;

 private:
  struct Entry {
    KeyEffect effect;
    std::string topic;
    std::string text;
  };
  std::vector<Entry> entries_;
};

/// The spelling under which a key is applied here, of one that differs in case alone; else itself.
std::string applied_spelling(std::string_view key);

/// Adds all items whose keys change pixels and are not applied here.
void add_unapplied_items(const Infotext& text, KeyNotes& notes);

}  // namespace ptravel
