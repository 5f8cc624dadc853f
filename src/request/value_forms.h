#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_names.h"
#include "base/text.h"
#include "ptravel/request.h"
#include "ptravel/seed.h"

namespace ptravel {

/// How the values of one type are written, read and limited: what every setting of that type has in
/// common.
template <typename Value>
struct ValueForm {
  RequestField shape;  ///< Kind, limits, members and JSON types; the rest is the setting's own.
  std::function<std::string(const Value&)> text;
  /// Returns what is wrong with the text, or nothing after setting the value.
  std::function<std::optional<std::string>(Value&, std::string_view)> set;
  /// Returns what is wrong with a value that a program has set, or nothing.
  std::function<std::optional<std::string>(const Value&)> check;
};

/// What is allowed, in words made of kind, choices, minimum and maximum: RequestField::limits.
std::string limits_text(const RequestField& shape);

/// What a value of this shape may be, for messages: "one of linear, replace", "a number from 0 to
/// 1".
std::string expected_value(const RequestField& shape);

/// "\"12\", expected a whole number from 1 to 10".
std::string wrong_value(std::string_view text, std::string_view limits);

/// A form whose values are read by `parse` and allowed where `allows` says so; anything else is
/// told as a wrong value.
template <typename Value>
ValueForm<Value> checked_form(const RequestField& shape,
                              std::function<std::string(const Value&)> text,
                              std::function<std::optional<Value>(std::string_view)> parse,
                              std::function<bool(const Value&)> allows) {
  const std::string expected = expected_value(shape);
  ValueForm<Value> form;
  form.shape = shape;
  form.text = text;
  form.set = [=](Value& value, std::string_view typed) -> std::optional<std::string> {
    std::optional<Value> read = parse(typed);
    if (!read || !allows(*read)) {
      return wrong_value(typed, expected);
    }
    value = std::move(*read);
    return std::nullopt;
  };
  form.check = [=](const Value& value) {
    return allows(value) ? std::nullopt : std::optional(wrong_value(text(value), expected));
  };
  return form;
}

/// Any text that is UTF-8 and has no zero bytes.
ValueForm<std::string> text_form();
/// A text of lines: the option may be repeated, JSON and TOML may give an array.
ValueForm<std::string> lines_form();
/// A text that is a number or a list of them, for which JSON and TOML may give numbers, too.
ValueForm<std::string> number_text_form();
/// "true" or "false".
ValueForm<bool> boolean_form();
/// A finite number between the limits.
ValueForm<double> number_form(double lowest, double highest);
/// A seed, or -1.
ValueForm<Seed> seed_form();

template <std::integral Integer>
ValueForm<Integer> integer_form(Integer lowest, Integer highest) {
  RequestField shape;
  shape.kind = RequestField::Kind::Integer;
  shape.minimum = std::to_string(lowest);
  shape.maximum = std::to_string(highest);
  shape.limits = limits_text(shape);
  return checked_form<Integer>(
      shape, [](const Integer& value) { return std::to_string(value); },
      [](std::string_view text) -> std::optional<Integer> {
        const auto value = parse_integer(text);
        return value && std::in_range<Integer>(*value) ? std::optional(static_cast<Integer>(*value))
                                                       : std::nullopt;
      },
      [=](const Integer& value) { return value >= lowest && value <= highest; });
}

/// One of the names of an enum, or one of the other spellings in `aliases`.
template <typename Enum, std::size_t N>
ValueForm<Enum> choice_form(const EnumNames<Enum, N>& names,
                            const std::vector<std::pair<std::string_view, Enum>>& aliases = {}) {
  RequestField shape;
  shape.kind = RequestField::Kind::Choice;
  for (const auto& [value, name] : names.entries) {
    shape.choices.emplace_back(name);
  }
  shape.limits = limits_text(shape);
  return checked_form<Enum>(
      shape, [names](const Enum& value) { return std::string(names.name(value)); },
      [=](std::string_view text) {
        auto value = names.parse(trimmed(text));
        for (const auto& [alias, meaning] : aliases) {
          value = trimmed(text) == alias ? meaning : value;
        }
        return value;
      },
      [](const Enum&) { return true; });
}

/// A value that may be absent: an empty text, null in JSON.
template <typename Value>
ValueForm<std::optional<Value>> optional_form(const ValueForm<Value>& present) {
  ValueForm<std::optional<Value>> form;
  form.shape = present.shape;
  form.shape.optional = true;
  form.shape.limits = limits_text(form.shape);
  form.text = [present](const std::optional<Value>& value) {
    return value ? present.text(*value) : std::string();
  };
  form.set = [present, limits = form.shape.limits](
                 std::optional<Value>& value, std::string_view text) -> std::optional<std::string> {
    if (trimmed(text).empty()) {
      value.reset();
      return std::nullopt;
    }
    Value read{};
    if (present.set(read, text)) {
      return wrong_value(text, limits);
    }
    value = std::move(read);
    return std::nullopt;
  };
  form.check = [present](const std::optional<Value>& value) {
    return value ? present.check(*value) : std::nullopt;
  };
  return form;
}

/// One value or several with commas between; an array in JSON and TOML. Never empty.
template <typename Value>
ValueForm<std::vector<Value>> list_form(const ValueForm<Value>& item) {
  ValueForm<std::vector<Value>> form;
  form.shape = item.shape;
  form.shape.kind = item.shape.kind == RequestField::Kind::Integer ? RequestField::Kind::Integers
                                                                   : RequestField::Kind::Numbers;
  form.shape.limits = limits_text(form.shape);
  form.text = [item](const std::vector<Value>& values) {
    std::string text;
    for (const Value& value : values) {
      text += (text.empty() ? "" : ",") + item.text(value);
    }
    return text;
  };
  form.set = [item, limits = form.shape.limits](
                 std::vector<Value>& values, std::string_view text) -> std::optional<std::string> {
    std::vector<Value> read;
    for (const std::string_view piece : split(text, ',')) {
      if (item.set(read.emplace_back(), piece)) {
        return wrong_value(text, limits);
      }
    }
    values = std::move(read);
    return std::nullopt;
  };
  form.check = [item, text = form.text, limits = form.shape.limits](
                   const std::vector<Value>& values) -> std::optional<std::string> {
    bool good = !values.empty();
    for (const Value& value : values) {
      good = good && !item.check(value);
    }
    return good ? std::nullopt : std::optional(wrong_value(text(values), limits));
  };
  return form;
}

}  // namespace ptravel
