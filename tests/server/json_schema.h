#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "serving/json_body.h"

namespace ptravel {

/// Checks JSON values (numbers as doubles) against the part of JSON Schema that our documents use.
/// What it does not know is a failure, so that no keyword is passed over.
class JsonSchemaCheck {
 public:
  /// `document` is what "$ref" points into.
  explicit JsonSchemaCheck(const Json& document) : document_(document) {}

  /// What is wrong with the value: "/jobs/0/place: ...", one line each; empty when it fits.
  std::vector<std::string> problems(const Json& schema, const Json& value) const {
    std::vector<std::string> found;
    check(schema, value, "", found);
    return found;
  }

 private:
  using Problems = std::vector<std::string>;

  static bool has_type(const std::string& type, const Json& value) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
           (type == "null" && value.is_null()) || (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
  }

  static bool has_one_type(const Json& types, const Json& value) {
    if (types.is_string()) {
      return has_type(types, value);
    }
    for (const Json& type : types) {
      if (has_type(type, value)) {
        return true;
      }
    }
    return false;
  }

  void check_object(const Json& schema,
                    const Json& value,
                    const std::string& at,
                    Problems& found) const {
    const Json properties = schema.value("properties", Json::object());
    for (const Json& name : schema.value("required", Json::array())) {
      if (!value.contains(name.get<std::string>())) {
        found.push_back(at + ": lacks " + name.get<std::string>());
      }
    }
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) {
        check(properties.at(name), member, at + "/" + name, found);
      } else if (schema.contains("additionalProperties")) {
        found.push_back(at + ": has " + name + ", which is not in the schema");
      }
    }
  }

  void check_alternatives(const Json& schemas,
                          const Json& value,
                          const std::string& at,
                          Problems& found) const {
    for (const Json& alternative : schemas) {
      Problems here;
      check(alternative, value, at, here);
      if (here.empty()) {
        return;
      }
    }
    found.push_back(at + ": " + shown_json(value) + " fits none of " + schemas.dump());
  }

  void check(const Json& schema, const Json& value, const std::string& at, Problems& found) const {
    for (const auto& [keyword, what] : schema.items()) {
      if (keyword == "$ref") {
        const std::string reference = what;
        check(document_.at(Json::json_pointer(reference.substr(1))), value, at, found);
      } else if (keyword == "anyOf") {
        check_alternatives(what, value, at, found);
      } else if (keyword == "type") {
        if (!has_one_type(what, value)) {
          found.push_back(at + ": " + shown_json(value) + " is no " + what.dump());
        }
      } else if (keyword == "enum") {
        if (std::find(what.begin(), what.end(), value) == what.end()) {
          found.push_back(at + ": " + shown_json(value) + " is none of " + what.dump());
        }
      } else if (keyword == "minimum" && value.is_number()) {
        if (value.get<double>() < what.get<double>()) {
          found.push_back(at + ": " + value.dump() + " is below " + what.dump());
        }
      } else if (keyword == "maximum" && value.is_number()) {
        if (value.get<double>() > what.get<double>()) {
          found.push_back(at + ": " + value.dump() + " is above " + what.dump());
        }
      } else if (keyword == "items" && value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
          check(what, value[i], at + "/" + std::to_string(i), found);
        }
      } else if (keyword == "properties" || keyword == "required" ||
                 keyword == "additionalProperties") {
        continue;  // together, below
      } else if (keyword != "title" && keyword != "description" && keyword != "default" &&
                 keyword != "minimum" && keyword != "maximum" && keyword != "items" &&
                 keyword != "minItems" && keyword != "pattern" && keyword != "maxLength" &&
                 keyword != "minLength" && keyword != "format" && keyword != "$schema") {
        found.push_back(at + ": the schema has the unknown keyword " + keyword);
      }
    }
    if (value.is_object() && (schema.contains("properties") || schema.contains("required"))) {
      check_object(schema, value, at, found);
    }
  }

  const Json& document_;
};

}  // namespace ptravel
