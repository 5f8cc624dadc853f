#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "ptravel/request.h"

namespace ptravel {

/// A value of a setting that is not its default, as text: the row's example, the other truth, the
/// next choice, another number. Nothing for a row of which none can be made.
inline std::optional<std::string> other_value(const RequestField& field) {
  std::vector<std::string> candidates = {std::string(field.example), "true", "false", "0.25",
                                         "18446744073709551615",     "64",   "2",     "3"};
  if (field.kind == RequestField::Kind::Choice) {
    candidates.clear();
    for (const std::string_view choice : split(field.limits, ',')) {
      candidates.emplace_back(trimmed(choice));
    }
  } else if (field.kind == RequestField::Kind::Text || field.kind == RequestField::Kind::Lines ||
             field.kind == RequestField::Kind::Records) {
    candidates.resize(1);
  }
  const TravelRequest defaults;
  for (const std::string& candidate : candidates) {
    TravelRequest request;
    if (!candidate.empty() && !set_request_field(request, field.name, candidate) &&
        request_field_text(request, field.name) != request_field_text(defaults, field.name)) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace ptravel
