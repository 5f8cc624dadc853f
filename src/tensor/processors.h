#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace ptravel {

/// How many processors' time Linux lets a process of the control group `group` ("/kubepods/pod1")
/// have, by the quotas of it and of those around it (cpu.max of version 2, below `root`): whole
/// ones, at least 1. Nothing where there is no quota.
std::optional<int> processor_quota(const std::filesystem::path& root, std::string_view group);

}  // namespace ptravel
