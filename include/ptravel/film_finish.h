#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/upscale.h"

namespace ptravel {

/// What is done to a film's pictures before they become a video. None of it changes the frames of
/// the run.
struct FilmFinish {
  /// How many pictures the video has for each one of the film, 1 to 8: so many times as smooth, and
  /// as long as without.
  int interpolate = 1;
  /// The network that finds them: a RIFE of version 4, or FILM; its file (.safetensors, .pkl, .pth)
  /// or its name in the models folders. Empty: the pictures' motion is estimated without one.
  std::string interpolator;
  /// What enlarges all pictures: "lanczos", a file, or a name; empty: nothing.
  std::string upscaler;
  double upscale_by = 0;  ///< As UpscaleOptions::by.
  DeviceChoice device = DeviceChoice::Auto;
  int threads = 0;  ///< 0 takes one for each processor.
  /// Where both names are looked up.
  std::vector<std::filesystem::path> models_folders = {};

  bool wanted() const { return interpolate != 1 || !upscaler.empty(); }
};

/// Checks what can be checked without opening anything. Throws InvalidArgument naming the fields
/// "interpolate", "interpolator", "upscale", "upscale_by", "threads".
void validate(const FilmFinish& finish);

}  // namespace ptravel
