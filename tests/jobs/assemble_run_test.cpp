#include "jobs/assemble_run.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "ptravel/error.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

class AssembleBeside : public testing::Test {
 protected:
  static TravelRequest with_video(const TemporaryFolder& out) {
    TravelRequest request = tiny_request(out);
    request.fps = 8;
    return request;
  }

  RunResult assemble(const std::function<void()>& beside) {
    return assemble_run(folder_, manifest_.request, manifest_, video_, progress_, kNoEvents, {},
                        beside);
  }

  TemporaryFolder out_;
  Progress progress_;
  RunResult run_ = run_travel(with_video(out_), progress_, kNoEvents, &shared_store());
  RunFolder folder_ = RunFolder::open(run_.folder);
  Manifest manifest_ = read_manifest(folder_.manifest_path());
  fs::path video_ = out_ / "beside.mp4";
};

TEST_F(AssembleBeside, GivesTheSameVideo) {
  bool done = false;
  const RunResult result = assemble([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    done = true;
  });
  EXPECT_TRUE(done);
  ASSERT_EQ(result.video, video_);
  EXPECT_TRUE(read_file(video_) == read_file(*run_.video));
}

TEST_F(AssembleBeside, AFailureOfEitherIsTold) {
  EXPECT_THROW(assemble([] { throw Error(ErrorCode::Io, "[test] no report"); }), Error);
  fs::remove(video_);
  fs::resize_file(folder_.frame_path(1), 100);
  bool done = false;
  EXPECT_THROW(assemble([&] { done = true; }), Error);
  EXPECT_TRUE(done);
  EXPECT_FALSE(fs::exists(video_));
}

TEST_F(AssembleBeside, StopsWhenCancelled) {
  EXPECT_THROW(assemble([&] {
                 progress_.cancel();
                 progress_.check_cancelled();
               }),
               Error);
}

TEST_F(AssembleBeside, IsDoneWithoutAVideo) {
  video_.clear();
  bool done = false;
  EXPECT_FALSE(assemble([&] { done = true; }).video.has_value());
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace ptravel
