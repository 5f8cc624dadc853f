#pragma once

#include <filesystem>

namespace ptravel {

/// The picture beside a file, which the web UI shows for it: "x.png", "x.preview.png", then the
/// same with .jpg, .jpeg, .webp and .gif; empty where none is there. The file may be its own
/// picture. Of a diffusers folder "x" it lies beside the folder, under the folder's whole name.
std::filesystem::path picture_beside(const std::filesystem::path& file);

}  // namespace ptravel
