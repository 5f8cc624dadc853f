#include "request/request_toml.h"

#include <cmath>
#include <sstream>

#include <toml++/toml.h>

#include "ptravel/error.h"
#include "ptravel/request.h"
#include "ptravel/text_input.h"

#include "request/field_json.h"
#include "request/request_table.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const toml::node& node);

Json json_of(const toml::table& table) {
  Json object = Json::object();
  for (const auto& [key, value] : table) {
    object[std::string(key.str())] = json_of(value);
  }
  return object;
}

/// Dates and numbers that JSON lacks become text: no setting takes them.
Json json_of(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    return json_of(*table);
  }
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const toml::node& item : *array) {
      list.push_back(json_of(item));
    }
    return list;
  }
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* integer = node.as_integer()) {
    return integer->get();
  }
  if (const auto* number = node.as_floating_point(); number && std::isfinite(number->get())) {
    return number->get();
  }
  if (const auto* boolean = node.as_boolean()) {
    return boolean->get();
  }
  std::ostringstream text;
  text << toml::node_view<const toml::node>(node);
  return text.str();
}

}  // namespace

nlohmann::ordered_json parse_toml(std::string_view text, const std::string& name) {
  try {
    return json_of(toml::parse(text, name));
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << name << " line " << error.source().begin.line << ": " << error.description();
    throw Error(ErrorCode::InvalidArgument, where.str());
  }
}

std::vector<Problem> apply_toml(TravelRequest& request,
                                std::string_view text,
                                const TextFile& file) {
  nlohmann::ordered_json object;
  try {
    object = parse_toml(text, file.path.string());
  } catch (const Error& error) {
    return {{file.field, error.what()}};
  }
  std::vector<Problem> problems = apply_json_object(request_table(), request, object);
  for (Problem& problem : problems) {
    problem.message += " (in " + file.path.string() + ")";
  }
  return problems;
}

}  // namespace ptravel
