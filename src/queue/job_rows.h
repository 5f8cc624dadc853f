#pragma once

#include <string>
#include <vector>

#include "ptravel/error.h"
#include "queue/database.h"
#include "queue/job_record.h"

namespace ptravel {

// A job as the columns of a row. What has parts of its own is JSON.

/// The columns of jobs in the order in which read_job takes them.
inline constexpr const char* kJobColumns =
    "number, id, name, state, place, folder, frames_total, frames_done, stage_frames, video, "
    "contact_sheet, error, notes, created, started, finished, trashed, request";

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
