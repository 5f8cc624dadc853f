#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/progress.h"

namespace ptravel {

/// How pictures are enlarged.
struct UpscaleOptions {
  /// "lanczos", or the file of a network: ESRGAN in any of its layouts, or a compact one
  /// (.pth, .safetensors), or the name of one in the models folders.
  std::string upscaler = "lanczos";
  /// How many times larger both sides become, 1 to 16; 0: as much as the network enlarges, 2 with
  /// lanczos. A network is applied until a picture is as large, three times at most; then Lanczos
  /// takes it to the very size.
  double by = 0;
  DeviceChoice device = DeviceChoice::Auto;
  int threads = 0;  ///< 0 takes one for each processor.
  /// Where names are looked up (ESRGAN, RealESRGAN, upscale_models in them).
  std::vector<std::filesystem::path> models_folders = {};
};

/// Pictures that are enlarged, and the folder that they go into.
struct UpscaleJob {
  /// Pictures (PNG, JPEG, WebP), folders of them, and run folders, of which the frames are taken.
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path out;
  UpscaleOptions options;
};

/// What was done.
struct UpscaleResult {
  std::int64_t enlarged = 0;
  std::int64_t skipped = 0;  ///< They were there already, made the same way of the same picture.
};

/// Told of each picture that was written, and of what is worth telling the user (a network's kind).
struct UpscaleEvents {
  std::function<void(const std::filesystem::path& written)> picture = {};
  std::function<void(const std::string& note)> note = {};
};

/// Enlarges pictures one after the other; each becomes a PNG of the same name in `out`, whole or
/// not at all, with the texts of its source (parameters) and one more, "postprocessing", that says
/// how it was made and of what. When it is cancelled (Cancelled) or killed, the same call goes on
/// where it was. Throws InvalidArgument for values out of range, inputs without pictures, names
/// that come twice, and an `out` in which the inputs lie; as read_image; Unsupported and Corrupt
/// for files that are no upscaler, before anything is written.
UpscaleResult upscale_pictures(const UpscaleJob& job,
                               Progress& progress,
                               const UpscaleEvents& events = {});

/// Checks what can be checked without opening anything. Throws InvalidArgument naming the fields
/// "upscale_by" and "threads".
void validate(const UpscaleOptions& options);

}  // namespace ptravel
