// The submitter's side of a run at a NATS server: handing it over, collecting its frames.

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/sha256.h"
#include "farm/film_collection.h"
#include "farm/nats_client.h"
#include "farm/nats_collector.h"
#include "farm/nats_folder.h"
#include "farm/nats_messages.h"
#include "farm/nats_objects.h"
#include "farm/nats_pieces.h"
#include "jobs/manifest.h"
#include "jobs/run_ending.h"
#include "jobs/run_frames.h"
#include "jobs/run_opening.h"
#include "jobs/run_units.h"
#include "jobs/run_worker.h"
#include "ptravel/error.h"
#include "ptravel/nats_farm.h"
#include "ptravel/run_parts.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::vector<bool> missing_frames(const RunFolder& folder,
                                 const Manifest& manifest,
                                 Progress& progress) {
  RunFrames frames(folder, manifest);
  std::vector<bool> missing(static_cast<std::size_t>(manifest.frames), true);
  look_at_frames(manifest, progress, [&](std::int64_t index) {
    missing[static_cast<std::size_t>(index)] = !frames.is_whole(index);
  });
  return missing;
}

void check_can_be_handed_over(const RunFolder& folder, const Manifest& manifest) {
  if (manifest.request.pace == Pace::Even && !manifest.pace) {
    throw Error(ErrorCode::Unsupported,
                "[nats] " + folder.path().string() +
                    ": its frames are chosen among pictures of the whole film (pace even), which "
                    "one machine draws; expected render, or another pace");
  }
}

/// Puts all that workers need into the run's store, and then says that it is there.
void announce(NatsClient& client,
              const RunNames& names,
              const RunFolder& folder,
              const Manifest& manifest,
              const NatsJob& job) {
  client.make_stream(kRunsStream, {kRunsSubjects}, StreamKind::Newest);
  client.make_stream(names.work_stream(), {names.work_subjects()}, StreamKind::WorkQueue);
  client.make_stream(names.objects_stream(), {names.objects_subjects(), names.reports()},
                     StreamKind::Kept);
  client.make_consumer(names.work_stream(), kWorkersConsumer, names.work_subjects(), job.lease);
  client.make_consumer(names.objects_stream(), kObjectsConsumer, names.infos(), kTakingLease);
  client.make_consumer(names.objects_stream(), kReportsConsumer, names.reports(), kTakingLease);
  for (const RunPicture& picture : run_pictures(manifest)) {
    const std::string bytes = read_file(picture.path, kPictureLimit);
    if (const std::string sha256 = sha256_of(bytes); sha256 != picture.sha256) {
      throw Error(ErrorCode::InvalidArgument, "[nats] " + picture.role + ": " + picture.path +
                                                  " has sha256 " + sha256 + ", expected " +
                                                  picture.sha256);
    }
    put_object(client, names, "file-" + picture.sha256, bytes);
  }
  const std::string text = read_file(folder.manifest_path(), kManifestLimit);
  put_object(client, names, "travel.json", text);
  const Announcement announcement{names.run(),
                                  manifest.program_version,
                                  sha256_of(text),
                                  manifest.model_name,
                                  manifest.model_sha256,
                                  manifest.frames,
                                  milliseconds(job.lease).count()};
  client.publish(names.announcement(), to_json(announcement));
}

/// Takes all of a run off the server.
void take_off(NatsClient& client, const RunNames& names) {
  client.purge(kRunsStream, names.announcement());
  client.remove_stream(names.work_stream());
  client.remove_stream(names.objects_stream());
}

/// "pc1 drew 12 frames: 0-3,8-15".
void tell_machines(const NatsFolder& record, const Manifest& manifest, const RunEventSink& events) {
  for (const auto& [machine, frames] : record.machines()) {
    std::vector<bool> drawn(static_cast<std::size_t>(manifest.frames), false);
    for (const std::int64_t frame : frames) {
      if (frame < manifest.frames) {
        drawn[static_cast<std::size_t>(frame)] = true;
      }
    }
    const auto count = std::ranges::count(drawn, true);
    events({RunEvent::Kind::Note,
            "note: " + machine + " drew " + std::to_string(count) +
                (count == 1 ? " frame: " : " frames: ") + shortened(frames_text(drawn)),
            {},
            0});
  }
}

/// Until all frames are there; what the run's state is meanwhile says the folder.
void collect(const RunFolder& folder, Manifest manifest, NatsCollector& collector) {
  RunWorker worker(folder, manifest);
  try {
    collector.collect();
    collector.collect_rest();
    worker.leave(RunState::Stopped, "");
  } catch (...) {
    throw left_with(worker);
  }
}

}  // namespace

NatsOutcome submit_to_nats(const fs::path& path,
                           const NatsJob& job,
                           Progress& progress,
                           const RunEventSink& events) {
  check_nats_login(job.login);
  const RunFolder folder = RunFolder::open(path);
  const Manifest manifest = read_manifest(folder.manifest_path());
  check_can_be_handed_over(folder, manifest);
  NatsFolder record(folder);
  const LockFile lock = record.lock();
  NatsClient client(job.login, "prompt-travel submit");
  events({RunEvent::Kind::Folder, "", folder.path(), 0});
  const std::vector<bool> missing = missing_frames(folder, manifest, progress);
  const auto left = std::ranges::count(missing, true);
  const auto known = record.run();
  NatsOutcome outcome;
  outcome.run = known ? *known : record.new_run();
  const RunNames names(outcome.run);
  const bool there = known && client.has_stream(kRunsStream) &&
                     client.last(kRunsStream, names.announcement()).has_value();
  if (left > 0 || there) {
    if (!there) {
      announce(client, names, folder, manifest, job);
    }
    FilmCollection collection(work_pieces(manifest, missing, job.chunk), missing, there);
    NatsCollector collector({client, names, folder, manifest, record, collection},
                            manifest.frames - left, progress, events);
    collector.hand_out();
    outcome.pieces = collector.handed_out();
    if (!job.wait && left > 0) {
      return outcome;
    }
    try {
      collect(folder, manifest, collector);
    } catch (const Error& error) {
      if (collection.hopeless()) {
        take_off(client, names);
        record.forget_run();
      }
      throw;
    }
    tell_machines(record, manifest, events);
  }
  take_off(client, names);
  record.forget_run();
  outcome.result = finish_run(folder.path(), job.finishing, progress, events);
  return outcome;
}

void cancel_in_nats(const fs::path& path, const NatsLogin& login) {
  check_nats_login(login);
  const RunFolder folder = RunFolder::open(path);
  const NatsFolder record(folder);
  const auto run = record.run();
  if (!run) {
    throw Error(ErrorCode::NotFound, "[nats] " + folder.path().string() +
                                         ": was not submitted, or is finished; expected a run that "
                                         "is at the server");
  }
  NatsClient client(login, "prompt-travel submit");
  const RunNames names(*run);
  take_off(client, names);
  record.forget_run();
}

}  // namespace ptravel
