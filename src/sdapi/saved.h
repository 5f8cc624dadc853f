#pragma once

#include <filesystem>
#include <string>

namespace ptravel {

/// Writes a finished PNG as the web UI's save_images does: "<folder>/<date>/00000-<ending>.png",
/// with the next number that is free there. Throws Io.
std::filesystem::path save_sd_picture(const std::filesystem::path& folder,
                                      const std::string& ending,
                                      const std::string& png);

}  // namespace ptravel
