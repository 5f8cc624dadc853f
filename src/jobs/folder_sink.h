#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "jobs/background_sink.h"
#include "jobs/run_folder.h"
#include "ptravel/jobs.h"
#include "ptravel/travel.h"

namespace ptravel {

/// Saves each frame into the run folder under its number, and what else a travel leaves.
class FolderSink : public EncodingSink {
 public:
  /// `written` is told each frame that lies there. All outlive it.
  FolderSink(const RunFolder& folder,
             const RunEventSink& events,
             std::function<void(std::int64_t index)> written = {})
      : folder_(folder), events_(events), written_(std::move(written)) {}
  void begin(std::int64_t) override {}
  std::string encoded(const RenderedFrame& frame) const override;
  void add_encoded(const RenderedFrame& frame, const std::string& bytes) override;
  void add_file(const TravelFile& file) override;
  void debug(const std::string& text) override { events_({RunEvent::Kind::Debug, text, {}, 0}); }
  void finish() override {}

 private:
  const RunFolder& folder_;
  const RunEventSink& events_;
  std::function<void(std::int64_t index)> written_;
};

/// Throws everything away.
class FilesNobodyWants : public FrameSink {
 public:
  void begin(std::int64_t) override {}
  void add(const RenderedFrame&) override {}
  void finish() override {}
};

}  // namespace ptravel
