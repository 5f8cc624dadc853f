#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_names.h"
#include "ptravel/frame.h"
#include "ptravel/request.h"
#include "ptravel/travel.h"

namespace ptravel {

/// How far a run is.
enum class RunState { Running, Stopped, Failed, Finished };

inline constexpr auto kRunStateNames = enum_names<RunState>({{RunState::Running, "running"},
                                                             {RunState::Stopped, "stopped"},
                                                             {RunState::Failed, "failed"},
                                                             {RunState::Finished, "finished"}});

/// The format of travel.json that is written. 1 had no number, and of the model's files only the
/// sha256 of the checkpoint and of a separate VAE.
constexpr int kManifestFormat = 2;

/// How far a stage's frame is from the picture that the stage comes from.
struct PictureDistance {
  int largest = 0;       ///< Largest difference of a value, of 255.
  double lab = 0;        ///< colour_distance (motion/frame_view.h).
  double structure = 0;  ///< structure_distance.
  bool operator==(const PictureDistance&) const = default;
};

/// A picture that a stage comes from.
struct StagePicture {
  std::string path;                         ///< Absolute.
  std::string sha256;                       ///< When the run began.
  std::optional<PictureDistance> distance;  ///< Once the frames are drawn and compared.
  bool operator==(const StagePicture&) const = default;
};

/// travel.json of a run folder: what is needed to go on with the run, and what made it. Holds
/// nothing that differs between an interrupted run and one that was not, once both are finished.
/// docs/travel-json.md describes it field by field.
struct Manifest {
  int format = kManifestFormat;
  std::string program_version;
  RunState state = RunState::Running;
  std::string error;         ///< Why it failed; empty otherwise.
  TravelRequest request;     ///< Seeds drawn, precision decided, paths absolute; `out` is left out.
  std::string model_name;    ///< File stem.
  std::string model_sha256;  ///< Of the checkpoint; of a folder its UNet's.
  std::string vae_sha256;    ///< Of a separate VAE file; empty without one.
  std::string kernels;       ///< What computed: "cuda 9.0", "avx2", ...; empty in format 1.
  std::vector<FileIdentity> files;  ///< Every file that was read; empty in format 1.
  std::int64_t frames = 0;
  std::vector<std::int64_t> stage_frames;  ///< Which of them show a stage itself, ascending.
  std::optional<PaceResult> pace;          ///< Of a paced run, once it is known.
  std::vector<StagePicture> pictures;      ///< By stage, where stages come from pictures.
  std::string video;                       ///< File name in the folder; empty while there is none.
  bool operator==(const Manifest&) const = default;
};

/// Reads and checks a manifest of any format. Throws NotFound, Io, Corrupt, or Unsupported for one
/// that a newer program wrote.
Manifest read_manifest(const std::filesystem::path& path);

/// Writes it atomically, in today's format unless it was read from format 1.
void write_manifest(const std::filesystem::path& path, const Manifest& manifest);

/// Whether the same computes; what it is called, without a card's capability in earlier versions.
bool same_kernels(std::string_view recorded, std::string_view now);

/// What differs between this program and the one that began the run and may be told: its version,
/// and what computes. One sentence each.
std::vector<std::string> program_notes(const Manifest& manifest, std::string_view kernels);

}  // namespace ptravel
