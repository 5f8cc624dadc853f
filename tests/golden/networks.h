#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// The networks of golden/tiny_sd1 (or of a folder like it), each on its own: text.safetensors,
/// unet.safetensors and vae.safetensors against model.safetensors with config.json.
void check_networks(const Context& context, Report& report);

}  // namespace ptravel::golden
