#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptravel/request.h"
#include "request/value_forms.h"

namespace ptravel {

/// One row of a table of settings: the description plus how to read and write the member of an
/// Owner (TravelRequest, or a record in a list).
template <typename Owner>
struct FieldEntry {
  RequestField description;
  std::function<std::string(const Owner&)> text;
  /// Returns what is wrong with the text, or nothing after setting the member.
  std::function<std::optional<std::string>(Owner&, std::string_view)> set;
  /// Returns what is wrong with the present value on its own, or nothing.
  std::function<std::optional<std::string>(const Owner&)> check;
};

/// A setting's name as a label: "Cfg scale" of "cfg_scale".
inline std::string label_of(std::string_view name) {
  std::string label(name);
  for (char& c : label) {
    c = c == '_' ? ' ' : c;
  }
  if (!label.empty() && label.front() >= 'a' && label.front() <= 'z') {
    label.front() = static_cast<char>(label.front() - 'a' + 'A');
  }
  return label;
}

/// The row of `member`: what `field` says of the setting, and what `form` says of its type.
template <typename Owner, typename Value>
FieldEntry<Owner> make_entry(const RequestField& field,
                             Value Owner::*member,
                             ValueForm<Value> form) {
  FieldEntry<Owner> entry;
  entry.description = std::move(form.shape);
  entry.description.name = field.name;
  entry.description.group = field.group;
  entry.description.help = field.help;
  entry.description.scope = field.scope;
  entry.description.example = field.example;
  entry.description.label = field.label.empty() ? label_of(field.name) : field.label;
  entry.text = [member, text = form.text](const Owner& owner) { return text(owner.*member); };
  entry.set = [member, set = form.set](Owner& owner, std::string_view text) {
    return set(owner.*member, text);
  };
  entry.check = [member, check = form.check](const Owner& owner) { return check(owner.*member); };
  return entry;
}

/// The entry of `name` ("travel_steps" or "travel-steps"), or null.
template <typename Entries>
auto find_entry(const Entries& entries, std::string_view name) -> decltype(entries.data()) {
  std::string underscored(name);
  for (char& c : underscored) {
    c = c == '-' ? '_' : c;
  }
  for (const auto& entry : entries) {
    if (entry.description.name == underscored) {
      return &entry;
    }
  }
  return nullptr;
}

}  // namespace ptravel
