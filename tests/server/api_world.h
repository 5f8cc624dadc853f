#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "server/server_context.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// A server's handlers on a real queue and an output folder of their own, without sockets: a call
/// goes through the router as a request would. Draws with the default model once start() was
/// called.
class ApiWorld {
 public:
  explicit ApiWorld(const std::function<void(ServeOptions&)>& change = {}) {
    ::setenv("PROMPT_TRAVEL_DEFAULT_MODEL", PTRAVEL_DEFAULT_MODEL, 1);
    options.out = folder / "out";
    options.models_dirs = {folder / "models"};
    std::filesystem::create_directories(folder / "models");
    if (change) {
      change(options);
    }
    open();
  }
  ~ApiWorld() { close(); }
  ApiWorld(const ApiWorld&) = delete;
  ApiWorld& operator=(const ApiWorld&) = delete;

  void start() { parts_->queue.start(); }
  /// As a server that is stopped and started again.
  void reopen() {
    close();
    open();
  }

  HttpResponse call(const std::string& method,
                    const std::string& path,
                    const std::string& body = "",
                    const HttpFields& query = {},
                    const HttpFields& headers = {}) const {
    HttpRequest request;
    request.client = client;
    request.method = method;
    request.path = path;
    request.body = body;
    request.query = query;
    request.headers = headers;
    const HttpRouter::Match match = parts_->router.find(method, path);
    if (match.route == nullptr) {
      return parts_->router.refusal(match.status, request);
    }
    request.path_values = match.path_values;
    return match.route->handler(request);
  }
  Json get(const std::string& path, const HttpFields& query = {}) const {
    return json_of(call("GET", path, "", query));
  }
  Json post(const std::string& path, const Json& body) const {
    return json_of(call("POST", path, body.dump()));
  }
  int status(const std::string& method,
             const std::string& path,
             const std::string& body = "") const {
    return call(method, path, body).status;
  }

  static Json json_of(const HttpResponse& response) {
    const auto* text = std::get_if<std::string>(&response.body);
    return text == nullptr ? Json() : Json::parse(*text);
  }

  /// Waits until the job is over; fails after a minute.
  Json finished(const std::string& id) const {
    for (int i = 0; i < 6000; ++i) {
      Json job = get("/api/v1/jobs/" + id);
      const std::string state = job.at("state");
      if (state == "done" || state == "failed" || state == "cancelled") {
        return job;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "job " << id << " did not end within a minute";
    return {};
  }

  ServerContext& context() { return parts_->context; }
  JobQueue& queue() { return parts_->queue; }
  const HttpRouter& router() const { return parts_->router; }

  TemporaryFolder folder;
  ServeOptions options;
  std::string client = "127.0.0.1";  ///< Whose requests they are.

 private:
  struct Parts {
    explicit Parts(const ServeOptions& options)
        : catalog(options.models_dirs, [] {}),
          addons(options.models_dirs),
          uploads(options.out / "uploads", options.limits),
          resolver(catalog, uploads, options),
          queue({.out = options.out, .longest = options.limits.queue}, feed.watcher()),
          context{queue,   catalog, addons,   feed.hub(), feed,
                  options, uploads, resolver, {},         [] { return false; }} {
      add_v1_routes(router, context);
      add_page_routes(router);
      feed.connect(context);
      catalog.refresh();
    }
    EventFeed feed;
    ModelCatalog catalog;
    AddonCatalog addons;
    UploadStore uploads;
    RequestResolver resolver;
    JobQueue queue;
    ServerContext context;
    HttpRouter router;
  };
  void open() { parts_ = std::make_unique<Parts>(options); }
  void close() {
    if (parts_) {
      parts_->queue.stop();  // its threads tell the feed, which uses the context
      parts_.reset();
    }
  }

  std::unique_ptr<Parts> parts_;
};

/// A travel that is drawn in a moment: three frames.
inline Json quick_request() {
  return {{"prompt", "girl, red hair\ngirl, blue hair"},
          {"travel_steps", 1},
          {"steps", 2},
          {"width", 32},
          {"height", 32},
          {"seed", 1},
          {"threads", 1}};
}

/// The problem of a field in a failure's JSON; empty where there is none.
inline std::string problem_of(const Json& answer, const std::string& field) {
  const bool failed = answer.contains("error") && answer.at("error").is_object();
  const Json& owner = failed ? answer.at("error") : answer;
  for (const Json& problem : owner.value("problems", Json::array())) {
    if (problem.at("field") == field) {
      return problem.at("message");
    }
  }
  return {};
}

inline std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [each, value] : response.headers) {
    if (each == name) {
      return value;
    }
  }
  return {};
}

}  // namespace ptravel
