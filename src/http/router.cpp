#include "http/router.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "http/reason.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Part = HttpRouter::Part;
using PartKind = HttpRouter::PartKind;

Part part_of(std::string_view text) {
  if (!text.starts_with('{')) {
    return {PartKind::Fixed, std::string(text)};
  }
  text = text.substr(1, text.size() - 2);
  if (text.ends_with("...")) {
    return {PartKind::Rest, std::string(text.substr(0, text.size() - 3))};
  }
  return {PartKind::Any, std::string(text)};
}

/// Parts of "/a/{b}": "a", "{b}"; none of "/".
std::vector<std::string_view> parts_of(std::string_view path) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  return path.empty() ? std::vector<std::string_view>() : split(path, '/');
}

/// What a path and a pattern have in common: the kind of each part, by which the better of two
/// patterns is known, and what stands at the names. Nothing when they do not fit.
struct Fit {
  std::vector<PartKind> kinds;
  HttpFields values;
};

std::optional<Fit> fit(const std::vector<Part>& wanted,
                       const std::vector<std::string_view>& given,
                       std::string_view path) {
  const bool takes_rest = !wanted.empty() && wanted.back().kind == PartKind::Rest;
  if (takes_rest ? given.size() < wanted.size() : given.size() != wanted.size()) {
    return std::nullopt;
  }
  Fit result;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Part& part = wanted[i];
    if (given[i].empty() || (part.kind == PartKind::Fixed && part.text != given[i])) {
      return std::nullopt;
    }
    result.kinds.push_back(part.kind);
    if (part.kind == PartKind::Any) {
      result.values.emplace_back(part.text, given[i]);
    } else if (part.kind == PartKind::Rest) {
      const auto begin = static_cast<std::size_t>(given[i].data() - path.data());
      result.values.emplace_back(part.text, path.substr(begin));
    }
  }
  return result;
}

/// Whether two patterns differ in their names alone: such routes could not be told apart.
bool same_shape(const std::vector<Part>& a, const std::vector<Part>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Part& one, const Part& other) {
    return one.kind == other.kind && (one.kind != PartKind::Fixed || one.text == other.text);
  });
}

template <typename Function>
void add_by_prefix(std::vector<std::pair<std::string, Function>>& functions,
                   std::string prefix,
                   Function function) {
  functions.emplace_back(std::move(prefix), std::move(function));
  std::stable_sort(functions.begin(), functions.end(), [](const auto& a, const auto& b) {
    return a.first.size() > b.first.size();  // the longest prefix decides
  });
}

template <typename Function>
const Function* by_prefix(const std::vector<std::pair<std::string, Function>>& functions,
                          const std::string& path) {
  for (const auto& [prefix, function] : functions) {
    if (path.starts_with(prefix)) {
      return &function;
    }
  }
  return nullptr;
}

}  // namespace

void HttpRouter::add(HttpRoute route) {
  PTRAVEL_CHECK(route.pattern.starts_with('/') && route.handler);
  std::vector<Part> pattern;
  for (std::string_view text : parts_of(route.pattern)) {
    PTRAVEL_CHECK(pattern.empty() || pattern.back().kind != PartKind::Rest);
    pattern.push_back(part_of(text));
  }
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (routes_[i].method == route.method && same_shape(patterns_[i], pattern)) {
      throw Error(ErrorCode::Internal,
                  "[http] two routes of " + route.method + " " + route.pattern);
    }
  }
  patterns_.push_back(std::move(pattern));
  routes_.push_back(std::move(route));
}

void HttpRouter::refuse_with(std::string prefix, Refusal refusal) {
  add_by_prefix(refusals_, std::move(prefix), std::move(refusal));
}

void HttpRouter::explain_with(std::string prefix, Explanation explanation) {
  add_by_prefix(explanations_, std::move(prefix), std::move(explanation));
}

HttpRouter::Match HttpRouter::find(std::string_view method, std::string_view path) const {
  Match match;
  std::optional<Fit> best;
  bool best_is_exact = false;
  std::vector<std::string> methods;
  const std::vector<std::string_view> given = parts_of(path);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const HttpRoute& route = routes_[i];
    std::optional<Fit> found = fit(patterns_[i], given, path);
    if (!found) {
      continue;
    }
    methods.push_back(route.method);
    if (route.method == "GET") {
      methods.emplace_back("HEAD");
    }
    const bool exact = route.method == method;
    if (!exact && !(method == "HEAD" && route.method == "GET")) {
      continue;
    }
    if (!best || found->kinds < best->kinds ||
        (found->kinds == best->kinds && exact && !best_is_exact)) {
      best = std::move(found);
      best_is_exact = exact;
      match.route = &route;
    }
  }
  if (match.route != nullptr) {
    match.status = 200;
    match.path_values = std::move(best->values);
  } else if (!methods.empty()) {
    match.status = 405;
    std::sort(methods.begin(), methods.end());
    methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
    for (const std::string& name : methods) {
      match.allow += (match.allow.empty() ? "" : ", ") + name;
    }
  }
  return match;
}

HttpResponse HttpRouter::refusal(int status, const HttpRequest& request) const {
  const Refusal* refusal = by_prefix(refusals_, request.path);
  if (refusal != nullptr) {
    return (*refusal)(status, request);
  }
  return explanation(status,
                     status == 405 ? request.method + " is not a method of " + request.path
                                   : "there is no " + request.path,
                     request);
}

HttpResponse HttpRouter::explanation(int status,
                                     const std::string& why,
                                     const HttpRequest& request) const {
  const Explanation* explanation = by_prefix(explanations_, request.path);
  if (explanation != nullptr) {
    return (*explanation)(status, why, request);
  }
  const nlohmann::ordered_json error = {{"code", refusal_code(status)},
                                        {"message", why},
                                        {"problems", nlohmann::ordered_json::array()}};
  const nlohmann::ordered_json shape = {{"error", error}};
  return json_response(status,
                       shape.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace ptravel
