#include "sdapi/fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/json_number.h"
#include "base/text.h"
#include "ptravel/text_input.h"

namespace ptravel {
namespace {

constexpr std::array<std::string_view, 6> kTrueTexts = {"1", "on", "t", "true", "y", "yes"};
constexpr std::array<std::string_view, 6> kFalseTexts = {"0", "off", "f", "false", "n", "no"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// The whole number within a double, its fraction cut off; nothing beyond 64 bits.
std::optional<std::int64_t> whole_part(double number) {
  constexpr double kBeyond = 9223372036854775808.0;  // 2^63
  const double whole = std::trunc(number);
  return whole >= -kBeyond && whole < kBeyond ? std::optional(static_cast<std::int64_t>(whole))
                                              : std::nullopt;
}

std::optional<std::int64_t> integer_of(const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>() ? 1 : 0;
  }
  if (value.is_number_float()) {
    const auto number = json_number(value);
    return number ? whole_part(*number) : std::nullopt;
  }
  if (const auto* text = value.get_ptr<const std::string*>()) {
    if (const auto whole = parse_integer(*text)) {
      return whole;
    }
    const auto number = parse_number(*text);
    return number ? whole_part(*number) : std::nullopt;
  }
  return json_integer(value);
}

std::optional<double> number_of(const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>() ? 1.0 : 0.0;
  }
  if (const auto* text = value.get_ptr<const std::string*>()) {
    return parse_number(*text);
  }
  return json_number(value);
}

std::optional<bool> boolean_of(const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>();
  }
  if (const auto* text = value.get_ptr<const std::string*>()) {
    const std::string lower = lower_case(*text);
    if (is_one_of(kTrueTexts, lower) || is_one_of(kFalseTexts, lower)) {
      return is_one_of(kTrueTexts, lower);
    }
    return std::nullopt;
  }
  const auto number = json_number(value);
  return number && (*number == 0 || *number == 1) ? std::optional(*number == 1) : std::nullopt;
}

std::optional<std::string> text_of(const Json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) {
    return *text;
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "True" : "False";
  }
  if (value.is_number_float()) {
    return number_text(value.get<double>());
  }
  return value.is_number() ? std::optional(value.dump()) : std::nullopt;
}

SdProblem type_problem(std::string_view message, std::string_view type) {
  return {Json::array(), std::string(message), "type_error." + std::string(type)};
}

std::optional<SdProblem> range_problem(const SdField& field, double number) {
  const auto limit_text = [&](double limit) {
    return field.type == SdType::Integer ? std::to_string(static_cast<std::int64_t>(limit))
                                         : number_text(limit);
  };
  if (number < field.least) {
    return SdProblem{Json::array(),
                     "ensure this value is greater than or equal to " + limit_text(field.least),
                     "value_error.number.not_ge"};
  }
  if (number > field.most) {
    return SdProblem{Json::array(),
                     "ensure this value is less than or equal to " + limit_text(field.most),
                     "value_error.number.not_le"};
  }
  return std::nullopt;
}

/// Texts of zero bytes cannot be prompts, names or pictures.
SdConverted converted_text(const Json& value) {
  auto text = text_of(value);
  if (!text) {
    return {{}, type_problem("str type expected", "str")};
  }
  if (const auto problem = text_problem(*text)) {
    return {{}, SdProblem{Json::array(), *problem, "value_error"}};
  }
  return {std::move(*text), {}};
}

SdConverted converted_texts(const Json& value) {
  if (!value.is_array()) {
    return {{}, type_problem("value is not a valid list", "list")};
  }
  Json texts = Json::array();
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i].is_null()) {
      return {{},
              SdProblem{Json::array({i}), "none is not an allowed value",
                        "type_error.none.not_allowed"}};
    }
    SdConverted item = converted_text(value[i]);
    if (item.problem) {
      item.problem->location = Json::array({i});
      return item;
    }
    texts.push_back(std::move(item.value));
  }
  return {std::move(texts), {}};
}

bool is_json_type(std::string_view content_type) {
  const std::string type = lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
  return type == "application/json" ||
         (type.starts_with("application/") && type.ends_with("+json"));
}

[[noreturn]] void refuse_body(std::string_view message, std::string_view type) {
  throw wrong_fields({{Json::array(), std::string(message), std::string(type)}});
}

}  // namespace

const Json& SdBody::value(std::string_view field) const {
  const auto found = values_.find(std::string(field));
  PTRAVEL_CHECK(found != values_.end());
  return *found;
}

std::string SdBody::text(std::string_view field) const {
  const Json& found = value(field);
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::int64_t SdBody::integer(std::string_view field) const {
  return json_integer(value(field)).value_or(0);
}

double SdBody::number(std::string_view field) const {
  return json_number(value(field)).value_or(0);
}

bool SdBody::boolean(std::string_view field) const {
  const Json& found = value(field);
  return found.is_boolean() && found.get<bool>();
}

std::vector<std::string> SdBody::texts(std::string_view field) const {
  std::vector<std::string> texts;
  for (const Json& item : value(field)) {
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

SdConverted convert_sd_value(const SdField& field, const Json& value) {
  switch (field.type) {
    case SdType::Text:
      return converted_text(value);
    case SdType::Integer:
      if (const auto number = integer_of(value)) {
        return {*number, range_problem(field, static_cast<double>(*number))};
      }
      return {{}, type_problem("value is not a valid integer", "integer")};
    case SdType::Number:
      if (const auto number = number_of(value)) {
        return {*number, range_problem(field, *number)};
      }
      return {{}, type_problem("value is not a valid float", "float")};
    case SdType::Boolean:
      if (const auto truth = boolean_of(value)) {
        return {*truth, {}};
      }
      return {{}, type_problem("value could not be parsed to a boolean", "bool")};
    case SdType::Texts:
      return converted_texts(value);
    case SdType::List:
      if (!value.is_array()) {
        return {{}, type_problem("value is not a valid list", "list")};
      }
      return {value, {}};
    case SdType::Object:
      if (!value.is_object()) {
        return {{}, type_problem("value is not a valid dict", "dict")};
      }
      return {value, {}};
    case SdType::Any:
      break;
  }
  return {value, {}};
}

Json sd_body_object(const HttpRequest& request) {
  if (request.body.empty()) {
    refuse_body("field required", "value_error.missing");
  }
  const auto content_type = request.header("content-type");
  if (content_type && !content_type->empty() && !is_json_type(*content_type)) {
    refuse_body("value is not a valid dict", "type_error.dict");
  }
  Json object;
  try {
    object = parse_json(request.body);
  } catch (const JsonTextError& error) {
    throw wrong_fields({{Json::array({error.byte()}), "body " + error.problems().front().message,
                         "value_error.jsondecode"}});
  }
  if (!object.is_object()) {
    refuse_body("value is not a valid dict", "type_error.dict");
  }
  return object;
}

SdBody read_sd_body(const HttpRequest& request, std::span<const SdField> fields) {
  return read_sd_object(sd_body_object(request), fields);
}

SdBody read_sd_object(const Json& object, std::span<const SdField> fields) {
  Json values = Json::object();
  std::set<std::string, std::less<>> given;
  std::vector<SdProblem> problems;
  for (const SdField& field : fields) {
    const std::string name(field.name);
    Json& value = values[name];
    value = Json::parse(field.initial);
    const auto found = object.find(name);
    if (found != object.end()) {
      given.insert(name);
    } else if (field.required) {
      problems.push_back({Json::array({name}), "field required", "value_error.missing"});
    }
    if (found != object.end() && found->is_null() && field.required) {
      problems.push_back(
          {Json::array({name}), "none is not an allowed value", "type_error.none.not_allowed"});
    }
    if (found == object.end() || found->is_null()) {
      continue;
    }
    SdConverted converted = convert_sd_value(field, *found);
    if (converted.problem) {
      Json location = Json::array({name});
      for (const Json& part : converted.problem->location) {
        location.push_back(part);
      }
      converted.problem->location = std::move(location);
      problems.push_back(std::move(*converted.problem));
      continue;
    }
    value = std::move(converted.value);
  }
  if (!problems.empty()) {
    throw wrong_fields(problems);
  }
  return SdBody(std::move(values), std::move(given));
}

}  // namespace ptravel
