#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/database.h"
#include "queue/job_filter.h"
#include "queue/job_record.h"
#include "queue/waiting_order.h"

namespace ptravel {

/// The jobs in their database: rows and nothing else. One thread at a time; each connection sees
/// what others have committed. One that only reads keeps the records that it has read, by their
/// revision, in at most 32 MiB. Throws what Database throws.
class JobStore {
 public:
  /// Write opens or makes the database and brings it up to date; it throws Corrupt for one that is
  /// damaged or of another program, and Unsupported for one of a newer version: neither is changed.
  /// Read needs one that is there.
  JobStore(const std::filesystem::path& path, Database::Access access);

  // What is there.
  std::optional<JobRecord> find(const std::string& id);
  std::optional<JobRecord> find(std::int64_t number);
  std::vector<JobRecord> list(const JobFilter& filter);
  /// Those that wait, in the order of drawing; at most `limit`.
  std::vector<JobRecord> waiting(std::int64_t limit);
  std::vector<std::string> waiting_ids();
  /// The same with their places, kept until the database changes.
  std::shared_ptr<const WaitingOrder> waiting_order();
  std::int64_t waiting_count();
  /// Of jobs in this state.
  std::vector<std::string> ids_in(QueueState state);
  /// Jobs that were deleted before this time.
  std::vector<std::string> trashed_before(double time);
  /// What the requests of all jobs have as init pictures and masks, those in the trash included.
  std::vector<std::string> init_images();
  /// A digest of the request as it was submitted.
  std::string asked(const std::string& id);
  /// Whether a job of this id was deleted for good.
  bool is_gone(const std::string& id);
  /// The folder that was named for a job before it was made; empty: none.
  std::string reserved(const std::string& id);
  /// What of the stored request this version cannot read.
  std::vector<Problem> unreadable(const std::string& id);
  std::optional<double> seconds(const std::string& what);

  // Changes; each is on the disk when it returns.
  /// Adds a job at the end or the front of those that wait; returns what was stored.
  JobRecord add(JobRecord job, const std::string& asked, bool front);
  /// Lets `change` work on a job and stores it. Throws NotFound.
  JobRecord change(const std::string& id, const std::function<void(JobRecord&)>& change);
  /// Places before all that wait, behind all, or between `other` and the one before it.
  double first_place();
  double last_place();
  double place_before(const std::string& other);
  void reserve(const std::string& id, const std::string& folder);
  /// Forgets a job; its id stays known as gone.
  void erase(const std::string& id);
  void remember_seconds(const std::string& what, double seconds);

 private:
  void renumber();
  JobRecord read(const Statement& row);
  std::vector<JobRecord> read_all(Statement& statement);
  std::optional<JobRecord> read_one(Statement& statement);
  void keep(const JobRecord& job);

  Database database_;
  const bool keeps_;  // what was read; only where this connection changes nothing
  std::unordered_map<std::int64_t, JobRecord> known_;  // by number
  std::size_t known_bytes_ = 0;
  std::shared_ptr<const WaitingOrder> order_;
  std::int64_t order_version_ = 0;  // of the database, when order_ was read
};

}  // namespace ptravel
