#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ptravel {

// JSON as programs put it into pictures. Nothing here throws for what a file may hold.

/// Parses a JSON object; nullopt for anything else and above 16 MiB. NaN and Infinity, which Python
/// writes, count as null.
std::optional<nlohmann::json> parse_picture_json(std::string_view text);

/// The member of an object, or null when there is none (or `object` is none).
const nlohmann::json* find_member(const nlohmann::json& object, std::string_view name);

/// A string as it is, numbers and booleans as Python prints them; an empty text for the rest.
std::string scalar_text(const nlohmann::json& value);

/// scalar_text of a member; empty when it is absent.
std::string member_text(const nlohmann::json& object, std::string_view name);

/// The end of the JSON object or array that begins at `begin`: behind its closing bracket; nullopt
/// when it does not close.
std::optional<std::size_t> json_end(std::string_view text, std::size_t begin);

}  // namespace ptravel
