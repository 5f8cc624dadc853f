#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "server/sdapi_options.h"
#include "server/sdapi_work.h"
#include "server/server_context.h"

namespace ptravel {

/// A preview as it is sent.
struct SdPreview {
  std::uint64_t number = 0;
  std::string base64;  ///< Of a PNG.
};

/// Writes each preview once, however many clients ask for it. Thread-safe.
class SdPreviews {
 public:
  std::shared_ptr<const SdPreview> written(const LivePreview& preview) const;

 private:
  mutable std::mutex mutex_;  // guards everything below
  mutable std::shared_ptr<const SdPreview> newest_;
};

/// What the handlers of the web UI's API share.
struct SdState {
  explicit SdState(ServerContext& shared)
      : context(shared), options(shared.options.out / "web-ui-options.json", shared.catalog) {}

  ServerContext& context;
  SdOptions options;
  SdWork work;
  SdPreviews previews;
};

}  // namespace ptravel
