#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ptravel/compute.h"
#include "ptravel/progress.h"

namespace ptravel {

/// How much one request may ask of the server. What is beyond is refused with a sentence.
struct ServeLimits {
  std::int64_t frames = 20'000;             ///< Of one travel.
  std::int64_t film_frames = 50'000;        ///< Of its video, with held and repeated ones.
  std::int64_t pixels = 4096 * 4096;        ///< Drawn at once: width x height x batch.
  std::uint64_t body_bytes = 1 << 20;       ///< Of a JSON body of our own API, and of a prompt.
  std::uint64_t stage_bytes = 32 << 10;     ///< Of one stage's prompt.
  std::uint64_t upload_bytes = 32 << 20;    ///< Of an uploaded picture.
  std::int64_t upload_pixels = 64'000'000;  ///< The same, decoded.
  std::size_t queue = 10'000;               ///< Jobs that wait.
};

/// Settings of a server: the page, its HTTP API and the queue behind them, in one process.
struct ServeOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7861;  ///< 0: any that is free.
  /// Folders with models beside the default model; empty: "models" in the working folder, if there.
  std::vector<std::filesystem::path> models_dirs;
  std::filesystem::path out = "outputs";  ///< Queue, runs, uploads and presets.
  /// User and password; needed, or `insecure`, where `host` is not this machine alone.
  std::vector<std::pair<std::string, std::string>> api_auth;
  std::vector<std::string> cors_allow_origins;
  bool insecure = false;
  /// Auto: requests may choose; else all are drawn with it.
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  int threads = 0;                                      ///< 0: requests may choose.
  std::uint64_t model_memory = std::uint64_t{6} << 30;  ///< Bytes of weights kept between jobs.
  ServeLimits limits;
};

/// Throws InvalidArgument with a problem for each option that cannot be (named as on the command
/// line): a host that others can reach without `api_auth` or `insecure`, a models folder that is
/// not there, an origin that is none.
void check_serve_options(const ServeOptions& options);

/// Serves until `stop` is cancelled (safe from a signal handler); then saves what is in work at its
/// next sampler step, answers what has begun and returns within 10 seconds. `ready` is called once
/// when requests are taken, with the address of the page: "http://127.0.0.1:7861/". Throws what
/// check_serve_options throws; Io when the address or the output folder cannot be had.
void serve(const ServeOptions& options,
           const Progress& stop,
           const std::function<void(const std::string& url)>& ready);

}  // namespace ptravel
