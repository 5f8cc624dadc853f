// Sound in runs: the video has it, also when the run was stopped; stages lie where it says.

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/sound_reader.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/errors.h"
#include "tests/support/sounds.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using namespace sounds;
using testing::HasSubstr;

class SoundInRuns : public testing::Test {
 protected:
  SoundInRuns() { write_wav(song_, {tone(440, 0.35, 44100)}, 44100); }

  TravelRequest request() const {
    TravelRequest request = tiny_request(folder_);
    request.fps = 10;
    request.soundtrack = song_.string();
    return request;
  }
  /// Draws and collects the notes.
  RunResult draw(const TravelRequest& request) {
    Progress progress;
    return run_travel(request, progress, events_, &shared_store());
  }
  RunResult resume(const fs::path& folder) {
    Progress progress;
    ResumeOptions options;
    options.store = &shared_store();
    return resume_travel(folder, options, progress, events_);
  }

  TemporaryFolder folder_;
  fs::path song_ = folder_ / "song.wav";
  std::string notes_;
  RunEventSink events_ = [this](const RunEvent& event) {
    notes_ += event.kind == RunEvent::Kind::Note ? event.text + "\n" : "";
  };
};

/// Its length and how strong 440 Hz is in it.
std::pair<double, double> sound_of(const fs::path& video) {
  SoundReader reader(video);
  Samples samples;
  while (reader.read(samples)) {
  }
  const double seconds = static_cast<double>(samples.size()) / reader.sample_rate();
  return {seconds, strength(samples, 440, reader.sample_rate(), 0.05, seconds - 0.05)};
}

TEST_F(SoundInRuns, TheVideoHasItAndTheManifestKnowsIt) {
  const RunResult result = draw(request());
  const auto [seconds, size] = sound_of(result.video.value());
  EXPECT_NEAR(seconds, 0.4, 0.03);
  EXPECT_GT(size, 0.3);
  EXPECT_THAT(notes_, HasSubstr("song.wav: lasts 0.35 s, the video 0.40 s: it is repeated"));
  const Manifest manifest = read_manifest(result.folder / "travel.json");
  EXPECT_EQ(manifest.files.back().role, "soundtrack");
  EXPECT_EQ(manifest.files.back().name, "song.wav");
}

TEST_F(SoundInRuns, StoppedRunsEndWithTheSameBytes) {
  const RunResult whole = draw(request());
  const fs::path stopped = stopped_run(request(), 2);
  const RunResult resumed = resume(stopped);
  EXPECT_EQ(read_file(resumed.video.value()), read_file(whole.video.value()));
  EXPECT_EQ(read_file(resume(whole.folder).video.value()), read_file(resumed.video.value()));
}

TEST_F(SoundInRuns, AnotherFileIsRefusedBeforeAnythingIsDone) {
  const fs::path stopped = stopped_run(request(), 2);
  write_wav(song_, {tone(880, 0.35, 44100)}, 44100);
  expect_error(ErrorCode::InvalidArgument, "song.wav is another file than when the run began",
               [&] { resume(stopped); });
  fs::remove(song_);
  expect_error(ErrorCode::InvalidArgument, "song.wav is not there any more",
               [&] { resume(stopped); });
  Progress progress;
  const fs::path frame = stopped / "00000.png";
  EXPECT_NO_THROW(redraw_frame(frame, {}, folder_ / "again.png", progress, events_));
}

TEST_F(SoundInRuns, OtherVideosOfTheSameFrames) {
  const RunResult result = draw(request());
  const auto video = [&](const VideoSettings& settings) {
    Progress progress;
    return make_video(result.folder, settings, progress, events_).video.value();
  };
  VideoSettings webm;
  webm.format = VideoFormat::Webm;
  EXPECT_GT(sound_of(video(webm)).second, 0.3);
  VideoSettings gif;
  gif.format = VideoFormat::Gif;
  notes_.clear();
  EXPECT_EQ(probe_video(video(gif)).sound, "");
  EXPECT_THAT(notes_, HasSubstr("a gif has no sound: the run's soundtrack is left out"));
  gif.soundtrack = song_.string();
  expect_error(ErrorCode::InvalidArgument, "format gif, which has no sound", [&] { video(gif); });
  VideoSettings silent;
  silent.soundtrack = "";
  EXPECT_EQ(probe_video(video(silent)).sound, "");
  VideoSettings other;
  write_wav(folder_ / "other.wav", {tone(440, 3, 8000, 0.1)}, 8000);
  other.soundtrack = (folder_ / "other.wav").string();
  other.finish.interpolate = 2;
  const auto [seconds, size] = sound_of(video(other));
  EXPECT_NEAR(seconds, 0.35, 0.03);  // seven pictures at twenty a second
  EXPECT_NEAR(size, 0.1, 0.03);
}

TEST_F(SoundInRuns, ABrokenFileEndsTheRunBeforeItBegins) {
  std::ofstream(folder_ / "broken.mp3") << "no music";
  TravelRequest request = this->request();
  request.soundtrack = (folder_ / "broken.mp3").string();
  expect_error(ErrorCode::Unsupported, "broken.mp3: is no sound file", [&] { draw(request); });
  EXPECT_EQ(folder_.names(), (std::set<std::string>{"broken.mp3", "song.wav"}));
}

TEST_F(SoundInRuns, BeatsBecomeTravelSteps) {
  write_wav(folder_ / "beat.wav", {clicks(150, 0.3, 8, 44100)}, 44100);  // every 0.4 s
  TravelRequest request = this->request();
  request.soundtrack.clear();
  request.prompt = "a cat\na red dog\na cat";
  request.travel_steps = "3";
  request.beats = (folder_ / "beat.wav").string();
  const RunResult result = draw(request);
  const Manifest manifest = read_manifest(result.folder / "travel.json");
  // Planned at frames 4 and 8; beats fall on frames 3, 7 and 11: of two as near the first.
  EXPECT_EQ(manifest.request.travel_steps, "2,3");
  EXPECT_EQ(manifest.request.beats, "");
  EXPECT_EQ(manifest.stage_frames, (std::vector<std::int64_t>{0, 3, 7}));
  EXPECT_THAT(notes_, HasSubstr("stages at 0.00 s, 0.30 s, 0.70 s (the same without it: "
                                "--travel-steps 2,3)"));
}

TEST_F(SoundInRuns, BeatsMustBeHeard) {
  write_wav(folder_ / "held.wav", {tone(440, 8, 44100)}, 44100);
  TravelRequest request = this->request();
  request.beats = (folder_ / "held.wav").string();
  expect_error(ErrorCode::InvalidArgument, "held.wav\" has no beats that can be heard",
               [&] { draw(request); });
}

}  // namespace
}  // namespace ptravel
