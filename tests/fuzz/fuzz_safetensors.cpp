// Feeds bytes to the safetensors header parser. What it accepts must describe the bytes exactly.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "checkpoint/safetensors_header.h"
#include "ptravel/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto header =
        ptravel::parse_safetensors_header(std::as_bytes(std::span(data, size)), "fuzz");
    std::uint64_t covered = 0;
    for (const auto& [name, entry] : header.entries) {
      covered += entry.end - entry.begin;
    }
    if (header.data_offset + covered != size) {
      std::abort();
    }
  } catch (const ptravel::Error&) {
    return 0;
  }
  return 0;
}
