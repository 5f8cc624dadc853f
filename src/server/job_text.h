#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "queue/job_record.h"
#include "queue/waiting_order.h"

namespace ptravel {

struct ServerContext;  // server/server_context.h

/// The part of jobs' JSON that changes with the job alone, kept until it does; at most 32 MiB.
/// Thread-safe.
class JobTexts {
 public:
  /// What the text was made of; equal ones, equal texts.
  struct Version {
    std::int64_t revision = 0;  ///< Of the job.
    std::int64_t previous = 0;  ///< Number of the job that "changes" are against.
    std::uint64_t models = 0;   ///< Of the catalog, which names models.
    bool operator==(const Version&) const = default;
  };
  /// Null where it is not kept.
  std::shared_ptr<const std::string> find(std::int64_t number, const Version& version);
  void keep(std::int64_t number, const Version& version, std::shared_ptr<const std::string> text);

 private:
  struct Kept {
    Version version;
    std::shared_ptr<const std::string> text;
  };

  std::mutex mutex_;                   // guards everything below
  std::map<std::int64_t, Kept> kept_;  // by the job's number
  std::size_t bytes_ = 0;
};

/// A job as clients see it, JSON: docs/http.md. Asks the queue for its progress and for the job
/// before. `order`: of the moment.
std::string job_text(const ServerContext& context, const JobRecord& job, const WaitingOrder& order);
std::string job_text(const ServerContext& context, const JobRecord& job);
/// Several of them as a JSON array.
std::string jobs_text(const ServerContext& context, const std::vector<JobRecord>& jobs);

}  // namespace ptravel
