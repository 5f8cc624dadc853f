#pragma once

#include <filesystem>
#include <optional>

namespace ptravel {

/// Where this program keeps what can be made again for this user: $XDG_CACHE_HOME/prompt-travel,
/// else ~/.cache/prompt-travel; nothing where neither is known. It need not be there.
std::optional<std::filesystem::path> user_cache_folder();

}  // namespace ptravel
