// walk.json of run folders. What is restored must survive being written and restored again.
#include "tests/fuzz/harness.h"
#include "travel/walk_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  fuzz::parse([&] {
    WalkLog log;
    log.restore(fuzz::text_of(data, size));
    const std::string written = log.to_json();
    WalkLog again;
    again.restore(written);
    fuzz::require(again.to_json() == written, "a log survives");
    log.text({}, "");
    log.csv();
    log.last_step(0);
  });
  return 0;
}
