#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/files.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/model_store.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// A travel of four small frames on the tiny model, without a video.
inline TravelRequest tiny_request_in(const std::filesystem::path& out) {
  TravelRequest request;
  request.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
  request.prompt = "a cat\na red dog";
  request.negative_prompt = "blurry";
  request.travel_steps = "2";
  request.steps = 2;
  request.width = 64;
  request.height = 64;
  request.seed = {7};
  request.precision = Precision::Fp32;
  request.out = out.string();
  request.fps = 0;
  return request;
}
inline TravelRequest tiny_request(const TemporaryFolder& out) {
  return tiny_request_in(out.path());
}

/// One loaded model for all runs of a test program.
inline ModelStore& shared_store() {
  static ModelStore store(std::uint64_t{1} << 30);
  return store;
}

/// A run that was stopped when it had drawn `frames` frames; its folder.
inline std::filesystem::path stopped_run(const TravelRequest& request, std::int64_t frames) {
  Progress progress;
  std::filesystem::path folder;
  std::int64_t drawn = 0;
  const RunEventSink stop = [&](const RunEvent& event) {
    folder = event.kind == RunEvent::Kind::Folder ? event.path : folder;
    drawn += event.kind == RunEvent::Kind::Frame ? 1 : 0;
    if (drawn == frames) {
      progress.cancel();
    }
  };
  try {
    run_travel(request, progress, stop, &shared_store());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Cancelled) {
      throw;
    }
  }
  return folder;
}

inline const RunEventSink kNoEvents = [](const RunEvent&) {};

/// The files of a folder by name.
inline std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

}  // namespace ptravel
