#include "server/job_json.h"

#include <algorithm>

#include "base/text.h"
#include "ptravel/job.h"
#include "server/api_error.h"

namespace ptravel {
namespace {

constexpr std::size_t kTitleBytes = 28;
/// A page shows the first ones; the ids of all are in "queue".
constexpr std::int64_t kMostSnapshotJobs = 100;

Json time_json(double seconds) { return seconds > 0 ? Json(seconds) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json error_json(const Error& error) {
  Json shown = Json::parse(to_json(error));
  shown.erase("event");
  shown["message"] = without_folders(error.what());
  for (Json& problem : shown["problems"]) {
    problem["message"] = without_folders(problem["message"].get<std::string>());
  }
  return shown;
}

/// A stage's first words, cut between two words.
std::string first_words(std::string_view stage) {
  stage = trimmed(stage);
  if (stage.size() <= kTitleBytes) {
    return std::string(stage);
  }
  std::size_t end = stage.substr(0, kTitleBytes + 1).find_last_of(" ,");
  if (end == std::string_view::npos || end == 0) {
    end = kTitleBytes;
    while (end > 0 && (static_cast<unsigned char>(stage[end]) & 0xC0) == 0x80) {
      --end;  // not in the middle of a character
    }
  }
  std::string_view words = stage.substr(0, end);
  while (!words.empty() && (words.back() == ' ' || words.back() == ',')) {
    words.remove_suffix(1);
  }
  return std::string(words);
}

std::string title_of_stages(const std::string& prompt) {
  std::string first;
  std::string last;
  for (const std::string_view line : split(prompt, '\n')) {
    if (!trimmed(line).empty()) {
      last = first_words(line);
      first = first.empty() ? last : first;
    }
  }
  return first == last ? first : first + " → " + last;
}

/// Its number among those that wait, from 1.
Json place_json(const JobQueue& queue, const JobRecord& job) {
  const auto position = queue.position(job);
  return position ? Json(*position) : Json(nullptr);
}

Json changes_json(const ServerContext& context, const JobRecord& job, const Json& request) {
  Json changes = Json::array();
  const auto before = context.queue.previous(job);
  if (!before) {
    return changes;
  }
  const Json old = context.resolver.shown(before->request);
  for (const auto& [field, value] : request.items()) {
    const auto found = old.find(field);
    if (found != old.end() && *found != value) {
      changes.push_back({{"field", field}, {"before", *found}, {"after", value}});
    }
  }
  return changes;
}

}  // namespace

std::string job_title(const JobRecord& job) {
  return job.name.empty() ? title_of_stages(job.request.prompt) : job.name;
}

Json progress_json(const ProgressSnapshot& progress) {
  return {
      {"activity", without_folders(progress.activity)},
      {"done", progress.done},
      {"total", progress.total},
      {"unit", progress.unit},
      {"rate", progress.units_per_second},
      {"seconds_left", progress.seconds_left < 0 ? Json(nullptr) : Json(progress.seconds_left)}};
}

Json job_json(const ServerContext& context, const JobRecord& job) {
  Json request = context.resolver.shown(job.request);
  Json changes = changes_json(context, job, request);
  Json notes = Json::array();
  for (const std::string& note : job.notes) {
    notes.push_back(without_folders(note));
  }
  return {{"id", job.id},
          {"number", job.number},
          {"name", job.name},
          {"title", job_title(job)},
          {"state", std::string(queue_state_name(job.state))},
          {"place", place_json(context.queue, job)},
          {"created", job.created},
          {"started", time_json(job.started)},
          {"finished", time_json(job.finished)},
          {"frames_total", job.frames_total > 0 ? Json(job.frames_total) : Json(nullptr)},
          {"frames_done", job.frames_done},
          {"frames_ready", context.frames->ranges(context.queue, job)},
          {"stage_frames", job.stage_frames},
          {"request", std::move(request)},
          {"folder", text_or_null(job.folder)},
          {"video", text_or_null(job.video)},
          {"contact_sheet", text_or_null(job.contact_sheet)},
          {"error", job.error ? error_json(*job.error) : Json(nullptr)},
          {"notes", std::move(notes)},
          {"trashed", job.trashed > 0},
          {"fps", job.request.fps},
          {"changes", std::move(changes)},
          {"progress",
           is_in_work(job.state) ? progress_json(context.queue.progress()) : Json(nullptr)}};
}

Json queue_json(const JobQueue& queue) {
  const auto current = queue.current();
  return {{"waiting", queue.waiting_ids()},
          {"current", current ? Json(current->id) : Json(nullptr)},
          {"paused", without_folders(queue.paused())}};
}

Json snapshot_json(const ServerContext& context) {
  Json jobs = Json::array();
  for (const JobRecord& job : context.queue.waiting(kMostSnapshotJobs)) {
    jobs.push_back(job_json(context, job));
  }
  const auto current = context.queue.current();
  return {{"queue", queue_json(context.queue)},
          {"current", current ? job_json(context, *current) : Json(nullptr)},
          {"jobs", std::move(jobs)},
          {"version", PTRAVEL_VERSION}};
}

Json model_json(const CatalogEntry& entry) {
  const std::string hash = entry.info.short_hash();
  return {{"title", entry.title},
          {"name", request_name(entry)},
          {"hash", text_or_null(hash)},
          {"family", std::string(family_label(entry.info.family))},
          {"supported", entry.refusal.empty()},
          {"refusal", without_folders(entry.refusal)},
          {"prediction", std::string(prediction_name(entry.info.prediction))},
          {"bytes", entry.info.bytes},
          {"is_default", entry.is_default}};
}

Json models_json(const ModelCatalog& catalog) {
  Json models = Json::array();
  for (const CatalogEntry& entry : catalog.models()) {
    models.push_back(model_json(entry));
  }
  Json vaes = Json::array();
  for (const CatalogEntry& entry : catalog.vaes()) {
    vaes.push_back(model_json(entry));
  }
  return {{"models", std::move(models)}, {"vaes", std::move(vaes)}};
}

JobRecord find_job(const JobQueue& queue, const std::string& id) {
  auto job = queue.find(id);
  if (!job) {
    throw Error(ErrorCode::NotFound, "there is no job \"" + id + "\"");
  }
  return std::move(*job);
}

}  // namespace ptravel
