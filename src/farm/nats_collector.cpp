#include "farm/nats_collector.h"

#include <thread>

#include "farm/nats_objects.h"
#include "farm/nats_pieces.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kWalkLogLimit = std::uint64_t{64} << 20;
constexpr int kWalkLogDepth = 8;
constexpr milliseconds kLook{200};
constexpr milliseconds kLookAtQueue{1000};
constexpr milliseconds kTellNobody{5000};
constexpr milliseconds kTellNobodyAgain{60'000};
/// A server may be away for a while, such as when it is started again.
constexpr int kMostFailures = 120;
constexpr std::size_t kMostNotes = 100;

/// What a frame may take as a file: more than all of its pixels and a latent as they are.
std::uint64_t frame_limit(const Manifest& manifest) {
  const TravelRequest& request = manifest.request;
  return static_cast<std::uint64_t>(request.width) * static_cast<std::uint64_t>(request.height) *
             12 +
         (std::uint64_t{4} << 20);
}

FilmCollection::Time now() {
  return std::chrono::duration_cast<FilmCollection::Time>(
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

NatsCollector::NatsCollector(const Collection& collection,
                             std::int64_t there,
                             Progress& progress,
                             const RunEventSink& events)
    : client_(collection.client),
      names_(collection.names),
      folder_(collection.folder),
      manifest_(collection.manifest),
      record_(collection.record),
      collection_(collection.film),
      drawn_(there),
      progress_(progress),
      events_(events),
      files_(collection.folder, collection.manifest),
      next_look_at_queue_(Clock::now() + kLookAtQueue),
      next_tell_nobody_(Clock::now() + kTellNobody) {}

void NatsCollector::hand_out() {
  for (const FrameRange& frames : collection_.to_hand_out(now())) {
    client_.publish(names_.work(frames.begin), to_json(WorkPiece{names_.run(), frames}));
    ++handed_out_;
  }
}

void NatsCollector::collect() {
  progress_.enter(WorkPhase::Drawing);
  progress_.begin("drawing", "frames", static_cast<double>(manifest_.frames));
  progress_.set_initial(static_cast<double>(drawn_));
  int failures = 0;
  while (!collection_.complete()) {
    progress_.check_cancelled();
    try {
      look();
      failures = 0;
    } catch (const Error& error) {
      // A server that is away; a file that cannot be written here is no matter of its.
      if (error.code() != ErrorCode::Io || !std::string(error.what()).starts_with("[nats]") ||
          ++failures > kMostFailures) {
        throw;
      }
      infos_.reset();
      reports_.reset();
      sleep_a_little();
    }
    if (collection_.hopeless()) {
      throw Error(ErrorCode::Internal,
                  "[nats] " + folder_.path().string() + ": " + *collection_.hopeless());
    }
    tell_if_nobody();
  }
}

void NatsCollector::collect_rest() {
  if (!leaves_other_files(manifest_)) {
    return;
  }
  // Workers send these before the frames, so that they are here by now, unless a process that was
  // killed had taken them and not said so: then they come again.
  const auto until = Clock::now() + 2 * kTakingLease;
  while (Clock::now() < until) {
    progress_.check_cancelled();
    look();
    const QueueState queue = client_.queue(names_.objects_stream(), kObjectsConsumer);
    if (queue.waiting == 0 && queue.leased == 0) {
      return;
    }
  }
}

void NatsCollector::sleep_a_little() {
  const auto until = Clock::now() + std::chrono::seconds(1);
  while (Clock::now() < until) {
    progress_.check_cancelled();
    std::this_thread::sleep_for(kLook);
  }
}

void NatsCollector::look() {
  if (!infos_) {
    infos_ = client_.pull(names_.objects_stream(), kObjectsConsumer);
    reports_ = client_.pull(names_.objects_stream(), kReportsConsumer);
  }
  milliseconds wait = kLook;
  while (auto message = infos_->next(wait)) {
    progress_.check_cancelled();
    take(*message);
    message->acknowledge();
    wait = milliseconds(20);
  }
  while (auto message = reports_->next(milliseconds(20))) {
    hear(*message);
    message->acknowledge();
  }
  if (Clock::now() >= next_look_at_queue_) {
    next_look_at_queue_ = Clock::now() + kLookAtQueue;
    const QueueState queue = client_.queue(names_.work_stream(), kWorkersConsumer);
    collection_.queue_seen(queue.waiting, queue.leased, now());
  }
  hand_out();
}

void NatsCollector::hear(const NatsMessage& message) {
  const auto report = parse_worker_report(message.data());
  if (!report) {
    return;
  }
  switch (report->kind) {
    case WorkerReport::Kind::Began:
      collection_.began(report->first, report->machine, now());
      if (told_.insert(report->machine).second) {
        note("note: " + report->machine + " draws");
      }
      break;
    case WorkerReport::Kind::Done:
      collection_.done(report->first, report->machine, now());
      break;
    case WorkerReport::Kind::GaveBack:
      collection_.gave_back(report->first, report->machine, now());
      break;
    case WorkerReport::Kind::Failed:
      note("note: " + report->machine + " failed at the work from frame " +
           std::to_string(report->first) + " on: " + report->text);
      collection_.failed(report->first, report->machine, report->text, now());
      break;
    case WorkerReport::Kind::Cannot:
      note("note: " + report->machine + " cannot draw this run: " + report->text);
      break;
  }
}

void NatsCollector::note(const std::string& text) {
  if (notes_.size() < kMostNotes && notes_.insert(text).second) {
    events_({RunEvent::Kind::Note, text, {}, 0});
  }
}

void NatsCollector::tell_if_nobody() {
  if (collection_.machines().empty() && Clock::now() >= next_tell_nobody_) {
    next_tell_nobody_ = Clock::now() + kTellNobodyAgain;
    events_({RunEvent::Kind::Note,
             "note: no worker has taken work yet; expected prompt-travel worker on a machine "
             "with the model " +
                 manifest_.model_name + " (sha256 " + manifest_.model_sha256 + ")",
             {},
             0});
  }
}

void NatsCollector::take(const NatsMessage& message) {
  const auto info = parse_object_info(message.data());
  // Of what the submitter itself put there nothing is taken. Nothing is purged before the run is
  // taken off, also not by a rollup: by subject, that makes consumers of nats-server 2.9 skip
  // messages.
  if (!info || info->machine.empty() || message.subject() != names_.info(info->name)) {
    return;
  }
  const auto drawn = drawn_object(info->name);
  const auto damage =
      drawn ? take(*info, *drawn) : std::optional<std::string>("is no file of a run");
  if (damage) {
    tell_rubbish(*info, drawn, shown_text(*damage));
  }
}

void NatsCollector::tell_rubbish(const ObjectInfo& info,
                                 const std::optional<DrawnObject>& drawn,
                                 const std::string& damage) {
  const bool frame = drawn && drawn->kind == DrawnObject::Kind::Frame;
  const std::string what = frame ? "frame " + std::to_string(drawn->index)
                                 : "a file (" + shown_text(info.name).substr(0, 40) + ")";
  note("note: " + info.machine + " sent " + what + " that is not used: it " + damage);
  const auto piece = frame ? collection_.piece_of(drawn->index) : std::nullopt;
  collection_.sent_rubbish(piece.value_or(info.first), info.machine,
                           "sent " + what + " that " + damage, now());
}

std::optional<std::string> NatsCollector::take(const ObjectInfo& info, const DrawnObject& drawn) {
  const bool frame = drawn.kind == DrawnObject::Kind::Frame;
  if (frame && drawn.index >= manifest_.frames) {
    return "is none of the film's";
  }
  if (frame && !collection_.wants(drawn.index)) {
    return std::nullopt;
  }
  const bool log = drawn.kind == DrawnObject::Kind::WalkLog;
  const FetchedObject object =
      get_object(client_, names_, info, log ? kWalkLogLimit : frame_limit(manifest_));
  if (!object.problem.empty()) {
    return object.problem;
  }
  if (frame) {
    return take_frame(info, drawn.index, object.bytes);
  }
  if (!log) {
    return files_.take_picture(drawn.file, object.bytes);
  }
  return nests_at_most(object.bytes, kWalkLogDepth) ? files_.take_walk_log(object.bytes)
                                                    : std::optional<std::string>("nests deeply");
}

std::optional<std::string> NatsCollector::take_frame(const ObjectInfo& info,
                                                     std::int64_t index,
                                                     const std::string& bytes) {
  if (auto damage = files_.take_frame(index, bytes)) {
    return damage;
  }
  collection_.joined(info.machine);
  collection_.arrived(index, now());
  record_.drew(index, info.machine);
  progress_.update(static_cast<double>(++drawn_));
  events_({RunEvent::Kind::Frame, "", folder_.frame_path(index), index});
  return std::nullopt;
}

}  // namespace ptravel
