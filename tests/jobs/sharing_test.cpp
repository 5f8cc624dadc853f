// Several workers on one run folder. Threads stand for processes: locks belong to open files, so
// they meet as processes do.

#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

ResumeOptions with_store() {
  ResumeOptions options;
  options.store = &shared_store();
  return options;
}

TravelRequest request_of(const TemporaryFolder& out,
                         const std::vector<std::pair<const char*, const char*>>& settings) {
  TravelRequest request = tiny_request(out);
  request.prompt = "a cat\na dog\nthe sea";
  for (const auto& [field, text] : settings) {
    EXPECT_FALSE(set_request_field(request, field, text)) << field;
  }
  return request;
}

class Sharing : public testing::TestWithParam<std::vector<std::pair<const char*, const char*>>> {};

TEST_P(Sharing, TwoWorkersDrawEachFrameOnceAndEndWithTheSameBytes) {
  const TemporaryFolder whole_out, shared_out;
  TravelRequest request = request_of(whole_out, GetParam());
  request.fps = 8;
  request.format = VideoFormat::Gif;
  Progress progress;
  const RunResult whole = run_travel(request, progress, kNoEvents, &shared_store());
  request.out = shared_out.path().string();
  const fs::path folder = stopped_run(request, 1);

  std::mutex mutex;  // guards `drawn`
  std::map<std::int64_t, int> drawn;
  std::vector<std::thread> workers;
  for (int i = 0; i < 2; ++i) {
    workers.emplace_back([&] {
      Progress own;
      resume_travel(folder, with_store(), own, [&](const RunEvent& event) {
        if (event.kind == RunEvent::Kind::Frame) {
          const std::lock_guard lock(mutex);
          ++drawn[event.index];
        }
      });
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  for (const auto& [index, times] : drawn) {
    EXPECT_EQ(times, 1) << index;
  }
  EXPECT_EQ(read_manifest(folder / "travel.json").state, RunState::Finished);
  const auto expected = contents(whole.folder);
  const auto found = contents(folder);
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& [name, bytes] : expected) {
    EXPECT_TRUE(found.count(name) > 0 && found.at(name) == bytes) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         Sharing,
                         testing::Values(std::vector<std::pair<const char*, const char*>>{},
                                         std::vector<std::pair<const char*, const char*>>{
                                             {"mode", "grad"}, {"loop", "true"}},
                                         std::vector<std::pair<const char*, const char*>>{
                                             {"genesis", "successive"}}));

}  // namespace
}  // namespace ptravel
