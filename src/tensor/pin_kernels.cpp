#include <algorithm>
#include <cstdlib>

#include "ptravel/error.h"
#include "ptravel/kernels.h"
#include "tensor/cpu/kernel_choice.h"
#include "tensor/cpu/kernels.h"

namespace ptravel {
namespace {

/// LibTorch's own name for the instructions that its loops may use.
const char* libtorch_capability(std::string_view family) {
  return family == "baseline" ? "default" : family == "avx2" ? "avx2" : "avx512";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace

std::vector<std::string> runnable_kernel_families() {
  std::vector<std::string> names;
  for (const auto* const* table = cpu::runnable_kernels(); *table != nullptr; ++table) {
    names.emplace_back((*table)->name);
  }
  return names;
}

void pin_kernel_family(std::string_view family) {
  const std::vector<std::string> here = runnable_kernel_families();
  if (std::ranges::find(here, family) == here.end()) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"--kernels", "\"" + std::string(family) +
                                         "\", expected what this processor runs: " + joined(here)});
  }
  cpu::pin_kernels(family);
  cpu::limit_onednn(family);
  ::setenv("ATEN_CPU_CAPABILITY", libtorch_capability(family), /*overwrite=*/1);
}

}  // namespace ptravel
