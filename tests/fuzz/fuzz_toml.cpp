// TOML settings files. What can be read is an object whose JSON form can be read, too.
#include "ptravel/request.h"
#include "request/request_toml.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  fuzz::parse([&] {
    const nlohmann::ordered_json object = parse_toml(fuzz::text_of(data, size), "fuzz.toml");
    fuzz::require(object.is_object(), "an object");
    TravelRequest request;
    apply_json(request, object.dump());
  });
  return 0;
}
