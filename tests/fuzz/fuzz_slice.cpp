#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ptravel/error.h"
#include "request/slice.h"
#include "request/stages.h"

/// Any text as a slice and as travel steps: either an Error, or indices inside the film.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::int64_t length : {0, 1, 9, 1000}) {
    try {
      for (const std::int64_t index : ptravel::slice_indices(ptravel::parse_slice(text), length)) {
        PTRAVEL_CHECK(index >= 0 && index < length);
      }
    } catch (const ptravel::Error& error) {
      if (error.code() != ptravel::ErrorCode::InvalidArgument) {
        throw;
      }
    }
  }
  try {
    ptravel::plan_stages(text, text, text, {.loop = size % 2 == 1});
  } catch (const ptravel::Error& error) {
    if (error.code() != ptravel::ErrorCode::InvalidArgument) {
      throw;
    }
  }
  return 0;
}
