#pragma once

#include <filesystem>
#include <string>

namespace ptravel {

/// The Content-Type of a file by its name's ending; "application/octet-stream" for all others.
std::string media_type(const std::filesystem::path& name);

}  // namespace ptravel
