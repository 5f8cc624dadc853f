#include "pipeline/named_vae.h"

#include "checkpoint/vae_file.h"
#include "ptravel/error.h"

namespace ptravel {

bool is_named_vae(const std::string& name,
                  const std::vector<std::filesystem::path>& models_folders) {
  if (name.empty()) {
    return false;
  }
  try {
    find_vae(name, models_folders);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) {
      throw;
    }
    return false;
  }
}

}  // namespace ptravel
