#pragma once

#include <functional>

#include "http/router.h"
#include "ptravel/server.h"
#include "queue/addon_catalog.h"
#include "queue/job_queue.h"
#include "queue/model_catalog.h"
#include "serving/request_resolver.h"
#include "serving/upload_store.h"

namespace ptravel {

/// What the web UI's API works on. All of it may be used from several threads, and outlives every
/// handler.
struct SdContext {
  JobQueue& queue;
  ModelCatalog& catalog;
  AddonCatalog& addons;
  const ServeOptions& options;
  const UploadStore& uploads;
  const RequestResolver& resolver;
  /// Whether the server is stopping: what waits for a job asks it several times a second. May be
  /// empty.
  std::function<bool()> stopping;
};

/// The web UI's API below /sdapi/v1, and what its clients ask beside it.
void add_sdapi_routes(HttpRouter& router, SdContext context);

}  // namespace ptravel
