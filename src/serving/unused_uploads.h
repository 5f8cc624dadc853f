#pragma once

#include <filesystem>

#include "queue/job_queue.h"
#include "serving/upload_store.h"

namespace ptravel {

/// Removes the uploaded pictures that nothing has named for a week: no job, also in the trash, and
/// no preset of the folder. A week, because a page holds a picture before its request is submitted.
/// For a server that starts, before requests come. Throws Io and Corrupt, and has removed nothing
/// then: what cannot be read may name any.
void remove_unused_uploads(const UploadStore& uploads,
                           const JobQueue& queue,
                           const std::filesystem::path& presets);

}  // namespace ptravel
