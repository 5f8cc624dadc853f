#pragma once

#include "server/sdapi_options.h"
#include "server/sdapi_work.h"
#include "server/server_context.h"

namespace ptravel {

/// What the handlers of the web UI's API share.
struct SdState {
  explicit SdState(ServerContext& shared)
      : context(shared), options(shared.options.out / "web-ui-options.json", shared.catalog) {}

  ServerContext& context;
  SdOptions options;
  SdWork work;
};

}  // namespace ptravel
