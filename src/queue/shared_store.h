#pragma once

#include <filesystem>
#include <mutex>

#include "queue/job_store.h"

namespace ptravel {

/// The jobs' database for several threads: one connection that changes and one that looks, so that
/// who looks never waits for a disk.
class SharedStore {
 public:
  explicit SharedStore(const std::filesystem::path& path)
      : writer_(path, Database::Access::Write), reader_(path, Database::Access::Read) {}

  /// Runs work(JobStore&) while nobody else changes anything.
  template <typename Work>
  auto write(const Work& work) {
    const std::lock_guard lock(write_mutex_);
    return work(writer_);
  }
  /// Runs work(JobStore&), which changes nothing.
  template <typename Work>
  auto read(const Work& work) {
    const std::lock_guard lock(read_mutex_);
    return work(reader_);
  }

 private:
  std::mutex write_mutex_;  // guards writer_
  JobStore writer_;
  std::mutex read_mutex_;  // guards reader_
  JobStore reader_;
};

}  // namespace ptravel
