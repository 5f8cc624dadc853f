// EXIF blocks never throw, and what comes out is text.
#include "media/exif.h"
#include "media/text_encoding.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  const ExifInfo info = parse_exif(fuzz::text_of(data, size));
  fuzz::require(info.orientation >= 1 && info.orientation <= 8, "an orientation");
  fuzz::require(is_utf8(info.user_comment), "a comment in UTF-8");
  for (const ImageText& text : info.texts) {
    fuzz::require(is_utf8(text.text), "a text in UTF-8");
  }
  return 0;
}
