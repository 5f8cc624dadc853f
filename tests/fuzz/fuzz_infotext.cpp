// Feeds arbitrary bytes to the reader of parameters texts and checks that what it understood
// survives writing and reading again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "media/infotext.h"

namespace {

/// Whether the text form can hold `infotext`: at least three items, none printed as its key alone,
/// and no line of the prompts that would be taken for the start of the negative prompt.
bool can_be_written(const ptravel::Infotext& infotext) {
  for (const auto& [key, value] : infotext.items) {
    if (key == value) {
      return false;
    }
  }
  constexpr std::string_view kPrefix = "Negative prompt:";
  return infotext.items.size() >= 3 && infotext.prompt.find(kPrefix) == std::string::npos &&
         infotext.negative_prompt.find(kPrefix) == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ptravel::Infotext infotext = ptravel::parse_infotext(text);
  const std::string written = ptravel::format_infotext(infotext);
  if (can_be_written(infotext) && ptravel::parse_infotext(written) != infotext) {
    std::abort();
  }
  ptravel::split_infotext_sizes(infotext);
  const std::string quoted = ptravel::quote_infotext_value(text);
  if (ptravel::unquote_infotext_value(quoted) != text) {
    std::abort();
  }
  return 0;
}
