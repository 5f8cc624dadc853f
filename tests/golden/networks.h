#pragma once

#include "tests/support/golden.h"

namespace ptravel::golden {

/// The networks of golden/tiny_sd1 (or of a folder like it), each on its own: text.safetensors,
/// unet.safetensors and vae.safetensors against model.safetensors with config.json.
void check_networks(const Context& context, Report& report);

/// The UNet's cases of one variant of the set's model: unet.safetensors against `model`. The cases
/// that unet.json gives no variant, and its blocks, are the variant "".
void check_unet(const Context& context,
                const std::filesystem::path& model,
                const std::string& variant,
                Report& report);

/// vae.safetensors against model.safetensors.
void check_vae(const Context& context, Report& report);

}  // namespace ptravel::golden
