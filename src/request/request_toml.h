#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ptravel {

/// A TOML text as a JSON object. Throws Error(InvalidArgument) with `name` and the line of what is
/// no TOML.
nlohmann::ordered_json parse_toml(std::string_view text, const std::string& name);

}  // namespace ptravel
