// What other machines send for a run, of which nothing gets into its folder unchecked.

#include "jobs/received_files.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "jobs/open_run.h"
#include "media/image_file.h"
#include "ptravel/run_parts.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A run that is planned, and the files of its frames as another machine drew them.
class ReceivedFilesOfARun : public testing::Test {
 protected:
  void SetUp() override {
    RunOptions options;
    options.store = &shared_store();
    Progress progress;
    folder_ = plan_run(tiny_request(out_), progress, kNoEvents, options).folder;
    there_ = out_ / "there";
    create_folders(there_);
    fs::copy_file(folder_ / "travel.json", there_ / "travel.json");
    ResumeOptions resuming;
    const RunStore store(&shared_store());
    OpenRun run(there_, resuming, store, progress, kNoEvents);
    frames_ = run.manifest().frames;
    EXPECT_EQ(run.draw({1, 3}, progress, kNoEvents), 2);
    EXPECT_EQ(run.draw({0, 2}, progress, kNoEvents), 1);
  }

  std::string drawn(const std::string& name) const { return read_file(there_ / name); }
  std::string in_folder(const std::string& name) const {
    return fs::exists(folder_ / name) ? read_file(folder_ / name) : "";
  }

  TemporaryFolder out_;
  fs::path folder_;
  fs::path there_;
  std::int64_t frames_ = 0;
};

TEST_F(ReceivedFilesOfARun, FramesAreTakenWhenFinishWouldBelieveThem) {
  const RunFolder folder = RunFolder::open(folder_);
  const Manifest manifest = read_manifest(folder.manifest_path());
  ReceivedFiles files(folder, manifest);
  const std::string frame = drawn("00001.png");
  EXPECT_THAT(files.take_frame(0, frame).value_or(""), HasSubstr("is frame 1 of"));
  EXPECT_THAT(files.take_frame(1, "").value_or(""), HasSubstr("is no PNG"));
  EXPECT_TRUE(files.take_frame(1, frame.substr(0, frame.size() - 1)));
  std::string flipped = frame;
  flipped[frame.size() / 2] = static_cast<char>(flipped[frame.size() / 2] ^ 1);
  EXPECT_TRUE(files.take_frame(1, flipped));
  const Image small(8, 8);
  EXPECT_TRUE(files.take_frame(1, encode_png(small)));
  const Image large(4096, 4096);
  EXPECT_TRUE(files.take_frame(1, encode_png(large)));
  EXPECT_EQ(in_folder("00001.png"), "");
  EXPECT_FALSE(files.take_frame(1, frame));
  EXPECT_EQ(in_folder("00001.png"), frame);
}

TEST_F(ReceivedFilesOfARun, OtherFilesAreReadBeforeTheyAreKept) {
  const RunFolder folder = RunFolder::open(folder_);
  const Manifest manifest = read_manifest(folder.manifest_path());
  ReceivedFiles files(folder, manifest);
  EXPECT_TRUE(files.take_picture("embryo.png", "no picture"));
  EXPECT_EQ(in_folder("embryo.png"), "");
  EXPECT_FALSE(files.take_picture("embryo.png", drawn("00001.png")));
  EXPECT_EQ(in_folder("embryo.png"), drawn("00001.png"));
  EXPECT_TRUE(files.take_walk_log("{\"replace\": 7}"));
  EXPECT_EQ(in_folder("walk.json"), "");
  const std::string log =
      R"({"replace": [{"gap": 0, "step": 1, "words": "a", "ordered_words": "a", "by_gradient": false},)"
      R"({"gap": 900, "step": 1, "words": "b", "ordered_words": "b", "by_gradient": false}], "grad": []})";
  EXPECT_FALSE(files.take_walk_log(log));
  EXPECT_THAT(in_folder("walk.json"), HasSubstr("\"words\": \"a\""));
  EXPECT_THAT(in_folder("walk.json"), testing::Not(HasSubstr("900"))) << "no gap of the film";
}

}  // namespace
}  // namespace ptravel
