// Settings as people write them: the text of one field, and JSON objects of many. What was set must
// survive being written and read again.
#include "ptravel/request.h"
#include "request/stages.h"
#include "tests/fuzz/harness.h"

namespace {

using namespace ptravel;

void set_field(const RequestField& field, std::string_view text) {
  TravelRequest request;
  if (set_request_field(request, field.name, text)) {
    return;
  }
  const std::string written = request_field_text(request, field.name);
  TravelRequest again;
  fuzz::require(!set_request_field(again, field.name, written), "a written field can be read");
  fuzz::require(request_field_text(again, field.name) == written, "a field survives");
}

}  // namespace

/// The first byte chooses a field; above all of them it stands for JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto fields = request_fields();
  const std::string_view text = fuzz::text_of(data + 1, size - 1);
  fuzz::parse([&] { parse_travel_steps(text); });
  if (data[0] < fields.size()) {
    fuzz::parse([&] { set_field(fields[data[0]], text); });
    return 0;
  }
  fuzz::parse([&] {
    TravelRequest request;
    if (apply_json(request, text).empty()) {
      TravelRequest again;
      fuzz::require(apply_json(again, request_to_json(request)).empty(),
                    "written JSON can be read");
      fuzz::require(again == request, "a request survives");
    }
    validate_request(request);
  });
  return 0;
}
