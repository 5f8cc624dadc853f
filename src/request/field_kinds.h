#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_names.h"
#include "base/text.h"
#include "ptravel/request.h"

#include "request/request_table.h"

namespace ptravel {

// What a row of the settings' table is made of: each function completes a field's description and
// gives it its reading, writing and checking.

/// "\"12\", expected 1 to 10".
std::string wrong_value(std::string_view text, const std::string& limits);

RequestFieldEntry text_field(RequestField field, std::string TravelRequest::*member);
RequestFieldEntry boolean_field(RequestField field, bool TravelRequest::*member);
RequestFieldEntry number_field(RequestField field,
                               double TravelRequest::*member,
                               double lowest,
                               double highest);
/// A number that may be absent: an empty text.
RequestFieldEntry optional_number_field(RequestField field,
                                        std::optional<double> TravelRequest::*member,
                                        double lowest,
                                        double highest);
/// One value or several with commas between.
RequestFieldEntry numbers_field(RequestField field,
                                std::vector<double> TravelRequest::*member,
                                double lowest,
                                double highest);
RequestFieldEntry integers_field(RequestField field,
                                 std::vector<std::int64_t> TravelRequest::*member,
                                 std::int64_t lowest,
                                 std::int64_t highest);

template <typename Integer>
RequestFieldEntry integer_field(RequestField field,
                                Integer TravelRequest::*member,
                                std::int64_t lowest,
                                std::int64_t highest) {
  field.kind = RequestField::Kind::Integer;
  const std::string limits =
      "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  field.limits = limits;
  RequestFieldEntry entry;
  entry.description = std::move(field);
  entry.text = [member](const TravelRequest& request) { return std::to_string(request.*member); };
  const auto in_range = [lowest, highest](std::int64_t value) {
    return value >= lowest && value <= highest;
  };
  entry.set = [=](TravelRequest& request, std::string_view text) -> std::optional<std::string> {
    const auto value = parse_integer(text);
    if (!value || !in_range(*value)) {
      return wrong_value(text, limits);
    }
    request.*member = static_cast<Integer>(*value);
    return std::nullopt;
  };
  entry.check = [=](const TravelRequest& request) -> std::optional<std::string> {
    if (!in_range(request.*member)) {
      return wrong_value(std::to_string(request.*member), limits);
    }
    return std::nullopt;
  };
  return entry;
}

/// One of the names of an enum, or one of the other spellings in `aliases`.
template <typename Enum, std::size_t N>
RequestFieldEntry choice_field(RequestField field,
                               Enum TravelRequest::*member,
                               const EnumNames<Enum, N>& names,
                               const std::vector<std::pair<std::string_view, Enum>>& aliases = {}) {
  field.kind = RequestField::Kind::Choice;
  field.limits = names.choices();
  const std::string limits = "one of " + names.choices();
  RequestFieldEntry entry;
  entry.description = std::move(field);
  entry.text = [member, names](const TravelRequest& request) {
    return std::string(names.name(request.*member));
  };
  entry.set = [=](TravelRequest& request, std::string_view text) -> std::optional<std::string> {
    auto value = names.parse(trimmed(text));
    for (const auto& [alias, meaning] : aliases) {
      value = trimmed(text) == alias ? meaning : value;
    }
    if (!value) {
      return wrong_value(text, limits);
    }
    request.*member = *value;
    return std::nullopt;
  };
  entry.check = [](const TravelRequest&) { return std::nullopt; };
  return entry;
}

}  // namespace ptravel
