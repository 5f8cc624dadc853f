#pragma once

#include <memory>

#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// A file's tensors with its scales applied: weights of 8 bits that are stored with a scale for the
/// whole matrix or for each of its rows are read as float32 under their usual names, and what
/// belongs to the scales is not to be seen. `file` itself where it has no scales. Known are
/// "<layer>.scale_weight" (ComfyUI, with the marker "scaled_fp8"), "<layer>.weight_scale" (with
/// "<layer>.comfy_quant"), "<layer>.SCB" (bitsandbytes: a row's largest number) and quanto's
/// "<layer>.weight._data" with "_scale". Throws Unsupported for ways to store weights that are not
/// among them (scales for blocks, numbers of 4 bits), Corrupt for scales that are not numbers.
std::shared_ptr<const StoredTensors> with_scales_applied(std::shared_ptr<const StoredTensors> file);

}  // namespace ptravel
