#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/event_hub.h"
#include "http/router.h"
#include "http/server.h"
#include "ptravel/server.h"
#include "queue/addon_catalog.h"
#include "queue/job_queue.h"
#include "queue/model_catalog.h"
#include "server/event_feed.h"
#include "server/frames_ready.h"
#include "server/job_text.h"
#include "serving/request_resolver.h"
#include "serving/upload_store.h"

namespace ptravel {

/// What handlers share. All of it may be used from several threads, and outlives every handler.
struct ServerContext {
  JobQueue& queue;
  ModelCatalog& catalog;
  AddonCatalog& addons;
  std::shared_ptr<EventHub> events;
  EventFeed& feed;
  const ServeOptions& options;
  const UploadStore& uploads;
  const RequestResolver& resolver;
  /// Of the server that runs these handlers, for /metrics.
  std::function<HttpServerCounts()> http_counts;
  /// Whether the server is stopping: what waits for a job asks it several times a second.
  std::function<bool()> stopping;
  std::shared_ptr<FramesReady> frames = std::make_shared<FramesReady>();
  std::shared_ptr<JobTexts> texts = std::make_shared<JobTexts>();
};

/// Our own API below /api/v1, and /metrics.
void add_v1_routes(HttpRouter& router, ServerContext& context);
/// The page and what belongs to it: /, /assets/..., /favicon.ico, /example.mp4.
void add_page_routes(HttpRouter& router);

}  // namespace ptravel
