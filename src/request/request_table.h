#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/request.h"

namespace ptravel {

/// One row of the field table: the description plus how to read and write the member.
struct RequestFieldEntry {
  RequestField description;
  std::function<std::string(const TravelRequest&)> text;
  /// Returns what is wrong with the text, or nothing after setting the member.
  std::function<std::optional<std::string>(TravelRequest&, std::string_view)> set;
  /// Returns what is wrong with the present value on its own, or nothing.
  std::function<std::optional<std::string>(const TravelRequest&)> check;
};

/// The one table of all settings.
const std::vector<RequestFieldEntry>& request_table();

}  // namespace ptravel
