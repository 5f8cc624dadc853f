// Runs whose frames lie where their pictures are equally far apart.

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "ptravel/motion_report.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

TravelRequest paced_request(const TemporaryFolder& out) {
  TravelRequest request = tiny_request(out);
  request.pace = Pace::Even;
  request.travel_steps = "6";
  return request;
}

struct ToldRun {
  RunResult result;
  std::vector<std::string> notes;
  std::vector<std::string> activities;
};

ToldRun run(const TravelRequest& request) {
  ToldRun told;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    if (told.activities.empty() || told.activities.back() != snapshot.activity) {
      told.activities.push_back(snapshot.activity);
    }
  });
  told.result = run_travel(
      request, progress,
      [&](const RunEvent& event) {
        if (event.kind == RunEvent::Kind::Note) {
          told.notes.push_back(event.text);
        }
      },
      &shared_store());
  return told;
}

double unevenness(const fs::path& folder) {
  Progress progress;
  const MotionReport report = measure_motion(folder, progress);
  for (const MotionMeasure& measure : report.measures) {
    if (measure.name == "ssim") {
      return measure.evenness.largest_over_median;
    }
  }
  return 0;
}

/// Stops a run when so many pictures of its search are done; its folder.
fs::path stopped_search(const TravelRequest& request, double pictures) {
  fs::path folder;
  Progress* working = nullptr;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    if (snapshot.activity == "finding an even pace" && snapshot.done >= pictures) {
      working->cancel();
    }
  });
  working = &progress;
  expect_error(ErrorCode::Cancelled, "", [&] {
    run_travel(
        request, progress,
        [&](const RunEvent& event) {
          folder = event.kind == RunEvent::Kind::Folder ? event.path : folder;
        },
        &shared_store());
  });
  return folder;
}

TEST(PacedRun, IsMoreEvenThanAPlainOneOfTheSameLength) {
  const TemporaryFolder out, plain_out;
  const ToldRun paced = run(paced_request(out));
  TravelRequest plain = paced_request(plain_out);
  plain.pace = Pace::Alpha;
  const ToldRun straight = run(plain);
  EXPECT_EQ(paced.result.frames, straight.result.frames);
  EXPECT_LT(unevenness(paced.result.folder), unevenness(straight.result.folder));
  EXPECT_EQ(read_file(paced.result.folder / "00000.png"),
            read_file(straight.result.folder / "00000.png"));
  const Manifest manifest = read_manifest(paced.result.folder / "travel.json");
  ASSERT_TRUE(manifest.pace);
  EXPECT_EQ(manifest.pace->pace.alphas.front().size(), 6u);
  EXPECT_EQ(manifest.pace->pictures, 20) << "two and a half times the frames";
  EXPECT_NEAR(manifest.pace->largest_over_median, unevenness(paced.result.folder), 1e-9);
  EXPECT_THAT(paced.notes, Contains(HasSubstr("chosen among 20 pictures")));
  EXPECT_THAT(paced.activities, Contains("finding an even pace"));
  EXPECT_FALSE(fs::exists(paced.result.folder / "pace"));
}

TEST(PacedRun, OneSpeedForTheFilmUnlessGapsHaveTheirOwnSteps) {
  const TemporaryFolder out;
  TravelRequest request = paced_request(out);
  request.prompt = "a cat\na cat\na red dog on the moon";
  request.travel_steps = "4";
  const Manifest shared = read_manifest(run(request).result.folder / "travel.json");
  EXPECT_EQ(shared.frames, 11);
  EXPECT_LT(shared.pace->pace.alphas[0].size(), shared.pace->pace.alphas[1].size())
      << "nothing moves in the first gap";
  EXPECT_EQ(shared.stage_frames[1],
            1 + static_cast<std::int64_t>(shared.pace->pace.alphas[0].size()));
  request.travel_steps = "4,4";
  const Manifest own = read_manifest(run(request).result.folder / "travel.json");
  EXPECT_EQ(own.pace->pace.alphas[0].size(), 4u);
  EXPECT_EQ(own.stage_frames, (std::vector<std::int64_t>{0, 5, 10}));
}

TEST(PacedRun, StoppedWhileItLooksGoesOnWhereItWas) {
  const TemporaryFolder whole_out, out;
  const auto whole = contents(run(paced_request(whole_out)).result.folder);
  for (const double pictures : {1.0, 5.0, 13.0}) {
    const fs::path folder = stopped_search(paced_request(out), pictures);
    EXPECT_FALSE(read_manifest(folder / "travel.json").pace);
    EXPECT_FALSE(fs::exists(folder / "00000.png"));
    std::size_t kept = 0;
    for (const auto& entry : fs::directory_iterator(folder / "pace")) {
      ++kept;
      if (kept == 1) {
        write_file_atomic(entry.path(), "no picture");  // Damaged ones are drawn again.
      }
    }
    EXPECT_GE(static_cast<double>(kept), pictures);
    Progress progress;
    ResumeOptions options;
    options.store = &shared_store();
    resume_travel(folder, options, progress, kNoEvents);
    EXPECT_TRUE(contents(folder) == whole) << pictures;
  }
}

TEST(PacedRun, APictureOfTheSearchIsAFrameOnceItsPlaceIsChosen) {
  const TemporaryFolder out;
  std::int64_t drawing = 0;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    drawing += snapshot.activity == "drawing" && snapshot.sampling.steps > 0 ? 1 : 0;
  });
  run_travel(paced_request(out), progress, kNoEvents, &shared_store());
  EXPECT_EQ(drawing, 0) << "no sampler step after the search";
}

TEST(PacedRun, APreviewTakesFewerStepsAndSaysHowWellItPredicted) {
  const TemporaryFolder out;
  TravelRequest request = paced_request(out);
  request.pace = Pace::Preview;
  request.steps = 5;
  std::set<int> steps;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    if (snapshot.activity == "finding an even pace" && snapshot.sampling.steps > 0) {
      steps.insert(snapshot.sampling.steps);
    }
  });
  std::vector<std::string> notes;
  const RunResult result = run_travel(
      request, progress,
      [&](const RunEvent& event) {
        if (event.kind == RunEvent::Kind::Note) {
          notes.push_back(event.text);
        }
      },
      &shared_store());
  EXPECT_EQ(steps, std::set<int>{2});
  EXPECT_EQ(result.frames, 8);
  EXPECT_THAT(notes, Contains(HasSubstr("predicted")));
  EXPECT_EQ(measure_motion(result.folder, progress).frames.size(), 8u);
}

TEST(PacedRun, AnEmbryoIsDrawnOnceHoweverTheSearchGoesBetweenGaps) {
  const TemporaryFolder out;
  TravelRequest request = paced_request(out);
  request.prompt = "a cat\na red dog\nthe sea";
  request.genesis = Genesis::Embryo;
  request.steps = 3;
  request.embryo_step = "1";
  std::map<std::string, int> files;
  Progress progress;
  run_travel(
      request, progress,
      [&](const RunEvent& event) {
        if (event.kind == RunEvent::Kind::File) {
          ++files[event.path.filename().string()];
        }
      },
      &shared_store());
  EXPECT_EQ(files["embryo-00000.png"], 1);
  EXPECT_EQ(files["embryo-00001.png"], 1);
}

TEST(PacedRun, BridgesStepsThatAWalkCannotHalve) {
  const TemporaryFolder out, plain_out;
  TravelRequest request = paced_request(out);
  request.mode = TravelMode::Replace;
  request.sampler = "DPM++ 2M";
  request.steps = 4;
  const double plain = unevenness(run(request).result.folder);
  request.bridge = BridgeKind::Latents;
  const ToldRun bridged = run(request);
  const Manifest manifest = read_manifest(bridged.result.folder / "travel.json");
  ASSERT_TRUE(manifest.pace);
  ASSERT_FALSE(manifest.pace->pace.bridges.empty());
  const FilmBridge& bridge = manifest.pace->pace.bridges.front();
  EXPECT_THAT(bridged.notes, Contains(HasSubstr("frames lead across")));
  EXPECT_LE(manifest.pace->pictures, 20);
  EXPECT_LT(unevenness(bridged.result.folder), plain);
  // Its frames tell that they lie on it.
  std::size_t told = 0;
  for (std::int64_t i = 0; i < bridged.result.frames; ++i) {
    const LoadedImage frame = read_image(bridged.result.folder / frame_file_name(i));
    const FrameRequest read = parse_frame_parameters(frame.texts.at(0).text);
    if (read.spot.bridge) {
      ++told;
      EXPECT_GT(read.spot.alpha, read.spot.bridge->from_alpha);
      EXPECT_LT(read.spot.alpha, read.spot.bridge->to_alpha);
      EXPECT_EQ(read.spot.bridge->steps, bridge.steps);
    }
  }
  EXPECT_GE(told, 1U);
}

TEST(PacedRun, ABridgedSearchWithProjectedGuidanceGoesOnWhereItWas) {
  const TemporaryFolder whole_out, out;
  TravelRequest request = paced_request(whole_out);
  request.mode = TravelMode::Replace;
  request.steps = 5;
  request.bridge = BridgeKind::Latents;
  request.apg_eta = 0.5;
  request.apg_momentum = -0.5;
  request.cfg_start = 0.1;
  request.cfg_end = 0.8;
  const fs::path folder = run(request).result.folder;
  ASSERT_FALSE(read_manifest(folder / "travel.json").pace->pace.bridges.empty());
  request.out = out.path().string();
  const fs::path stopped = stopped_search(request, 12);
  Progress progress;
  ResumeOptions options;
  options.store = &shared_store();
  resume_travel(stopped, options, progress, kNoEvents);
  EXPECT_TRUE(contents(stopped) == contents(folder));
}

TEST(PacedRun, WithoutMotionStillHasItsFrames) {
  const TemporaryFolder out;
  TravelRequest request = paced_request(out);
  request.prompt = "a cat\na cat";
  const ToldRun still = run(request);
  EXPECT_EQ(still.result.frames, 8);
}

}  // namespace
}  // namespace ptravel
