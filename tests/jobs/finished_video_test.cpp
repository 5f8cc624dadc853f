// Videos whose pictures networks enlarge: stopped and made again.

#include "jobs/finished_video.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/lock_file.h"
#include "jobs/run_folder.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/tiny_upscaler.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class FinishedByNetworks : public testing::Test {
 protected:
  FinishedByNetworks() {
    fs::create_directories(out_ / "models/ESRGAN");
    write_tiny_safetensors(out_ / "models/ESRGAN/2x.safetensors", tiny_upscaler(4, 1, 2));
    settings_.fps = 8;
    settings_.finish.interpolate = 2;
    settings_.finish.upscaler = "2x";
    TravelRequest request = tiny_request(out_);
    request.models_dir = (out_ / "models").string();
    Progress progress;
    folder_ = run_travel(request, progress, kNoEvents, &shared_store()).folder;
  }

  /// The video's bytes; what is told lies in notes_. Stops after `most` pictures.
  std::string video(double most = 1000) {
    notes_.clear();
    Progress* working = nullptr;
    Progress progress([&](const ProgressSnapshot& snapshot) {
      if (snapshot.activity == "finishing the video" && snapshot.done >= most) {
        working->cancel();
      }
    });
    working = &progress;
    const fs::path path = *make_video(folder_, settings_, progress, [&](const RunEvent& event) {
                             notes_.push_back(event.text);
                           }).video;
    return read_file(path);
  }
  std::string stopped(double most) {
    try {
      video(most);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Cancelled);
      return error.what();
    }
    return "not stopped";
  }

  TemporaryFolder out_;
  fs::path folder_;
  VideoSettings settings_;
  std::vector<std::string> notes_;
};

TEST_F(FinishedByNetworks, StoppedAndMadeAgainHasTheSameBytes) {
  const std::string whole = video();
  EXPECT_THAT(notes_, Each(Not(HasSubstr("were used"))));
  fs::remove(folder_ / "travel-00000.mp4");
  EXPECT_NE(stopped(3), "not stopped");
  EXPECT_FALSE(fs::exists(folder_ / "travel-00000.mp4"));
  EXPECT_THAT(notes_, Contains(AllOf(HasSubstr("3 pictures are kept in"), HasSubstr("finishing"))));
  EXPECT_TRUE(fs::exists(folder_ / "finishing"));
  EXPECT_TRUE(video() == whole);
  EXPECT_THAT(notes_, Contains("3 pictures of a video that was stopped were used, 4 made"));
  EXPECT_FALSE(fs::exists(folder_ / "finishing"));
  EXPECT_FALSE(fs::exists(folder_ / ".finishing.lock"));
}

TEST_F(FinishedByNetworks, OnlyOneProcessKeepsPictures) {
  const RunFolder folder = RunFolder::open(folder_);
  const std::string whole = video();
  const auto other = LockFile::try_take(folder.finishing_lock());
  fs::create_directory(folder.finishing_path());
  EXPECT_TRUE(video() == whole);
  EXPECT_THAT(notes_, Contains(HasSubstr("another process finishes a video of this run")));
  EXPECT_TRUE(fs::exists(folder.finishing_path()));
}

TEST_F(FinishedByNetworks, NothingIsKeptOfWhatTakesNoTime) {
  settings_.finish.upscaler = "lanczos";
  stopped(3);
  EXPECT_FALSE(fs::exists(folder_ / "finishing"));
}

TEST_F(FinishedByNetworks, NamesAreThoseOfTheRunsModelsFolders) {
  settings_.finish.upscaler = "3x";
  try {
    video();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_THAT(error.what(), HasSubstr("expected a path or one of 2x.safetensors"));
  }
}

}  // namespace
}  // namespace ptravel
