#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/files.h"
#include "ptravel/jobs.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// A travel of four small frames on the tiny model, without a video.
inline TravelRequest tiny_request(const TemporaryFolder& out) {
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
  request.out = out.path().string();
  request.fps = 0;
  return request;
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
