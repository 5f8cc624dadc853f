// What the web UI's pages keep of an add-on: never refused, everything within its bounds.
#include <cmath>

#include "checkpoint/addon_words.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  const AddonWords words = parse_addon_words(fuzz::text_of(data, size));
  for (const std::string* text : {&words.description, &words.notes, &words.activation}) {
    fuzz::require(text->size() <= 2000, "short texts");
  }
  if (const auto weight = words.preferred_weight) {
    fuzz::require(*weight != 0 && std::abs(*weight) <= 100, "a weight from -100 to 100, not 0");
  }
  fuzz::require(words.text_width >= 0 && words.text_width <= 2048, "a width that is known");
  return 0;
}
