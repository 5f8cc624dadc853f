#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// Writes tensors as a .safetensors file (header length, JSON header, data; the format of the
/// Hugging Face library of that name), in the order of their names, each in its own number format.
/// The file appears whole or not at all. Throws InvalidArgument for a number format that the file
/// format does not have, Io.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, at::Tensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace ptravel
