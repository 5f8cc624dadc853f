#pragma once

#include <string>

#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// What the tensors are, by what is complete among them and else by telling names and a few shapes;
/// LDM names for complete models (diffusers folders are mapped first). No data is read.
ModelFamily recognise_model(const StoredTensors& tensors);

/// Whether the UNet's vector embedding is there as a whole: such a network wants more than a text.
bool takes_vector(const StoredTensors& tensors);

/// Whether this program can load the family as its model.
bool is_loadable(ModelFamily family);

/// One sentence without a full stop that says why a family cannot be given as the model.
std::string refusal(ModelFamily family);

}  // namespace ptravel
