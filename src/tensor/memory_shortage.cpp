#include "tensor/memory_shortage.h"

#include <utility>

#include "tensor/library_errors.h"

namespace ptravel {
namespace {

thread_local const MemoryProbe* current_probe = nullptr;

/// The two words behind `front` ("2.50 GiB"); "" where it does not stand in the text.
std::string amount_behind(std::string_view text, std::string_view front) {
  const std::size_t found = text.find(front);
  if (found == text.npos) {
    return "";
  }
  const std::string_view rest = text.substr(found + front.size());
  const std::size_t space = rest.find(' ');
  if (space == rest.npos) {
    return "";
  }
  return std::string(rest.substr(0, rest.find_first_of(" .;,()", space + 1)));
}

/// The two words before `end`.
std::string amount_before(std::string_view text, std::string_view end) {
  const std::size_t found = text.find(end);
  if (found == text.npos) {
    return "";
  }
  const std::string_view rest = text.substr(0, found);
  const std::size_t unit = rest.rfind(' ');
  if (unit == rest.npos || unit == 0) {
    return "";
  }
  const std::size_t number = rest.rfind(' ', unit - 1);
  return std::string(rest.substr(number == rest.npos ? 0 : number + 1));
}

}  // namespace

MemoryProbeScope::MemoryProbeScope(MemoryProbe probe)
    : probe_(std::move(probe)), before_(std::exchange(current_probe, &probe_)) {}

MemoryProbeScope::~MemoryProbeScope() { current_probe = before_; }

void before_large_work(LargeWork work, std::int64_t pictures) {
  if (current_probe != nullptr) {
    (*current_probe)(work, pictures);
  }
}

bool memory_was_refused() {
  return library_error_in_flight("memory").code() == ErrorCode::OutOfMemory;
}

std::optional<std::string> refused_figures(std::string_view text) {
  // LibTorch 2.x: "Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 7.93 GiB of which 1.20
  // GiB is free."; 1.13: "Tried to allocate 2.50 GiB (GPU 0; 7.93 GiB total capacity; 6.07 GiB
  // already allocated; 1.20 GiB free;".
  const std::string asked = amount_behind(text, "Tried to allocate ");
  std::string total = amount_behind(text, "total capacity of ");
  std::string free = amount_behind(text, " of which ");
  if (total.empty()) {
    total = amount_before(text, " total capacity");
    free = amount_before(text, " free;");
  }
  if (asked.empty() || total.empty() || free.empty()) {
    return std::nullopt;
  }
  return "asked for " + asked + ", " + free + " of " + total + " are free";
}

}  // namespace ptravel
