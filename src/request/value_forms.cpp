#include "request/value_forms.h"

#include "ptravel/text_input.h"

namespace ptravel {
namespace {

using Kind = RequestField::Kind;

ValueForm<std::string> any_text(Kind kind) {
  ValueForm<std::string> form;
  form.shape.kind = kind;
  form.shape.limits = "a text";
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
  shape.limits = "true or false";
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
  shape.limits = "a number from " + number_text(lowest) + " to " + number_text(highest);
  return checked_form<double>(
      shape, [](const double& value) { return number_text(value); }, parse_number,
      [=](const double& value) { return value >= lowest && value <= highest; });
}

ValueForm<Seed> seed_form() {
  RequestField shape;
  shape.kind = Kind::Integer;
  shape.limits = "a whole number from -1 to 18446744073709551615";
  shape.takes_text = true;
  return checked_form<Seed>(
      shape, [](const Seed& value) { return to_text(value); }, parse_seed,
      [](const Seed&) { return true; });
}

}  // namespace ptravel
