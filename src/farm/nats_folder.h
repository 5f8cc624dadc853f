#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/lock_file.h"
#include "jobs/run_folder.h"

namespace ptravel {

/// What a submitter keeps beside a run's folder ("00000.nats"), whose own files depend on the
/// request alone: the run's name at the server, and which machine drew which frame. One thread.
class NatsFolder {
 public:
  explicit NatsFolder(const RunFolder& folder);

  /// Held by who submits or collects. Throws InvalidArgument while another process does.
  LockFile lock() const;
  /// The run's name at the server; nothing where it was not submitted.
  std::optional<std::string> run() const;
  /// Makes a name for it and remembers that.
  std::string new_run() const;
  void forget_run() const;

  /// Remembers who drew a frame.
  void drew(std::int64_t frame, const std::string& machine);
  /// The frames of each machine.
  const std::map<std::string, std::vector<std::int64_t>>& machines() const { return machines_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path of_;
  std::map<std::string, std::vector<std::int64_t>> machines_;
};

}  // namespace ptravel
