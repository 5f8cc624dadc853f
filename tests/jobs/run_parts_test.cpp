// Runs in steps: planned, drawn in parts by several processes, finished. Threads stand for
// processes: locks belong to open files, so they meet as processes do.

#include "ptravel/run_parts.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Settings = std::vector<std::pair<const char*, const char*>>;

ResumeOptions with_store() {
  ResumeOptions options;
  options.store = &shared_store();
  return options;
}

RunOptions new_with_store() {
  RunOptions options;
  options.store = &shared_store();
  return options;
}

/// Three stages, seven frames (nine with a loop).
TravelRequest request_of(const TemporaryFolder& out, const Settings& settings) {
  TravelRequest request = tiny_request(out);
  request.prompt = "a cat\na dog\nthe sea";
  for (const auto& [field, text] : settings) {
    EXPECT_FALSE(set_request_field(request, field, text)) << field;
  }
  return request;
}

RunPlan planned(const TravelRequest& request) {
  Progress progress;
  return plan_run(request, progress, kNoEvents, new_with_store());
}

RunResult finished(const fs::path& folder) {
  Progress progress;
  return finish_run(folder, with_store(), progress, kNoEvents);
}

/// Draws and says which frames that were.
std::set<std::int64_t> drawn(const fs::path& folder,
                             const FrameChoice& choice,
                             const RunEventSink& events = kNoEvents) {
  Progress progress;
  std::set<std::int64_t> frames;
  draw_frames(folder, choice, with_store(), progress, [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame) {
      EXPECT_TRUE(frames.insert(event.index).second) << event.index;
    }
    events(event);
  });
  return frames;
}

FrameChoice unit(std::int64_t number) { return {{}, number, {}}; }
FrameChoice part(std::int64_t number, std::int64_t count) {
  return {{}, {}, FilmPart{number, count}};
}
FrameChoice ranges(std::vector<FrameRange> frames) { return {std::move(frames), {}, {}}; }

std::map<std::string, std::string> whole_run(const Settings& settings) {
  const TemporaryFolder out;
  Progress progress;
  TravelRequest request = request_of(out, settings);
  request.fps = 8;
  request.format = VideoFormat::Gif;
  return contents(run_travel(request, progress, kNoEvents, &shared_store()).folder);
}

void expect_same(const std::map<std::string, std::string>& found,
                 const std::map<std::string, std::string>& expected) {
  for (const auto& [name, bytes] : expected) {
    EXPECT_TRUE(found.count(name) > 0 && found.at(name) == bytes) << name;
  }
  EXPECT_EQ(found.size(), expected.size());
}

class Split : public testing::TestWithParam<Settings> {};

TEST_P(Split, OddPartsAtOnceWithAKilledOneGiveTheBytesOfOneProcess) {
  const auto whole = whole_run(GetParam());
  const TemporaryFolder out;
  TravelRequest request = request_of(out, GetParam());
  request.fps = 8;
  request.format = VideoFormat::Gif;
  const fs::path folder = planned(request).folder;
  EXPECT_EQ(read_manifest(folder / "travel.json").state, RunState::Stopped);
  EXPECT_FALSE(fs::exists(folder / "00000.png"));
  std::vector<std::thread> workers;
  for (const FrameChoice& choice : {ranges({{1, 2}, {4, 7}}), part(1, 2), part(2, 3), unit(0)}) {
    workers.emplace_back([&folder, choice] { drawn(folder, choice); });
  }
  write_file_atomic(folder / ".00003.png.1-1.part", "half");  // What a killed one leaves.
  workers.emplace_back([&] {                                  // This one stops at once.
    Progress progress;
    try {
      draw_frames(folder, {}, with_store(), progress, [&](const RunEvent& event) {
        if (event.kind == RunEvent::Kind::Frame) {
          progress.cancel();
        }
      });
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    }
  });
  for (std::thread& worker : workers) {
    worker.join();
  }
  drawn(folder, {});
  finished(folder);
  expect_same(contents(folder), whole);
}

INSTANTIATE_TEST_SUITE_P(Ways,
                         Split,
                         testing::Values(Settings{{"batch", "3"}},
                                         Settings{{"genesis", "successive"}},
                                         Settings{{"genesis", "embryo"}},
                                         Settings{{"mode", "replace"}},
                                         Settings{{"mode", "grad"}, {"loop", "true"}},
                                         Settings{{"pace", "preview"}},
                                         Settings{{"pace", "even"}}));

TEST(RunUnits, AreWhatCanBeDrawnApart) {
  const TemporaryFolder out;
  const auto units = [&](const Settings& settings) {
    return planned(request_of(out, settings)).units;
  };
  EXPECT_EQ(units({{"batch", "4"}}).size(), 7u);
  EXPECT_THAT(units({{"mode", "grad"}}), ElementsAre(FrameRange{0, 4}, FrameRange{4, 7}));
  EXPECT_THAT(units({{"mode", "grad"}, {"loop", "true"}}),
              ElementsAre(FrameRange{0, 4}, FrameRange{4, 7}, FrameRange{7, 9}));
  EXPECT_THAT(units({{"genesis", "embryo"}}), ElementsAre(FrameRange{0, 4}, FrameRange{4, 7}));
  EXPECT_THAT(units({{"genesis", "successive"}}), ElementsAre(FrameRange{0, 7}));
  EXPECT_THAT(units({{"pace", "even"}}), ElementsAre(FrameRange{0, 7}));
}

TEST(RunUnits, AUnitDrawsItsFramesAndThoseItGoesBy) {
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {{"mode", "grad"}, {"loop", "true"}})).folder;
  EXPECT_THAT(drawn(folder, unit(1)), ElementsAre(4, 5, 6));
  EXPECT_THAT(drawn(folder, unit(2)), ElementsAre(0, 7, 8));
  EXPECT_THAT(drawn(folder, ranges({{2, 3}})), ElementsAre(1, 2, 3));
  EXPECT_THAT(drawn(folder, {}), testing::IsEmpty());
}

TEST(RunUnits, ChosenFramesThatStandAloneAreExactlyDrawn) {
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {{"batch", "4"}})).folder;
  EXPECT_THAT(drawn(folder, ranges({{1, 2}, {5, 7}})), ElementsAre(1, 5, 6));
  EXPECT_THAT(drawn(folder, part(1, 2)), ElementsAre(0, 2));
  EXPECT_THAT(drawn(folder, part(8, 8)), testing::IsEmpty());
  EXPECT_THAT(drawn(folder, part(2, 2)), ElementsAre(3, 4));
}

TEST(RunParts, WhatIsThereNeedsNoModel) {
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {})).folder;
  drawn(folder, part(1, 2));
  const auto before = contents(folder);
  ResumeOptions options;
  options.model = "/nowhere/model.safetensors";
  Progress progress;
  EXPECT_EQ(draw_frames(folder, part(1, 2), options, progress, kNoEvents).drawn, 0);
  EXPECT_THROW(draw_frames(folder, part(2, 2), options, progress, kNoEvents), Error);
  EXPECT_TRUE(contents(folder) == before);
  drawn(folder, {});
  EXPECT_EQ(finish_run(folder, options, progress, kNoEvents).frames, 7);
  EXPECT_EQ(read_manifest(folder / "travel.json").state, RunState::Finished);
}

/// The second worker's log is written while the first one is in the middle of its gap.
TEST(RunParts, LogsOfTwoWorkersArePutTogether) {
  const auto whole = whole_run({{"mode", "grad"}});
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {{"mode", "grad"}})).folder;
  bool other_is_done = false;
  drawn(folder, unit(0), [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame && !other_is_done) {
      other_is_done = true;
      EXPECT_THAT(drawn(folder, unit(1)), ElementsAre(4, 5, 6));
    }
  });
  for (const char* name : {"walk.json", "log.txt", "losses.csv", "losses.png"}) {
    EXPECT_TRUE(contents(folder)[name] == whole.at(name)) << name;
  }
}

TEST(RunParts, FinishNamesWhatIsMissingOrAnotherRuns) {
  const TemporaryFolder out, other_out;
  TravelRequest request = request_of(out, {});
  const fs::path folder = planned(request).folder;
  drawn(folder, ranges({{0, 2}, {4, 5}}));
  expect_error(ErrorCode::InvalidArgument,
               "4 of 7 frames are missing, expected all: draw --frames 2-3,5-6",
               [&] { finished(folder); });
  drawn(folder, {});
  const auto whole = contents(folder);
  const auto finish_with = [&](const char* name, const std::string& bytes) {
    write_file_atomic(folder / name, bytes);
    try {
      finished(folder);
    } catch (const Error& error) {
      write_file_atomic(folder / name, whole.at(name));
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(finish_with("00002.png", "nothing"), HasSubstr("frame 2: "));
  EXPECT_THAT(finish_with("00002.png", whole.at("00003.png")), HasSubstr("is frame 3 of 7"));
  for (const Settings& settings : {Settings{{"seed", "8"}}, Settings{{"prompt", "x\ny\nz"}}}) {
    const fs::path other = planned(request_of(other_out, settings)).folder;
    drawn(other, ranges({{2, 3}}));
    EXPECT_THAT(finish_with("00002.png", read_file(other / "00002.png")),
                HasSubstr("was drawn by another run"));
  }
  EXPECT_EQ(read_manifest(folder / "travel.json").state, RunState::Stopped);
  EXPECT_EQ(finish_with("00002.png", whole.at("00002.png")), "");
}

TEST(RunParts, ManifestsThatWereChangedAreRefused) {
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {})).folder;
  const std::string good = read_file(folder / "travel.json");
  const auto with = [&](const char* place, const nlohmann::ordered_json& value) {
    auto object = nlohmann::ordered_json::parse(good);
    object[nlohmann::ordered_json::json_pointer(place)] = value;
    write_file_atomic(folder / "travel.json", object.dump());
  };
  with("/format", 99);
  expect_error(ErrorCode::Unsupported, "newer program", [&] { drawn(folder, {}); });
  with("/frames", 9);
  expect_error(ErrorCode::Corrupt, "has 9 frames, its request makes 7", [&] { drawn(folder, {}); });
  with("/files/0/sha256", std::string(64, '0'));
  expect_error(ErrorCode::InvalidArgument, std::string(64, '0'), [&] { drawn(folder, {}); });
  EXPECT_FALSE(fs::exists(folder / "00000.png"));
  with("/frames", 7);
  drawn(folder, {});
  with("/request/prompt", "a bird\na fish\na stone");
  expect_error(ErrorCode::InvalidArgument, "was drawn by another run", [&] { finished(folder); });
}

TEST(RunParts, OtherKernelsAreRefusedInSixteenBitsUnlessAllowed) {
  const TemporaryFolder out;
  for (const char* precision : {"bf16", "fp32"}) {
    const fs::path folder = planned(request_of(out, {{"precision", precision}})).folder;
    auto object = nlohmann::ordered_json::parse(read_file(folder / "travel.json"));
    object["kernels"] = "abacus";
    write_file_atomic(folder / "travel.json", object.dump());
    if (std::string(precision) == "bf16") {
      expect_error(ErrorCode::Unsupported, "begun in bf16 with abacus, this machine computes with",
                   [&] { drawn(folder, unit(0)); });
      EXPECT_FALSE(fs::exists(folder / "00000.png"));
    }
    ResumeOptions options = with_store();
    options.allow_other_kernels = std::string(precision) == "bf16";
    std::string notes;
    Progress progress;
    draw_frames(folder, unit(0), options, progress, [&](const RunEvent& event) {
      notes += event.kind == RunEvent::Kind::Note ? event.text : "";
    });
    EXPECT_THAT(notes, HasSubstr("begun with abacus kernels"));
    EXPECT_TRUE(fs::exists(folder / "00000.png"));
  }
}

TEST(FrameChoices, AreReadFromText) {
  EXPECT_EQ(parse_frame_choice("0-9, 40-49,7", {}, {}), ranges({{0, 10}, {40, 50}, {7, 8}}));
  EXPECT_EQ(parse_frame_choice({}, "3", {}), unit(3));
  EXPECT_EQ(parse_frame_choice({}, {}, "2/16"), part(2, 16));
  EXPECT_EQ(parse_frame_choice({}, {}, {}), FrameChoice{});
  for (const char* bad : {"", "5-3", "-1", "1-", "a", "1,,2", "1-2-3", "99999999999999999999"}) {
    expect_error(ErrorCode::InvalidArgument, "--frames: \"" + std::string(bad) + "\"",
                 [&] { parse_frame_choice(bad, {}, {}); });
  }
  for (const char* bad : {"", "-1", "x"}) {
    expect_error(ErrorCode::InvalidArgument, "--unit: ", [&] { parse_frame_choice({}, bad, {}); });
  }
  for (const char* bad : {"5/4", "0/4", "3", "1/0", "/", "1/2/3", "-1/2"}) {
    expect_error(ErrorCode::InvalidArgument, "--part: \"" + std::string(bad) + "\"",
                 [&] { parse_frame_choice({}, {}, bad); });
  }
  expect_error(ErrorCode::InvalidArgument, "expected one of",
               [&] { parse_frame_choice("1", {}, "1/2"); });
}

TEST(FrameChoices, OutsideTheFilmAreRefused) {
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {{"mode", "grad"}})).folder;
  expect_error(ErrorCode::InvalidArgument, "--frames: 5-7, expected frames of the film, 0-6", [&] {
    drawn(folder, ranges({{0, 1}, {5, 8}}));
  });
  expect_error(ErrorCode::InvalidArgument, "--unit: 2, expected one of the film's units, 0-1",
               [&] { drawn(folder, unit(2)); });
  expect_error(ErrorCode::NotFound, "expected a run folder",
               [&] { drawn(out / "nothing", unit(2)); });
}

/// Sets variables of the environment while it lives.
class Environment {
 public:
  explicit Environment(const Settings& variables) : variables_(variables) {
    for (const auto& [name, value] : variables_) {
      ::setenv(name, value, 1);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : variables_) {
      ::unsetenv(name);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  Settings variables_;
};

TEST(FrameChoices, EnginesTellTheirParts) {
  const auto told = [](const Settings& variables) {
    const Environment environment(variables);
    return part_of_environment();
  };
  EXPECT_EQ(told({}), std::nullopt);
  EXPECT_EQ(told({{"SLURM_ARRAY_TASK_ID", "3"}, {"SLURM_ARRAY_TASK_COUNT", "8"}}),
            (FilmPart{4, 8}));
  EXPECT_EQ(told({{"SLURM_ARRAY_TASK_ID", "5"},
                  {"SLURM_ARRAY_TASK_COUNT", "4"},
                  {"SLURM_ARRAY_TASK_MIN", "1"},
                  {"SLURM_ARRAY_TASK_STEP", "2"}}),
            (FilmPart{3, 4}));
  EXPECT_EQ(told({{"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETIONS", "5"}}), (FilmPart{1, 5}));
  for (const auto& [variables, named] :
       {std::pair{Settings{{"JOB_COMPLETION_INDEX", "0"}}, "JOB_COMPLETIONS: is not set"},
        std::pair{Settings{{"JOB_COMPLETION_INDEX", "5"}, {"JOB_COMPLETIONS", "5"}},
                  "JOB_COMPLETION_INDEX: is part 6 of 5"},
        std::pair{Settings{{"SLURM_ARRAY_TASK_ID", "x"}, {"SLURM_ARRAY_TASK_COUNT", "5"}},
                  "SLURM_ARRAY_TASK_ID: is \"x\""},
        std::pair{Settings{{"SLURM_ARRAY_TASK_ID", "1"}}, "SLURM_ARRAY_TASK_COUNT: is not set"}}) {
    expect_error(ErrorCode::InvalidArgument, named, [&] { told(variables); });
  }
}

TEST(RunStatuses, SayHowFarARunIs) {
  const TemporaryFolder out;
  const fs::path folder = planned(request_of(out, {{"mode", "grad"}})).folder;
  const RunStatus planned_status = run_status(folder);
  EXPECT_EQ(planned_status.state, "stopped");
  EXPECT_EQ(planned_status.missing, "0-6");
  bool looked = false;
  drawn(folder, unit(1), [&](const RunEvent& event) {
    if (event.kind == RunEvent::Kind::Frame && !looked) {
      looked = true;
      const RunStatus status = run_status(folder);
      EXPECT_EQ(status.state, "running");
      EXPECT_THAT(status.in_work, ElementsAre(4));
      EXPECT_EQ(status.drawn, 1);
    }
  });
  const RunStatus status = run_status(folder);
  EXPECT_EQ(status.drawn, 3);
  EXPECT_EQ(status.missing, "0-3");
  EXPECT_GT(status.frames_per_second, 0);
  EXPECT_THAT(to_text(status), HasSubstr("stopped, 3 of 7 frames drawn\nmissing: 0-3\n"));
  EXPECT_EQ(nlohmann::json::parse(to_json(status)).at("drawn"), 3);
  drawn(folder, {});
  finished(folder);
  EXPECT_EQ(run_status(folder).state, "finished");
  EXPECT_EQ(run_status(folder).missing, "");
}

TEST(RunPlans, SayTheirUnits) {
  const RunPlan plan{"out/prompt_travel/00000", 7, {{0, 4}, {4, 7}}, "because"};
  EXPECT_EQ(to_text(plan),
            "out/prompt_travel/00000: 7 frames, 2 units (because)\n  0: frames 0-3\n"
            "  1: frames 4-6\n");
  const auto object = nlohmann::json::parse(to_json(plan));
  EXPECT_EQ(object.at("units"), nlohmann::json::parse("[[0,3],[4,6]]"));
  EXPECT_EQ(object.at("folder"), "out/prompt_travel/00000");
}

}  // namespace
}  // namespace ptravel
