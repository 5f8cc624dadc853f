#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "http/router.h"
#include "queue/job_queue.h"
#include "queue/model_catalog.h"
#include "sdapi/sdapi.h"
#include "serving/json_body.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// The web UI's API on the tiny model, asked without a socket.
class SdapiServer {
 public:
  explicit SdapiServer(const std::function<void(ServeOptions&)>& change = {}) {
    if (change) {
      change(options_);
    }
    std::filesystem::create_directories(folder_ / "models");
    for (const auto& [from, to] : {std::pair("model.safetensors", "tiny.safetensors"),
                                   std::pair("config.json", "config.json")}) {
      std::filesystem::copy_file(std::filesystem::path(PTRAVEL_TEST_DATA) / "tiny_sd1" / from,
                                 folder_ / "models" / to);
    }
    options_.models_dirs = {folder_ / "models"};
    options_.out = folder_ / "out";
    options_.precision = Precision::Fp32;
    JobQueueOptions queue;
    queue.out = options_.out;
    queue.model_memory = std::uint64_t{1} << 30;
    queue_ = std::make_unique<JobQueue>(queue, QueueWatcher());
    catalog_ = std::make_unique<ModelCatalog>(options_.models_dirs, [] {});
    catalog_->refresh();
    addons_ = std::make_unique<AddonCatalog>(options_.models_dirs);
    uploads_ = std::make_unique<UploadStore>(queue_->uploads(), options_.limits);
    resolver_ = std::make_unique<RequestResolver>(*catalog_, *uploads_, options_);
    add_sdapi_routes(router_, {*queue_, *catalog_, *addons_, options_, *uploads_, *resolver_, {}});
    queue_->start();
    posted("options", {{"sd_model_checkpoint", "tiny"}});
  }

  /// The answer to a request, as the server would give it.
  HttpResponse ask(HttpRequest request) const {
    const std::size_t mark = request.path.find('?');
    if (mark != std::string::npos) {
      const std::string query = request.path.substr(mark + 1);
      request.path.resize(mark);
      const std::size_t equals = query.find('=');
      if (!query.empty()) {
        request.query.emplace_back(query.substr(0, equals),
                                   equals == std::string::npos ? "" : query.substr(equals + 1));
      }
    }
    const HttpRouter::Match match = router_.find(request.method, request.path);
    if (match.route == nullptr) {
      return router_.refusal(match.status, request);
    }
    return match.route->handler(request);
  }
  HttpResponse get(const std::string& path) const {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    return ask(request);
  }
  HttpResponse post(const std::string& path,
                    const std::string& body,
                    HttpFields headers = {{"content-type", "application/json"}}) const {
    HttpRequest request;
    request.method = "POST";
    request.path = path;
    request.body = body;
    request.headers = std::move(headers);
    return ask(request);
  }

  /// The JSON of an answer that must have this status.
  static Json json(const HttpResponse& response, int status = 200) {
    EXPECT_EQ(response.status, status);
    std::string text;
    if (const auto* whole = std::get_if<std::string>(&response.body)) {
      text = *whole;
    } else if (const auto* pieces = std::get_if<HttpPieces>(&response.body)) {
      for (std::string piece = pieces->next(); !piece.empty(); piece = pieces->next()) {
        text += piece;
      }
    }
    EXPECT_EQ(response.status, status) << text.substr(0, 500);
    return Json::parse(text);
  }
  Json got(const std::string& name) const { return json(get("/sdapi/v1/" + name)); }
  Json posted(const std::string& name, const Json& body, int status = 200) const {
    return json(post("/sdapi/v1/" + name, body.dump()), status);
  }

  JobQueue& queue() { return *queue_; }
  ModelCatalog& catalog() { return *catalog_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  ServeOptions options_;
  std::unique_ptr<JobQueue> queue_;
  std::unique_ptr<ModelCatalog> catalog_;
  std::unique_ptr<AddonCatalog> addons_;
  std::unique_ptr<UploadStore> uploads_;
  std::unique_ptr<RequestResolver> resolver_;
  HttpRouter router_;
};

/// One server for all tests of a program: its model is loaded once.
inline SdapiServer& sdapi_server() {
  static SdapiServer server;
  return server;
}

/// What a small picture takes.
inline Json small_picture() {
  return {{"prompt", "a cat"}, {"negative_prompt", "blurry"},
          {"steps", 2},        {"width", 64},
          {"height", 64},      {"seed", 7},
          {"cfg_scale", 7}};
}

inline Json info_of(const Json& answer) {
  return Json::parse(answer.at("info").get<std::string>());
}

/// The answer to a small picture with these changes.
inline Json drawn(const Json& changes = Json::object(), const char* way = "txt2img") {
  Json request = small_picture();
  request.update(changes);
  return sdapi_server().posted(way, request);
}

}  // namespace ptravel
