#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ptravel {

/// Whether a setting of this name would find a VAE: it is a file, or one of the models folders has
/// it.
bool is_named_vae(const std::string& name,
                  const std::vector<std::filesystem::path>& models_folders);

}  // namespace ptravel
