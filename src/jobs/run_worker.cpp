#include "jobs/run_worker.h"

#include <filesystem>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// Reads, changes and writes; the caller holds the state's lock.
void change_manifest(const RunFolder& folder,
                     Manifest& manifest,
                     const std::function<void(Manifest&)>& change) {
  const Manifest before = read_manifest(folder.manifest_path());
  manifest = before;
  change(manifest);
  if (manifest != before) {
    write_manifest(folder.manifest_path(), manifest);
  }
}

}  // namespace

void update_manifest(const RunFolder& folder,
                     Manifest& manifest,
                     const std::function<void(Manifest&)>& change) {
  const LockFile lock = LockFile::take(folder.state_lock());
  change_manifest(folder, manifest, change);
}

RunWorker::RunWorker(const RunFolder& folder, Manifest& manifest)
    : folder_(folder), manifest_(manifest) {
  const LockFile lock = LockFile::take(folder.state_lock());
  workers_ = LockFile::take(folder.workers_lock(), LockFile::Kind::Shared);
  if (!std::filesystem::exists(folder.manifest_path())) {
    manifest_.state = RunState::Running;
    write_manifest(folder.manifest_path(), manifest_);
    return;
  }
  change_manifest(folder, manifest_, [](Manifest& on_disk) {
    on_disk.state = RunState::Running;
    on_disk.error.clear();
  });
}

RunWorker::~RunWorker() {
  if (!workers_) {
    return;
  }
  try {
    leave(RunState::Stopped, "");
  } catch (const std::exception&) {
    // travel.json says "running" then; that nobody works on the run any more tells the truth.
  }
}

void RunWorker::leave(RunState state, const std::string& error) {
  if (!workers_) {
    return;
  }
  const LockFile lock = LockFile::take(folder_.state_lock());
  const bool last = workers_->release();
  workers_.reset();
  if (!last) {
    return;
  }
  change_manifest(folder_, manifest_, [&](Manifest& on_disk) {
    if (on_disk.state == RunState::Running) {
      on_disk.state = state;
      on_disk.error = error;
    }
  });
}

void RunWorker::finish(const std::string& video) {
  const LockFile lock = LockFile::take(folder_.state_lock());
  change_manifest(folder_, manifest_, [&](Manifest& on_disk) {
    on_disk.state = RunState::Finished;
    on_disk.error.clear();
    on_disk.video = video.empty() ? on_disk.video : video;
  });
  workers_->release();
  workers_.reset();
}

}  // namespace ptravel
