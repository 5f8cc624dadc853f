#include "request/value_forms.h"

#include <limits>

#include "ptravel/text_input.h"

namespace ptravel {
namespace {

using Kind = RequestField::Kind;

ValueForm<std::string> any_text(Kind kind) {
  ValueForm<std::string> form;
  form.shape.kind = kind;
  form.shape.limits = limits_text(form.shape);
  form.text = [](const std::string& value) { return value; };
  form.set = [](std::string& value, std::string_view text) {
    std::optional<std::string> problem = text_problem(text);
    if (!problem) {
      value = std::string(text);
    }
    return problem;
  };
  form.check = [](const std::string& value) { return text_problem(value); };
  return form;
}

}  // namespace

std::string limits_text(const RequestField& shape) {
  std::string text;
  switch (shape.kind) {
    case Kind::Integer:
    case Kind::Integers:
      text = "a whole number from " + shape.minimum + " to " + shape.maximum;
      break;
    case Kind::Number:
    case Kind::Numbers:
      text = "a number from " + shape.minimum + " to " + shape.maximum;
      break;
    case Kind::Choice:
      for (const std::string& choice : shape.choices) {
        text += (text.empty() ? "" : ", ") + choice;
      }
      break;
    case Kind::Boolean:
      text = "true or false";
      break;
    case Kind::Records:
      for (const RequestField& member : shape.members) {
        text += (text.empty() ? "" : ",") + std::string(member.name) + "=...";
      }
      break;
    case Kind::Text:
    case Kind::Lines:
      text = "a text";
      break;
  }
  const bool several = shape.kind == Kind::Integers || shape.kind == Kind::Numbers;
  return text + (several ? ", or several with commas between" : "") +
         (shape.optional ? ", or empty" : "");
}

std::string expected_value(const RequestField& shape) {
  return shape.kind == Kind::Choice ? "one of " + shape.limits : shape.limits;
}

std::string wrong_value(std::string_view text, std::string_view limits) {
  return "\"" + std::string(text) + "\", expected " + std::string(limits);
}

ValueForm<std::string> text_form() { return any_text(Kind::Text); }

ValueForm<std::string> lines_form() { return any_text(Kind::Lines); }

ValueForm<std::string> number_text_form() {
  ValueForm<std::string> form = any_text(Kind::Text);
  form.shape.takes_numbers = true;
  return form;
}

ValueForm<bool> boolean_form() {
  RequestField shape;
  shape.kind = Kind::Boolean;
  shape.limits = limits_text(shape);
  return checked_form<bool>(
      shape, [](const bool& value) { return std::string(value ? "true" : "false"); },
      [](std::string_view text) -> std::optional<bool> {
        const std::string_view word = trimmed(text);
        return word == "true" || word == "false" ? std::optional(word == "true") : std::nullopt;
      },
      [](const bool&) { return true; });
}

ValueForm<double> number_form(double lowest, double highest) {
  RequestField shape;
  shape.kind = Kind::Number;
  shape.minimum = number_text(lowest);
  shape.maximum = number_text(highest);
  shape.limits = limits_text(shape);
  return checked_form<double>(
      shape, [](const double& value) { return number_text(value); }, parse_number,
      [=](const double& value) { return value >= lowest && value <= highest; });
}

ValueForm<Seed> seed_form() {
  RequestField shape;
  shape.kind = Kind::Integer;
  shape.minimum = "-1";
  shape.maximum = std::to_string(std::numeric_limits<std::uint64_t>::max());
  shape.limits = limits_text(shape);
  shape.takes_text = true;
  return checked_form<Seed>(
      shape, [](const Seed& value) { return to_text(value); }, parse_seed,
      [](const Seed&) { return true; });
}

}  // namespace ptravel
