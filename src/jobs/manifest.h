#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.h"
#include "ptravel/request.h"

namespace ptravel {

/// How far a run is.
enum class RunState { Running, Stopped, Failed, Finished };

inline constexpr auto kRunStateNames = enum_names<RunState>({{RunState::Running, "running"},
                                                             {RunState::Stopped, "stopped"},
                                                             {RunState::Failed, "failed"},
                                                             {RunState::Finished, "finished"}});

/// travel.json of a run folder: what is needed to go on with the run, and what made it. Holds
/// nothing that differs between an interrupted run and one that was not, once both are finished.
struct Manifest {
  std::string program_version;
  RunState state = RunState::Running;
  std::string error;         ///< Why it failed; empty otherwise.
  TravelRequest request;     ///< Seeds drawn, precision decided, paths absolute; `out` is left out.
  std::string model_name;    ///< File stem.
  std::string model_sha256;  ///< Of the checkpoint.
  std::string vae_sha256;    ///< Of a separate VAE file; empty without one.
  std::int64_t frames = 0;
  std::vector<std::int64_t> stage_frames;  ///< Which of them show a stage itself, ascending.
  std::string video;                       ///< File name in the folder; empty while there is none.
};

/// Reads and checks a manifest. Throws NotFound, Io or Corrupt.
Manifest read_manifest(const std::filesystem::path& path);

/// Writes it atomically.
void write_manifest(const std::filesystem::path& path, const Manifest& manifest);

}  // namespace ptravel
