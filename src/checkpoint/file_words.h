#pragma once

#include <optional>
#include <string>

#include "checkpoint/tensor_file.h"
#include "ptravel/model.h"

namespace ptravel {

/// What a file's metadata tells people: title, author, license, trigger words, the architecture it
/// claims. Keys: those of the model specification ("modelspec.*") and of kohya's scripts ("ss_*").
/// Metadata is anybody's text: what cannot be read is left out, and nothing is longer than a few
/// lines.
ModelWords words_of(const TensorFile& file);

/// The family whose architecture a file's metadata claims ("modelspec.architecture"), without
/// variants such as inpainting; nothing where it claims none that is known.
std::optional<ModelFamily> claimed_family(const TensorFile& file);

/// A sentence where that is another family than the tensors show; empty: it is not. Tensors are
/// believed.
std::string contradiction(const TensorFile& file, ModelFamily family);

}  // namespace ptravel
