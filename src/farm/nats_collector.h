#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "farm/film_collection.h"
#include "farm/nats_client.h"
#include "farm/nats_folder.h"
#include "farm/nats_messages.h"
#include "jobs/manifest.h"
#include "jobs/received_files.h"
#include "jobs/run_folder.h"
#include "ptravel/jobs.h"
#include "ptravel/progress.h"

namespace ptravel {

/// A message that was taken and not acknowledged, since its taker was killed, comes again.
inline constexpr std::chrono::milliseconds kTakingLease{10'000};

/// What a collector works with; all of it outlives the collector.
struct Collection {
  NatsClient& client;
  const RunNames& names;
  const RunFolder& folder;
  const Manifest& manifest;
  NatsFolder& record;
  FilmCollection& film;
};

/// Hands out a run's work and takes what comes back until all of it is there: asks the server,
/// tells FilmCollection, does what that decides. One thread.
class NatsCollector {
 public:
  /// `there`: how many frames are in the folder.
  NatsCollector(const Collection& collection,
                std::int64_t there,
                Progress& progress,
                const RunEventSink& events);

  /// Hands out what is to be handed out now.
  void hand_out();
  /// Pieces that were handed out.
  std::int64_t handed_out() const { return handed_out_; }
  /// Until every frame is there. Bears a server that is away for a while. Throws Internal where
  /// there is no hope (FilmCollection::hopeless), Cancelled, Io.
  void collect();
  /// Takes what walks and embryos left and is not here with the last frame.
  void collect_rest();

 private:
  using Clock = std::chrono::steady_clock;

  void look();
  void take(const NatsMessage& message);
  /// What is wrong with it; nothing when it was taken or is there already.
  std::optional<std::string> take(const ObjectInfo& info, const DrawnObject& drawn);
  std::optional<std::string> take_frame(const ObjectInfo& info,
                                        std::int64_t index,
                                        const std::string& bytes);
  void tell_rubbish(const ObjectInfo& info,
                    const std::optional<DrawnObject>& drawn,
                    const std::string& damage);
  void hear(const NatsMessage& message);
  void note(const std::string& text);
  void tell_if_nobody();
  void sleep_a_little();

  NatsClient& client_;
  const RunNames& names_;
  const RunFolder& folder_;
  const Manifest& manifest_;
  NatsFolder& record_;
  FilmCollection& collection_;
  std::int64_t drawn_;
  std::int64_t handed_out_ = 0;
  Progress& progress_;
  const RunEventSink& events_;
  ReceivedFiles files_;
  std::optional<NatsPuller> infos_;
  std::optional<NatsPuller> reports_;
  Clock::time_point next_look_at_queue_;
  Clock::time_point next_tell_nobody_;
  std::set<std::string> notes_;
  std::set<std::string> told_;
};

}  // namespace ptravel
