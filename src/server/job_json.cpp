#include "server/job_json.h"

#include "queue/picture_beside.h"
#include "server/api_error.h"
#include "server/job_text.h"
#include "server/shown_picture.h"

namespace ptravel {
namespace {

/// A page shows the first ones; the ids of all are in "queue".
constexpr std::int64_t kMostSnapshotJobs = 100;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

/// The address of the picture beside a model or VAE; null where there is none.
Json picture_address(const CatalogEntry& entry) {
  const std::filesystem::path picture = picture_beside(entry.path);
  if (picture.empty()) {
    return nullptr;
  }
  return "/api/v1/models/picture?kind=" + std::string(entry.is_vae ? "vae" : "model") +
         "&name=" + percent_encoded(request_name(entry)) + "&v=" + picture_stamp(picture);
}

}  // namespace

Json progress_json(const ProgressSnapshot& progress) {
  return {
      {"activity", without_folders(progress.activity)},
      {"done", progress.done},
      {"total", progress.total},
      {"unit", progress.unit},
      {"rate", progress.units_per_second},
      {"seconds_left", progress.seconds_left < 0 ? Json(nullptr) : Json(progress.seconds_left)}};
}

Json queue_json(const JobQueue& queue) {
  const auto current = queue.current();
  return {{"waiting", queue.waiting_ids()},
          {"current", current ? Json(current->id) : Json(nullptr)},
          {"paused", without_folders(queue.paused())}};
}

std::string snapshot_text(const ServerContext& context) {
  const auto current = context.queue.current();
  return R"({"queue":)" + json_text(queue_json(context.queue)) + R"(,"current":)" +
         (current ? job_text(context, *current) : "null") + R"(,"jobs":)" +
         jobs_text(context, context.queue.waiting(kMostSnapshotJobs)) + R"(,"version":)" +
         json_text(PTRAVEL_VERSION) + "}";
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
          {"is_default", entry.is_default},
          {"picture", picture_address(entry)}};
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
