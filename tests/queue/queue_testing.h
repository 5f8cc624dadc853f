#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "queue/job_queue.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {

/// A small travel with a video: four frames.
inline TravelRequest small_request_in(const std::filesystem::path& out) {
  TravelRequest request = tiny_request_in(out);
  request.width = 32;
  request.height = 32;
  request.fps = 8;
  request.format = VideoFormat::Gif;
  request.threads = 1;
  return request;
}
inline TravelRequest small_request(const TemporaryFolder& out) {
  return small_request_in(out.path());
}

inline JobQueueOptions queue_options(const TemporaryFolder& out) {
  JobQueueOptions options;
  options.out = out.path();
  options.model_memory = std::uint64_t{1} << 30;
  return options;
}

/// Waits until `ready` says yes; fails after 20 seconds.
inline bool wait_until(const std::function<bool()>& ready) {
  for (int i = 0; i < 4000; ++i) {
    if (ready()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ADD_FAILURE() << "nothing happened for 20 seconds";
  return false;
}

}  // namespace ptravel
