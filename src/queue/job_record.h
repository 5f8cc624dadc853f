#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/error.h"
#include "ptravel/request.h"

namespace ptravel {

/// How a job in the queue stands. Queued and Interrupted wait to be drawn; Interrupted: the program
/// ended while it was drawn, and it goes on by itself after a restart. Loading, Drawing and
/// Assembling are in work.
enum class QueueState {
  Queued,
  Loading,
  Drawing,
  Assembling,
  Done,
  Cancelled,
  Failed,
  Interrupted
};

/// "queued", "loading", ... as in the API and the database.
std::string_view queue_state_name(QueueState state);
std::optional<QueueState> parse_queue_state(std::string_view name);
/// Whether nothing will happen to the job by itself any more.
bool is_over(QueueState state);
/// Whether the job waits to be drawn.
bool is_waiting(QueueState state);
/// Whether the job is being drawn.
bool is_in_work(QueueState state);

/// What a job may be called by clients: "^[A-Za-z0-9_-]{8,64}$". Ids become names of folders.
inline constexpr std::string_view kJobIdPattern = "^[A-Za-z0-9_-]{8,64}$";
inline constexpr std::string_view kJobIdRule = "8 to 64 of A-Z, a-z, 0-9, _ and -";
bool is_job_id(std::string_view id);

/// Characters of a job's name.
inline constexpr std::size_t kLongestJobName = 200;
/// What is wrong with a name that is too long; nothing where it may be had.
std::optional<std::string> job_name_problem(std::string_view name);

/// A travel in the queue, as it is stored.
struct JobRecord {
  std::string id;             ///< Made by the client, or by the queue: is_job_id().
  std::int64_t number = 0;    ///< From 1 in order of submission; what lists are paged by.
  std::int64_t revision = 0;  ///< One more with each change that was stored.
  /// Number of the job submitted before it that is not in the trash; 0: there is none. Not stored.
  std::int64_t previous = 0;
  std::string name;  ///< By the user; may be empty.
  QueueState state = QueueState::Queued;
  TravelRequest request;  ///< Complete: seeds drawn when it was submitted, model found.
  double place = 0;       ///< Order among those that wait, ascending.
  std::string folder;  ///< Name of its run folder ("00012"); empty before it can be gone on with.
  std::int64_t frames_total = 0;  ///< 0 until it is known.
  std::int64_t frames_done = 0;
  std::vector<std::int64_t> stage_frames;
  std::string video;           ///< File name in the folder; empty without one.
  std::string contact_sheet;   ///< Likewise.
  std::optional<Error> error;  ///< Of a failed job.
  std::vector<std::string> notes;
  double created = 0;   ///< Seconds since 1970, UTC, like the next ones.
  double started = 0;   ///< When it was taken into work first; 0: not yet.
  double finished = 0;  ///< 0: not yet.
  double trashed = 0;   ///< When it was deleted; 0: it was not.
};

}  // namespace ptravel
