#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "postprocess/upscaler_shelf.h"
#include "sdapi/options.h"
#include "sdapi/sdapi.h"
#include "sdapi/work.h"

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
  explicit SdState(SdContext given)
      : context(std::move(given)),
        options(context.options.out / "web-ui-options.json", context.catalog),
        upscalers(context.options.models_dirs, context.options.device, context.options.threads) {}

  SdContext context;
  SdOptions options;
  SdWork work;
  mutable UpscalerShelf upscalers;
  SdPreviews previews;
};

}  // namespace ptravel
