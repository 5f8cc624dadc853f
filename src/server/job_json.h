#pragma once

#include <string>

#include "server/json_body.h"
#include "server/server_context.h"

namespace ptravel {

/// A job as clients see it: docs/http.md. Asks the queue for its progress and for the job before.
Json job_json(const ServerContext& context, const JobRecord& job);

/// {"activity", "done", "total", "unit", "rate", "seconds_left"}
Json progress_json(const ProgressSnapshot& progress);

/// {"waiting": [ids], "current": id or null, "paused": reason}
Json queue_json(const JobQueue& queue);

/// The state that a listener to events begins with: queue, jobs that wait or are in work, version.
Json snapshot_json(const ServerContext& context);

/// A model or VAE as clients see it.
Json model_json(const CatalogEntry& entry);
/// {"models": [...], "vaes": [...]}
Json models_json(const ModelCatalog& catalog);

/// "girl, red hair → girl, blue hair": the name, else the first words of first and last stage.
std::string job_title(const JobRecord& job);

/// The job of this id. Throws NotFound.
JobRecord find_job(const JobQueue& queue, const std::string& id);

}  // namespace ptravel
