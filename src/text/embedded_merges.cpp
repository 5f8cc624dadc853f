#include "text/embedded_merges.h"

#include <cstddef>

// The file PTRAVEL_MERGES_FILE, which cmake/vocabulary.cmake has fetched and checked, byte by byte.
__asm__(
    ".pushsection .rodata\n"
    ".global ptravel_merges_begin\n"
    ".global ptravel_merges_end\n"
    "ptravel_merges_begin:\n"
    ".incbin \"" PTRAVEL_MERGES_FILE
    "\"\n"
    "ptravel_merges_end:\n"
    ".byte 0\n"
    ".popsection\n");

namespace ptravel {

extern const char kMergesBegin[] __asm__("ptravel_merges_begin");
extern const char kMergesEnd[] __asm__("ptravel_merges_end");

std::string_view embedded_merges() {
  return {kMergesBegin, static_cast<std::size_t>(kMergesEnd - kMergesBegin)};
}

}  // namespace ptravel
