// travel.json of run folders, also of other versions and formats.
#include "jobs/manifest.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  static fuzz::MemoryFile file;
  file.write(fuzz::text_of(data, size));
  fuzz::parse([&] { read_manifest(file.path()); });
  return 0;
}
