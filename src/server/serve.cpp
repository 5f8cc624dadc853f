#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "http/request_parts.h"
#include "http/server.h"
#include "ptravel/models_folders.h"
#include "ptravel/server.h"
#include "sdapi/sdapi.h"
#include "server/api_error.h"
#include "server/event_feed.h"
#include "server/server_context.h"
#include "serving/unused_uploads.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A name that only begins like an address may be anybody's.
bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" || is_loopback_address(host);
}

bool is_origin(const std::string& text) {
  if (text == "*") {
    return true;
  }
  const std::size_t scheme = text.find("://");
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  return http && text.size() > scheme + 3 &&
         text.find_first_of("/?#", scheme + 3) == std::string::npos;
}

/// The folders that are looked through; where none is given, "models" if it is there.
ServeOptions with_models(ServeOptions options) {
  if (options.models_dirs.empty()) {
    options.models_dirs = models_folders({});
  }
  return options;
}

JobQueueOptions queue_options(const ServeOptions& options) {
  JobQueueOptions queue;
  queue.out = options.out;
  queue.model_memory = options.model_memory;
  queue.longest = options.limits.queue;
  return queue;
}

HttpServerOptions http_options(const ServeOptions& options) {
  HttpServerOptions http;
  http.host = options.host;
  http.port = options.port;
  http.users = options.api_auth;
  http.allowed_origins = options.cors_allow_origins;
  return http;
}

/// Calls `end` in a thread of its own, once: when `stop` is cancelled, or with the object.
class StopWatch {
 public:
  StopWatch(const Progress& stop, const std::function<void()>& end)
      : thread_([this, &stop, end] {
          while (!done_ && !stop.cancelled()) {
            std::this_thread::sleep_for(50ms);
          }
          end();
        }) {}
  ~StopWatch() {
    done_ = true;
    thread_.join();
  }
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

}  // namespace

void check_serve_options(const ServeOptions& options) {
  std::vector<Problem> problems;
  if (!is_loopback(options.host) && options.api_auth.empty() && !options.insecure) {
    problems.push_back({"--host", "\"" + options.host +
                                      "\" can be reached from other machines: give --api-auth "
                                      "USER:PASSWORD, or --insecure to let everybody in"});
  }
  for (const auto& [user, password] : options.api_auth) {
    if (user.empty() || password.empty()) {
      problems.push_back({"--api-auth", "has an empty user or password, expected USER:PASSWORD"});
    }
  }
  for (const std::string& origin : options.cors_allow_origins) {
    if (!is_origin(origin)) {
      problems.push_back({"--cors-allow-origins",
                          "\"" + origin + "\", expected origins such as http://localhost:3000"});
    }
  }
  for (Problem& problem : check_models_folders(options.models_dirs, "--models-dir")) {
    problems.push_back(std::move(problem));
  }
  throw_request_problems(problems);
}

void serve(const ServeOptions& asked,
           const Progress& stop,
           const std::function<void(const std::string& url)>& ready) {
  check_serve_options(asked);
  const ServeOptions options = with_models(asked);
  // What the queue's threads use must outlive them: the queue stands last.
  EventFeed feed;
  ModelCatalog catalog(options.models_dirs, [&feed] { feed.models_changed(); });
  const UploadStore uploads(options.out / "uploads", options.limits);
  AddonCatalog addons(options.models_dirs);
  const RequestResolver resolver(catalog, uploads, options);
  std::optional<ServerContext> context;
  JobQueue queue(queue_options(options), feed.watcher());
  const HttpServer* running = nullptr;
  context.emplace(ServerContext{
      queue, catalog, addons, feed.hub(), feed, options, uploads, resolver,
      [&running] { return running == nullptr ? HttpServerCounts{} : running->counts(); },
      [&stop] { return stop.cancelled(); }});
  HttpRouter router;
  add_v1_routes(router, *context);
  add_sdapi_routes(router, {queue, catalog, addons, options, uploads, resolver, context->stopping});
  add_page_routes(router);
  HttpServer server(http_options(options), std::move(router), api_failure);
  running = &server;
  feed.connect(*context);
  try {
    remove_unused_uploads(uploads, queue, options.out / "presets");
  } catch (const std::exception&) {
    // They stay until a server starts that can read what names them.
  }
  queue.start();
  const StopWatch watch(stop, [&] {
    server.stop();
    queue.stop();
  });
  ready(server.url());
  server.run();
}

}  // namespace ptravel
