#pragma once

#include <string>
#include <vector>

#include "checkpoint/tensor_file.h"
#include "ptravel/model.h"

namespace ptravel {

/// What a file's metadata tells people: title, author, license, trigger words, the architecture it
/// claims. Keys: those of the model specification ("modelspec.*") and of kohya's scripts ("ss_*").
/// Metadata is anybody's text: what cannot be read is left out, and nothing is longer than a few
/// lines.
ModelWords words_of(const TensorFile& file);

/// A sentence where the architecture that metadata claims is another family's than the tensors
/// show; empty: it is not. Tensors are believed.
std::string contradiction(const std::string& architecture, ModelFamily family);

}  // namespace ptravel
