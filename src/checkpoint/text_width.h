#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkpoint/lora_modules.h"
#include "checkpoint/stored_tensors.h"

namespace ptravel {

/// How wide the texts are that a model's UNet takes in: the inputs of its attention to them; 0
/// where there is none. By it add-ons and models are known to fit. Reads shapes, no numbers.
std::int64_t text_width(const StoredTensors& tensors);

/// The same of a layer of a LoRA: 0 where it is for anything else, or its kind does not show it.
std::int64_t text_width(const StoredTensors& tensors, const LoraModule& module);

/// The widths of the texts that a file of LoRA's family is made for, ascending; empty: nothing in
/// it tells.
std::vector<std::int64_t> lora_text_widths(const StoredTensors& tensors);

/// The families of Stable Diffusion that have texts of one of these widths: "Stable Diffusion 1.x,
/// SDXL"; where none has, "texts of width 192"; empty for no widths.
std::string families_of_widths(const std::vector<std::int64_t>& widths);

/// The family of one width, "" where there is none.
const char* family_of_width(std::int64_t width);

}  // namespace ptravel
