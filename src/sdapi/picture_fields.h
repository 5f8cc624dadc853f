#pragma once

#include <span>

#include "sdapi/fields.h"

namespace ptravel {

/// Everything that POST /sdapi/v1/txt2img takes, with the web UI's defaults.
std::span<const SdField> txt2img_fields();
/// The same for POST /sdapi/v1/img2img.
std::span<const SdField> img2img_fields();

}  // namespace ptravel
