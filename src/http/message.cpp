#include "http/message.h"

#include <algorithm>

#include "ptravel/error.h"

namespace ptravel {
namespace {

std::optional<std::string_view> first_value(const HttpFields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& field) { return field.first == name; });
  return found == fields.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  return first_value(headers, name);
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  return first_value(query, name);
}

const std::string& HttpRequest::path_value(std::string_view name) const {
  const auto found = std::find_if(path_values.begin(), path_values.end(),
                                  [&](const auto& value) { return value.first == name; });
  if (found == path_values.end()) {
    throw Error(ErrorCode::Internal, "[http] the route has no part {" + std::string(name) + "}");
  }
  return found->second;
}

HttpResponse json_response(int status, std::string json) {
  return text_response(status, "application/json", std::move(json));
}

HttpResponse text_response(int status, std::string content_type, std::string text) {
  return {status,
          {{"Content-Type", std::move(content_type)}, {"Cache-Control", "no-store"}},
          std::move(text)};
}

}  // namespace ptravel
