#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "ptravel/request.h"
#include "queue/frame_ranges.h"
#include "queue/job_record.h"

namespace ptravel {

/// The jobs' run folders below `out`/prompt_travel. Never touches anything outside it.
class RunFolders {
 public:
  explicit RunFolders(const std::filesystem::path& out) : parent_(out / "prompt_travel") {}

  /// A run folder by its name, digits only. Throws NotFound for other names.
  std::filesystem::path path(const std::string& name) const;
  /// The frames that lie in a folder, by their names.
  FrameRanges frames(const std::string& name, std::int64_t total) const;
  /// The folder in which a job's run can be gone on with, nothing where it has to begin.
  /// `reserved`: where a run may have been begun that nobody heard of. What a process that was
  /// killed left of a run that had not begun is removed.
  std::optional<std::filesystem::path> begun(const JobRecord& job,
                                             const std::string& reserved) const;

  /// Whether somebody works on the run, of this process or another one.
  bool is_worked_on(const std::string& name) const;
  /// Gives a job's run folder the name under which remove() finds it. The disk has it afterwards.
  void put_away(const std::string& name, const std::string& id) const;
  /// Removes what was put away for a job; false when something of it is left.
  bool remove(const std::string& id) const;
  /// The ids of jobs whose folders were put away and not yet removed.
  std::set<std::string> put_away_ids() const;

 private:
  std::filesystem::path put_away_path(const std::string& id) const;
  std::filesystem::path parent_;
};

}  // namespace ptravel
