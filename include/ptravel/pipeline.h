#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/profile.h"
#include "ptravel/progress.h"

namespace ptravel {

/// What to measure.
struct BenchmarkOptions {
  std::filesystem::path model;
  int width = 0;  ///< Pixels; 0: the size the model was trained on.
  int height = 0;
  int steps = 3;  ///< Timed CFG steps, after one that warms up.
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  int threads = 0;
  bool profile = false;  ///< Also tell where the measured time went, layer by layer.
};

/// Seconds are medians unless said otherwise.
struct BenchmarkReport {
  std::string device;     ///< "cpu" or "cuda".
  std::string precision;  ///< "fp32", "bf16" or "fp16".
  int threads = 0;
  int width = 0;
  int height = 0;
  /// Sentences worth telling the user.
  std::vector<std::string> notes;
  double load_seconds = 0;          ///< Opening, converting and packing the model, once.
  double text_encoder_seconds = 0;  ///< One chunk of 77 tokens.
  double cfg_step_seconds = 0;      ///< One UNet call on a batch of two (cond and uncond).
  double vae_encode_seconds = 0;
  double vae_decode_seconds = 0;
  double peak_memory_gib = 0;  ///< Largest resident memory of the process so far.
  /// Of one more run of each part, where it was asked for.
  std::optional<ProfileReport> profile;
};

/// Loads the model and measures its parts. Throws Error as loading does; Cancelled between parts.
BenchmarkReport run_benchmark(const BenchmarkOptions& options, Progress& progress);

/// The report as one JSON object (text).
std::string to_json(const BenchmarkReport& report);

}  // namespace ptravel
