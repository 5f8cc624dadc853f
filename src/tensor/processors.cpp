#include "tensor/processors.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <sched.h>

#include "base/text.h"
#include "ptravel/processors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kMostProcessors = 1 << 20;

/// The quota in one group's file, "150000 100000": microseconds in each period of so many.
std::optional<int> quota_in(const fs::path& file) {
  std::ifstream stream(file);
  std::string quota, period;
  stream >> quota >> period;
  const auto time = parse_integer(quota);  // "max": none
  const auto of = parse_integer(period);
  if (!time || !of || *time < 1 || *of < 1) {
    return std::nullopt;
  }
  return static_cast<int>(std::clamp<std::int64_t>(*time / *of, 1, kMostProcessors));
}

/// The control group of this process, of version 2.
std::string own_group() {
  std::ifstream stream("/proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("0::")) {
      return line.substr(3);
    }
  }
  return "/";
}

}  // namespace

std::optional<int> processor_quota(const fs::path& root, std::string_view group) {
  std::optional<int> least;
  fs::path below = fs::path(group).relative_path().lexically_normal();
  while (true) {
    if (const auto quota = quota_in(root / below / "cpu.max")) {
      least = std::min(least.value_or(*quota), *quota);
    }
    if (below.empty()) {
      return least;
    }
    below = below.parent_path();
  }
}

int usable_processors() {
  static const std::optional<int> quota = processor_quota("/sys/fs/cgroup", own_group());
  cpu_set_t set;
  CPU_ZERO(&set);
  const int found = sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(CPU_COUNT(&set), 1) : 1;
  return std::min(found, quota.value_or(found));
}

}  // namespace ptravel
