#include "server/job_text.h"

#include <utility>

#include "base/text.h"
#include "ptravel/job.h"
#include "server/api_error.h"
#include "server/job_json.h"
#include "server/server_context.h"

namespace ptravel {
namespace {

constexpr std::size_t kTitleBytes = 28;
constexpr std::size_t kMostKeptBytes = 32 << 20;

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

/// "girl, red hair → girl, blue hair": the name, else the first words of first and last stage.
std::string job_title(const JobRecord& job) {
  return job.name.empty() ? title_of_stages(job.request.prompt) : job.name;
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

/// What changes with the job alone, as the beginning of a JSON object.
std::string lasting_part(const ServerContext& context, const JobRecord& job) {
  Json request = context.resolver.shown(job.request);
  Json changes = changes_json(context, job, request);
  Json notes = Json::array();
  for (const std::string& note : job.notes) {
    notes.push_back(without_folders(note));
  }
  const Json part = {
      {"id", job.id},
      {"number", job.number},
      {"name", job.name},
      {"title", job_title(job)},
      {"state", std::string(queue_state_name(job.state))},
      {"created", job.created},
      {"started", time_json(job.started)},
      {"finished", time_json(job.finished)},
      {"frames_total", job.frames_total > 0 ? Json(job.frames_total) : Json(nullptr)},
      {"stage_frames", job.stage_frames},
      {"request", std::move(request)},
      {"folder", text_or_null(job.folder)},
      {"video", text_or_null(job.video)},
      {"contact_sheet", text_or_null(job.contact_sheet)},
      {"error", job.error ? error_json(*job.error) : Json(nullptr)},
      {"notes", std::move(notes)},
      {"trashed", job.trashed > 0},
      {"fps", job.request.fps},
      {"changes", std::move(changes)}};
  std::string text = json_text(part);
  text.pop_back();
  return text;
}

std::shared_ptr<const std::string> kept_part(const ServerContext& context, const JobRecord& job) {
  const JobTexts::Version version{job.revision, job.previous, context.catalog.version()};
  if (auto kept = context.texts->find(job.number, version)) {
    return kept;
  }
  auto part = std::make_shared<const std::string>(lasting_part(context, job));
  context.texts->keep(job.number, version, part);
  return part;
}

}  // namespace

std::shared_ptr<const std::string> JobTexts::find(std::int64_t number, const Version& version) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(number);
  return found != kept_.end() && found->second.version == version ? found->second.text : nullptr;
}

void JobTexts::keep(std::int64_t number,
                    const Version& version,
                    std::shared_ptr<const std::string> text) {
  const std::lock_guard lock(mutex_);
  if (const auto older = kept_.find(number); older != kept_.end()) {
    bytes_ -= older->second.text->size();
    kept_.erase(older);
  }
  if (bytes_ + text->size() > kMostKeptBytes) {
    kept_.clear();
    bytes_ = 0;
  }
  bytes_ += text->size();
  kept_.insert_or_assign(number, Kept{version, std::move(text)});
}

std::string job_text(const ServerContext& context,
                     const JobRecord& job,
                     const WaitingOrder& order) {
  const auto place = order.place(job.id);
  const Json passing = {{"place", place ? Json(*place) : Json(nullptr)},
                        {"frames_done", job.frames_done},
                        {"frames_ready", context.frames->ranges(context.queue, job)},
                        {"progress", is_in_work(job.state) ? progress_json(context.queue.progress())
                                                           : Json(nullptr)}};
  std::string text = *kept_part(context, job);
  text += ',';
  text += std::string_view(json_text(passing)).substr(1);
  return text;
}

std::string job_text(const ServerContext& context, const JobRecord& job) {
  return job_text(context, job, *context.queue.waiting_order());
}

std::string jobs_text(const ServerContext& context, const std::vector<JobRecord>& jobs) {
  const auto order = context.queue.waiting_order();
  std::string text = "[";
  for (const JobRecord& job : jobs) {
    text += text.size() > 1 ? "," : "";
    text += job_text(context, job, *order);
  }
  return text + "]";
}

}  // namespace ptravel
