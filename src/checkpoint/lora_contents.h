#pragma once

#include <string>
#include <vector>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// What a file of LoRA's family holds, for people: a line for each kind with its layers and ranks,
/// what they change, and which models they fit by the widths of their layers.
std::vector<std::string> lora_contents(const StoredTensors& tensors);

}  // namespace ptravel
