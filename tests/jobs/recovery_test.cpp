// What a run folder says of itself, and how it is mended.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

ResumeOptions with_store() {
  ResumeOptions options;
  options.store = &shared_store();
  return options;
}

RunResult run(const TravelRequest& request) {
  Progress progress;
  return run_travel(request, progress, kNoEvents, &shared_store());
}

/// Resumes and gives the notes that were told.
std::vector<std::string> resumed_notes(const fs::path& folder) {
  Progress progress;
  std::vector<std::string> notes;
  resume_travel(folder, with_store(), progress, [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Note) {
      notes.push_back(event.text);
    }
  });
  return notes;
}

RunState state_of(const fs::path& folder) { return read_manifest(folder / "travel.json").state; }

/// A copy of the tiny model with one bit changed, and its config.
fs::path other_model(const TemporaryFolder& out) {
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/config.json", out / "config.json",
           fs::copy_options::overwrite_existing);
  std::string bytes = read_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
  bytes.back() ^= 1;
  write_file_atomic(out / "other.safetensors", bytes);
  return out / "other.safetensors";
}

TEST(Recovery, DamagedFramesAreDrawnAgainWithANote) {
  const TemporaryFolder out;
  const fs::path folder = run(tiny_request(out)).folder;
  const auto whole = contents(folder);
  const std::string frame = whole.at("00002.png");
  std::string wrong_bit = frame;
  wrong_bit[frame.size() / 2] ^= 1;
  TravelRequest narrow = tiny_request(out);
  narrow.width = 32;
  const std::string other_size = read_file(run(narrow).folder / "00002.png");
  const std::pair<const char*, std::string> damages[] = {
      {"empty", ""},
      {"cut in the pixels", frame.substr(0, frame.size() / 2)},
      {"cut before its end", frame.substr(0, frame.size() - 6)},
      {"one bit wrong", wrong_bit},
      {"of another size", other_size},
      {"another frame", whole.at("00001.png")},
      {"no parameters", encode_png(read_image(folder / "00002.png").image, {})}};
  for (const auto& [what, bytes] : damages) {
    write_file_atomic(folder / "00002.png", bytes);
    EXPECT_THAT(resumed_notes(folder),
                testing::ElementsAre(testing::AllOf(HasSubstr("frame 2"), HasSubstr("again"))))
        << what;
    EXPECT_TRUE(contents(folder) == whole) << what;
  }
  EXPECT_THAT(resumed_notes(folder), testing::IsEmpty());
}

TEST(Recovery, AFinishedRunStaysFinished) {
  const TemporaryFolder out;
  TravelRequest request = tiny_request(out);
  request.fps = 10;
  request.format = VideoFormat::Gif;
  const fs::path folder = run(request).folder;
  const auto whole = contents(folder);
  ResumeOptions wrong = with_store();
  wrong.model = other_model(out).string();
  Progress progress;
  EXPECT_THROW(resume_travel(folder, wrong, progress, kNoEvents), Error);
  EXPECT_TRUE(contents(folder) == whole);
  Progress cancelled;
  cancelled.cancel();
  EXPECT_THROW(resume_travel(folder, with_store(), cancelled, kNoEvents), Error);
  EXPECT_TRUE(contents(folder) == whole);
  fs::remove(folder / "travel-00000.gif");
  EXPECT_THAT(resumed_notes(folder), testing::IsEmpty());
  EXPECT_TRUE(contents(folder) == whole);
}

TEST(Recovery, AResumedRunSaysRunningWhileItRuns) {
  const TemporaryFolder out;
  const fs::path folder = stopped_run(tiny_request(out), 1);
  EXPECT_EQ(state_of(folder), RunState::Stopped);
  Progress progress;
  std::vector<RunState> states;
  resume_travel(folder, with_store(), progress, [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame) {
      states.push_back(state_of(folder));
      EXPECT_THAT(*describe_result(folder, false), HasSubstr("run running"));
    }
  });
  EXPECT_THAT(states, testing::AllOf(testing::SizeIs(3), testing::Each(RunState::Running)));
  EXPECT_EQ(state_of(folder), RunState::Finished);
}

TEST(Recovery, ARunWhoseProcessIsGoneIsNotRunning) {
  const TemporaryFolder out;
  const fs::path folder = stopped_run(tiny_request(out), 1);
  Manifest manifest = read_manifest(folder / "travel.json");
  manifest.state = RunState::Running;  // as a killed process leaves it
  write_manifest(folder / "travel.json", manifest);
  EXPECT_THAT(*describe_result(folder, false), HasSubstr("run stopped"));
}

/// The number in travel.json is another machine's, or a person's.
TEST(Recovery, TakesNoMoreThreadsThanThereAreProcessors) {
  const TemporaryFolder out;
  const fs::path folder = stopped_run(tiny_request(out), 1);
  Manifest manifest = read_manifest(folder / "travel.json");
  manifest.request.threads = 1024;
  write_manifest(folder / "travel.json", manifest);
  EXPECT_THAT(resumed_notes(folder),
              testing::ElementsAre(
                  HasSubstr("note: threads 1024 is more than there are processors; using ")));
  EXPECT_EQ(read_manifest(folder / "travel.json").request.threads, 1024) << "stays as asked for";
}

TEST(Recovery, AWrongModelIsToldBeforeItsWeightsAreRead) {
  const TemporaryFolder out;
  const fs::path folder = stopped_run(tiny_request(out), 1);
  std::vector<std::string> activities;
  Progress progress(
      [&](const ProgressSnapshot& snapshot) { activities.push_back(snapshot.activity); });
  ResumeOptions wrong;
  wrong.model = other_model(out).string();
  std::vector<RunEvent::Kind> kinds;
  try {
    resume_travel(folder, wrong, progress,
                  [&](const RunEvent& event) { kinds.push_back(event.kind); });
    FAIL();
  } catch (const Error& error) {
    const Manifest manifest = read_manifest(folder / "travel.json");
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("model: "), HasSubstr("other.safetensors"),
                                             HasSubstr(manifest.model_sha256)));
  }
  EXPECT_THAT(activities, testing::Not(testing::Contains("Loading the model")));
  EXPECT_THAT(kinds, testing::Not(testing::Contains(RunEvent::Kind::Folder)))
      << "nothing says that it can be resumed like this";
  EXPECT_EQ(state_of(folder), RunState::Stopped);
}

TEST(Recovery, AChangedConfigOrInitPictureIsNamed) {
  const TemporaryFolder out;
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", out / "model.safetensors");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/config.json", out / "config.json");
  write_png(out / "init.png", Image(64, 64));
  TravelRequest request = tiny_request(out);
  request.model = (out / "model.safetensors").string();
  request.init_image = (out / "init.png").string();
  const fs::path folder = stopped_run(request, 1);
  write_file_atomic(out / "config.json", read_file(out / "config.json") + "\n");
  Image other(64, 64);
  other.pixels[0] = 1;
  write_png(out / "init.png", other);
  Progress progress;
  try {
    resume_travel(folder, with_store(), progress, kNoEvents);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("config.json"), HasSubstr("init.png")));
  }
  EXPECT_THROW(redraw_frame(folder / "00000.png", {}, out / "again.png", progress, kNoEvents),
               Error);
}

TEST(Recovery, WhereTheModelLiesNowIsKept) {
  const TemporaryFolder out;
  fs::create_directories(out / "moved");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", out / "moved/renamed.safetensors");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/config.json", out / "moved/config.json");
  const fs::path folder = stopped_run(tiny_request(out), 1);
  ResumeOptions moved = with_store();
  moved.model = (out / "moved/renamed.safetensors").string();
  Progress progress;
  resume_travel(folder, moved, progress, kNoEvents);
  EXPECT_EQ(read_manifest(folder / "travel.json").request.model, *moved.model);
}

}  // namespace
}  // namespace ptravel
