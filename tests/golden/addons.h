#pragma once

#include <string>

#include "tests/support/golden.h"
#include "text/network_tags.h"

namespace ptravel::golden {

/// LoRA files with what they do to one of the tiny models.
struct LoraSet {
  const char* title;    ///< In the cases' names.
  const char* cases;    ///< JSON file.
  const char* tensors;  ///< Its tensors.
  const char* files;    ///< Folder of LoRA files.
  const char* model;    ///< Folder of the model, beside that of the add-ons.
  const char* text;     ///< What its encodings are called.
};

void check_loras(const Context& context, const LoraSet& set, Report& report);

/// What the web UI's exception for an unreadable tag says.
std::string python_message(const UnreadableTag& unreadable);

/// textual_inversion.json with embeddings/ on tiny_sd1; what sdxl.json and sd2.json have of
/// embeddings, on tiny_sdxl and tiny_sd2.
void check_embeddings(const Context& context, Report& report);

/// hypernetworks.json with hypernetworks/ on tiny_sd1.
void check_hypernetworks(const Context& context, Report& report);

}  // namespace ptravel::golden
