#include "request/field_kinds.h"

#include <functional>

namespace ptravel {
namespace {

using Kind = RequestField::Kind;

std::string range_text(double lowest, double highest) {
  return "a number from " + number_text(lowest) + " to " + number_text(highest);
}

/// What makes a list of values out of a setting's text, and the other way round.
template <typename Value>
struct ListForm {
  std::function<std::optional<Value>(std::string_view)> parse;
  std::function<std::string(Value)> text;
  Value lowest;
  Value highest;
};

template <typename Value>
RequestFieldEntry list_field(RequestField field,
                             std::vector<Value> TravelRequest::*member,
                             const ListForm<Value>& form) {
  const std::string limits = field.limits + ", or several with commas between";
  field.limits = limits;
  RequestFieldEntry entry;
  entry.description = std::move(field);
  const auto text_of = [form](const std::vector<Value>& values) {
    std::string text;
    for (const Value value : values) {
      text += (text.empty() ? "" : ",") + form.text(value);
    }
    return text;
  };
  const auto in_range = [form](Value value) {
    return value >= form.lowest && value <= form.highest;
  };
  entry.text = [=](const TravelRequest& request) { return text_of(request.*member); };
  entry.set = [=](TravelRequest& request, std::string_view text) -> std::optional<std::string> {
    std::vector<Value> values;
    for (const std::string_view piece : split(text, ',')) {
      const auto value = form.parse(piece);
      if (!value || !in_range(*value)) {
        return wrong_value(text, limits);
      }
      values.push_back(*value);
    }
    request.*member = std::move(values);
    return std::nullopt;
  };
  entry.check = [=](const TravelRequest& request) -> std::optional<std::string> {
    const std::vector<Value>& values = request.*member;
    bool good = !values.empty();
    for (const Value value : values) {
      good = good && in_range(value);
    }
    return good ? std::nullopt : std::optional(wrong_value(text_of(values), limits));
  };
  return entry;
}

}  // namespace

std::string wrong_value(std::string_view text, const std::string& limits) {
  return "\"" + std::string(text) + "\", expected " + limits;
}

RequestFieldEntry text_field(RequestField field, std::string TravelRequest::*member) {
  field.kind = Kind::Text;
  RequestFieldEntry entry;
  entry.description = std::move(field);
  entry.text = [member](const TravelRequest& request) { return request.*member; };
  entry.set = [member](TravelRequest& request,
                       std::string_view text) -> std::optional<std::string> {
    request.*member = std::string(text);
    return std::nullopt;
  };
  entry.check = [](const TravelRequest&) { return std::nullopt; };
  return entry;
}

RequestFieldEntry boolean_field(RequestField field, bool TravelRequest::*member) {
  field.kind = Kind::Boolean;
  field.limits = "true or false";
  RequestFieldEntry entry;
  entry.description = std::move(field);
  entry.text = [member](const TravelRequest& request) {
    return std::string(request.*member ? "true" : "false");
  };
  entry.set = [member](TravelRequest& request,
                       std::string_view text) -> std::optional<std::string> {
    const std::string_view word = trimmed(text);
    if (word != "true" && word != "false") {
      return wrong_value(text, "true or false");
    }
    request.*member = word == "true";
    return std::nullopt;
  };
  entry.check = [](const TravelRequest&) { return std::nullopt; };
  return entry;
}

RequestFieldEntry number_field(RequestField field,
                               double TravelRequest::*member,
                               double lowest,
                               double highest) {
  field.kind = Kind::Number;
  const std::string limits = range_text(lowest, highest);
  field.limits = limits;
  RequestFieldEntry entry;
  entry.description = std::move(field);
  entry.text = [member](const TravelRequest& request) { return number_text(request.*member); };
  entry.set = [=](TravelRequest& request, std::string_view text) -> std::optional<std::string> {
    const auto value = parse_number(text);
    if (!value || !(*value >= lowest && *value <= highest)) {
      return wrong_value(text, limits);
    }
    request.*member = *value;
    return std::nullopt;
  };
  entry.check = [=](const TravelRequest& request) -> std::optional<std::string> {
    const double value = request.*member;
    if (!(value >= lowest && value <= highest)) {
      return wrong_value(number_text(value), limits);
    }
    return std::nullopt;
  };
  return entry;
}

RequestFieldEntry optional_number_field(RequestField field,
                                        std::optional<double> TravelRequest::*member,
                                        double lowest,
                                        double highest) {
  RequestFieldEntry entry;
  field.kind = Kind::Number;
  field.limits = range_text(lowest, highest) + ", or empty";
  entry.description = std::move(field);
  const std::string limits = entry.description.limits;
  entry.text = [member](const TravelRequest& request) {
    return (request.*member) ? number_text(*(request.*member)) : std::string();
  };
  entry.set = [=](TravelRequest& request, std::string_view text) -> std::optional<std::string> {
    if (trimmed(text).empty()) {
      (request.*member).reset();
      return std::nullopt;
    }
    const auto value = parse_number(text);
    if (!value || !(*value >= lowest && *value <= highest)) {
      return wrong_value(text, limits);
    }
    request.*member = *value;
    return std::nullopt;
  };
  entry.check = [=](const TravelRequest& request) -> std::optional<std::string> {
    if ((request.*member) && !(*(request.*member) >= lowest && *(request.*member) <= highest)) {
      return wrong_value(number_text(*(request.*member)), limits);
    }
    return std::nullopt;
  };
  return entry;
}

RequestFieldEntry numbers_field(RequestField field,
                                std::vector<double> TravelRequest::*member,
                                double lowest,
                                double highest) {
  field.kind = Kind::Numbers;
  field.limits = range_text(lowest, highest);
  return list_field<double>(std::move(field), member, {parse_number, number_text, lowest, highest});
}

RequestFieldEntry integers_field(RequestField field,
                                 std::vector<std::int64_t> TravelRequest::*member,
                                 std::int64_t lowest,
                                 std::int64_t highest) {
  field.kind = Kind::Integers;
  field.limits = "a whole number from " + std::to_string(lowest) + " to " + std::to_string(highest);
  const auto text = [](std::int64_t value) { return std::to_string(value); };
  return list_field<std::int64_t>(std::move(field), member, {parse_integer, text, lowest, highest});
}

}  // namespace ptravel
