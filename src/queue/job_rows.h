#pragma once

#include <string>
#include <vector>

#include "ptravel/error.h"
#include "queue/database.h"
#include "queue/job_record.h"

namespace ptravel {

// A job as the columns of a row. What has parts of its own is JSON.

/// The columns of jobs in the order in which read_job takes them. By the first two, number and
/// revision, a record that was read before is known again.
inline constexpr const char* kJobColumns =
    "number, revision, "
    "(SELECT other.number FROM jobs AS other WHERE other.trashed = 0 AND "
    "other.number < jobs.number ORDER BY other.number DESC LIMIT 1) AS previous, "
    "id, name, state, place, folder, frames_total, frames_done, stage_frames, video, "
    "contact_sheet, error, notes, created, started, finished, trashed, request";

struct JobVersion {
  std::int64_t number = 0;
  std::int64_t revision = 0;
  std::int64_t previous = 0;  ///< JobRecord::previous, which is no part of the revision.
};
JobVersion read_version(const Statement& row);

/// The job of a row of kJobColumns. Settings that this version does not know are left out
/// (request_problems tells them).
JobRecord read_job(const Statement& row);

/// What of a stored request this version cannot read.
std::vector<Problem> request_problems(const std::string& request_json);

std::string stage_frames_text(const JobRecord& job);  ///< "[0,13,25]"
std::string notes_text(const JobRecord& job);         ///< "[\"...\"]"
std::string error_text(const JobRecord& job);         ///< to_json(Error); empty: none.

/// What searches look through: name and prompts, in lower case.
std::string search_text(const std::string& name, const TravelRequest& request);
/// A text in lower case, as searches compare it.
std::string folded(const std::string& text);

}  // namespace ptravel
