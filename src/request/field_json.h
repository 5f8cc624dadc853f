#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ptravel/error.h"
#include "ptravel/request.h"
#include "request/field_entry.h"

namespace ptravel {

// Settings as JSON values. All conversions go through a setting's text form, so they need to know
// its shape only.

/// The JSON value of a setting whose text form is `text`.
nlohmann::ordered_json json_of_text(const RequestField& shape, const std::string& text);

/// The text form of a JSON value, or nothing when it has the wrong type for this setting.
std::optional<std::string> text_of_json(const RequestField& shape,
                                        const nlohmann::ordered_json& value);

/// What is wrong with a value of the wrong type: "\"many\", expected a whole number from 1 to 9".
std::string wrong_json(const RequestField& shape, const nlohmann::ordered_json& value);

/// The whole table as a JSON object.
template <typename Entries, typename Owner>
nlohmann::ordered_json entries_to_json(const Entries& entries, const Owner& owner) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& entry : entries) {
    object[std::string(entry.description.name)] =
        json_of_text(entry.description, entry.text(owner));
  }
  return object;
}

/// Sets what the object has; unknown names and wrong values are problems.
template <typename Entries, typename Owner>
std::vector<Problem> apply_json_object(const Entries& entries,
                                       Owner& owner,
                                       const nlohmann::ordered_json& object) {
  std::vector<Problem> problems;
  for (const auto& [name, value] : object.items()) {
    const auto* entry = find_entry(entries, name);
    if (entry == nullptr) {
      problems.push_back({name, "is not a setting"});
      continue;
    }
    const auto text = text_of_json(entry->description, value);
    const auto problem =
        text ? entry->set(owner, *text) : std::optional(wrong_json(entry->description, value));
    if (problem) {
      problems.push_back({std::string(entry->description.name), *problem});
    }
  }
  return problems;
}

}  // namespace ptravel
