#pragma once

#include <string>

#include "server/server_context.h"
#include "serving/json_body.h"

namespace ptravel {

/// {"activity", "done", "total", "unit", "rate", "seconds_left"}
Json progress_json(const ProgressSnapshot& progress);

/// {"waiting": [ids], "current": id or null, "paused": reason}
Json queue_json(const JobQueue& queue);

/// The state that a listener to events begins with: queue, jobs that wait or are in work, version.
std::string snapshot_text(const ServerContext& context);

/// A model or VAE as clients see it.
Json model_json(const CatalogEntry& entry);
/// {"models": [...], "vaes": [...]}
Json models_json(const ModelCatalog& catalog);

/// The job of this id. Throws NotFound.
JobRecord find_job(const JobQueue& queue, const std::string& id);

}  // namespace ptravel
