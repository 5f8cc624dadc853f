#include "queue/queue_parts.h"

#include <chrono>
#include <utility>

#include "base/files.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

JobQueueOptions settled(JobQueueOptions options) {
  options.out = fs::absolute(options.out).lexically_normal();
  create_folders(options.out);
  return options;
}

LockFile take_lock(const fs::path& out) {
  if (auto lock = LockFile::try_take(out / ".queue.lock")) {
    return std::move(*lock);
  }
  throw Error(ErrorCode::Io, "[queue] " + out.string() +
                                 ": another process has its queue open, expected an output folder "
                                 "that no other one uses");
}

}  // namespace

QueueParts::QueueParts(JobQueueOptions options_in, QueueWatcher watcher)
    : options(settled(std::move(options_in))),
      lock(take_lock(options.out)),
      store(options.out / "queue.sqlite"),
      events(std::move(watcher)),
      models(options.model_memory),
      folders(options.out) {}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

SketchOptions sketches_for(QueueParts& parts) {
  SketchOptions options;
  options.show = [&parts](const FrameSketch& sketch) {
    parts.events.tell([preview = parts.live.add_preview(sketch)](const QueueWatcher& watcher) {
      if (watcher.preview) {
        watcher.preview(*preview);
      }
    });
  };
  return options;
}

JobRecord change_job(QueueParts& parts,
                     const std::string& id,
                     const std::function<void(JobStore&, JobRecord&)>& change) {
  JobRecord job = parts.store.write([&](JobStore& store) {
    JobRecord changed = store.change(id, [&](JobRecord& record) {
      change(store, record);
      parts.live.fill_in(record);
    });
    parts.events.keep_job(changed);
    return changed;
  });
  parts.events.deliver();
  return job;
}

}  // namespace ptravel
