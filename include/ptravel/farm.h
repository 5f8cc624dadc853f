#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/jobs.h"
#include "ptravel/progress.h"

namespace ptravel {

/// A device that a process draws on alone.
struct LocalDevice {
  std::string name;  ///< As it was typed: "cpu", "cuda:1".
  DeviceChoice kind = DeviceChoice::Cpu;
  /// What CUDA_VISIBLE_DEVICES tells a process that shall see this card and no other; empty for the
  /// processor.
  std::string card;
  bool operator==(const LocalDevice&) const = default;
};

/// The members of "cuda:0,cuda:1" or "cpu,cpu", 1 to 64 of one kind, one and the same also several
/// times. Cards are counted as CUDA counts those that this process sees; `visible`: its
/// CUDA_VISIBLE_DEVICES, nothing where that is not set. Whether there is such a card is not asked:
/// CUDA would be started by that. Throws InvalidArgument of the field "device".
std::vector<LocalDevice> parse_local_devices(const std::string& text,
                                             const std::optional<std::string>& visible);

/// Lets this process see that card alone. For the main thread, before CUDA is started.
void use_local_device(const LocalDevice& device);

/// Local processes that draw one run together.
struct LocalWorkers {
  int count = 1;
  /// The program that is started as `program frames FOLDER --json ...`.
  std::filesystem::path program;
  std::vector<std::string> words;  ///< What is given to each of them behind the folder.
  /// One for each of them; empty: `words` say which all of them draw on.
  std::vector<LocalDevice> devices;
};

/// Starts that many processes on a run folder and waits for them; they share the frames by the
/// run's locks, so that a faster one draws more. Their frames, files and notes (each once) go to
/// `events`, progress counts frames. When one of them fails the others go on, unless it cannot draw
/// this run as it was told to (InvalidArgument, Unsupported), which stops them; then its error is
/// thrown, behind the name of its device; for one that said nothing Io when it was killed, which
/// the machine does where memory is short, otherwise Internal. When cancelled they are asked to
/// stop, and waited for.
void draw_by_local_workers(const std::filesystem::path& folder,
                           const LocalWorkers& workers,
                           Progress& progress,
                           const RunEventSink& events);

/// A run that an engine is to draw.
struct EngineJob {
  std::filesystem::path program;   ///< As the machines of the engine find it.
  std::int64_t chunk = 0;          ///< Units that one task draws; 0: the program decides.
  std::string partition;           ///< Slurm's; empty: its default.
  std::vector<std::string> words;  ///< What `frames` and `finish` are given behind the folder.
};

/// What was handed over.
struct SubmittedRun {
  std::filesystem::path folder;
  std::string frames_job;      ///< The engine's number of the tasks that draw,
  std::string finish_job;      ///< and of the one that finishes the run after them.
  std::int64_t tasks = 0;      ///< Tasks that draw.
  std::int64_t chunk = 0;      ///< Units in each.
  std::filesystem::path logs;  ///< A folder beside the run's, "00000.slurm": what tasks print.
};

/// Hands a run to Slurm (sbatch): an array of tasks that draw chunks of units and go back to the
/// queue when their node is lost, and a job that finishes the run when all of them ended well.
/// Throws InvalidArgument where the folder's jobs are still in Slurm, and Io with sbatch's own
/// words; what was handed over by then is taken out again.
SubmittedRun submit_to_slurm(const std::filesystem::path& folder, const EngineJob& job);

/// Whether the folder's jobs are still in Slurm. Throws Io with squeue's own words.
bool is_in_slurm(const std::filesystem::path& folder);

/// Takes those of the folder's jobs that are still in Slurm out of it, whatever they do. Throws
/// NotFound where none is, and Io with squeue's or scancel's own words.
void cancel_in_slurm(const std::filesystem::path& folder);

}  // namespace ptravel
