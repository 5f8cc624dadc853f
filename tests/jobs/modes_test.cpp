// Whole runs of every mode and genesis on the tiny model: resumed, in batches, one frame again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "ptravel/error.h"
#include "ptravel/preview.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// A way to travel, by the settings that make it.
struct Way {
  const char* name;
  std::vector<std::pair<const char*, const char*>> settings;
};

void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

const std::vector<Way> kWays = {
    {"linear", {}},
    {"slerp", {{"interpolation", "slerp"}, {"easing", "ease-in-out"}}},
    {"aligned",
     {{"alignment", "optimal-transport"},
      {"prompt", "a [cat:dog:1] AND red:0.5\nthe [sea|sky] BREAK a boat AND blue"}}},
    {"successive", {{"genesis", "successive"}}},
    {"embryo", {{"genesis", "embryo"}, {"steps", "3"}, {"embryo_step", "1"}}},
    {"embryo_heun",
     {{"genesis", "embryo"}, {"steps", "3"}, {"embryo_step", "1"}, {"sampler", "Heun"}}},
    {"replace", {{"mode", "replace"}}},
    {"replace_random", {{"mode", "replace"}, {"replace_order", "random"}}},
    {"replace_grad_min", {{"mode", "replace"}, {"replace_order", "grad_min"}}},
    {"replace_grad_max_successive",
     {{"mode", "replace"}, {"replace_order", "grad_max"}, {"genesis", "successive"}}},
    {"replace_chunks",
     {{"mode", "replace"}, {"prompt", "a (cat:1.3) BREAK the sea\na dog"}, {"clip_skip", "2"}}},
    {"grad_chunks",
     {{"mode", "grad"}, {"prompt", "a cat\na dog BREAK the sea"}, {"prediction", "v"}}},
    {"replace_token", {{"mode", "replace"}, {"replace_dim", "token"}}},
    {"replace_token_aligned",
     {{"mode", "replace"}, {"replace_dim", "token"}, {"alignment", "optimal-transport"}}},
    {"replace_values",
     {{"mode", "replace"}, {"replace_dim", "random"}, {"replace_order", "random"}}},
    {"replace_embryo",
     {{"mode", "replace"}, {"genesis", "embryo"}, {"steps", "3"}, {"embryo_step", "2"}}},
    {"grad", {{"mode", "grad"}, {"grad_iter", "2"}}},
    {"grad_successive", {{"mode", "grad"}, {"genesis", "successive"}}},
    {"grad_embryo",
     {{"mode", "grad"}, {"genesis", "embryo"}, {"steps", "3"}, {"embryo_step", "1"}}},
    {"grad_schedules",
     {{"mode", "grad"}, {"prompt", "a [cat:dog:1] AND red:0.5\nthe [sea|sky]\na cat"}}},
    {"v1_3_successive", {{"compat", "v1.3"}, {"genesis", "successive"}, {"prompt", "a\nb\nc"}}},
    {"v1_3_replace_successive",
     {{"compat", "v1.3"},
      {"mode", "replace"},
      {"genesis", "successive"},
      {"prompt",
       "a cat\nthe "
       "big dog\nc"}}},
    {"v1_3_grad_successive",
     {{"compat", "v1.3"}, {"mode", "grad"}, {"genesis", "successive"}, {"prompt", "a\nb\nc"}}},
    {"v3", {{"compat", "v3"}, {"genesis", "successive"}}},
    {"v3_replace", {{"compat", "v3"}, {"mode", "replace"}, {"replace_dim", "token"}}},
    {"v3_embryo", {{"compat", "v3"}, {"genesis", "embryo"}, {"steps", "4"}, {"embryo_step", "2"}}},
    {"seeds", {{"seed", "1,2"}, {"sampler", "Euler a"}, {"cfg_scale", "3,9"}}},
    {"brownian_seeds", {{"seed", "1,2"}, {"sampler", "DPM++ SDE"}}},
    {"variations", {{"subseed", "-1"}, {"subseed_strength", "0.2,0.4"}}},
    {"loop", {{"loop", "true"}, {"mode", "grad"}}},
    {"paced", {{"pace", "even"}, {"interpolation", "slerp"}, {"easing", "ease-in"}}},
    {"paced_seeds_loop",
     {{"pace", "even"}, {"loop", "true"}, {"seed", "1,2"}, {"sampler", "Euler a"}}},
    {"paced_embryo",
     {{"pace", "even"}, {"genesis", "embryo"}, {"steps", "3"}, {"embryo_step", "1"}}},
    {"paced_replace", {{"pace", "even"}, {"mode", "replace"}, {"easing", "ease-out"}}},
    {"paced_replace_grad_min",
     {{"pace", "even"}, {"mode", "replace"}, {"replace_order", "grad_min"}}},
    {"paced_replace_values",
     {{"pace", "even"}, {"pace_by", "lab"}, {"mode", "replace"}, {"replace_dim", "random"}}},
    {"paced_grad", {{"pace", "even"}, {"pace_by", "latent"}, {"mode", "grad"}}},
    {"paced_bridged",
     {{"pace", "even"}, {"bridge", "latents"}, {"mode", "replace"}, {"sampler", "DPM++ 2M"}}},
    {"paced_bridged_embryo",
     {{"pace", "even"},
      {"bridge", "latents"},
      {"mode", "replace"},
      {"genesis", "embryo"},
      {"steps", "3"},
      {"embryo_step", "1"}}},
    {"paced_blended", {{"pace", "even"}, {"bridge", "blend"}, {"mode", "replace"}}},
    {"paced_bridged_attention",
     {{"pace", "even"},
      {"bridge", "latents"},
      {"mode", "replace"},
      {"attention_interpolation", "outer"}}},
    {"attention", {{"attention_interpolation", "fused-outer"}, {"interpolation", "slerp-uncond"}}},
    {"attention_grad_loop",
     {{"attention_interpolation", "fused-inner"},
      {"attention_share", "1"},
      {"mode", "grad"},
      {"loop", "true"},
      {"seed", "1,2"},
      {"cfg_scale", "3,9"}}},
    {"attention_embryo",
     {{"attention_interpolation", "inner"},
      {"attention_share", "1"},
      {"sampler", "Heun"},
      {"genesis", "embryo"},
      {"steps", "3"},
      {"embryo_step", "1"}}},
    {"paced_preview", {{"pace", "preview"}, {"steps", "4"}}},
};

TravelRequest request_of_way(const Way& way, const TemporaryFolder& out) {
  TravelRequest request = tiny_request(out);
  for (const auto& [field, text] : way.settings) {
    const auto problem = set_request_field(request, field, text);
    EXPECT_FALSE(problem) << field << " " << text;
  }
  return request;
}

class EveryWay : public testing::TestWithParam<Way> {};

TEST_P(EveryWay, ResumedEndsWithTheBytesOfAnUninterruptedRun) {
  const TemporaryFolder whole_out, stopped_out;
  TravelRequest request = request_of_way(GetParam(), whole_out);
  request.batch = 2;
  request.fps = 8;
  request.contact_sheet = true;
  Progress progress;
  const RunResult whole = run_travel(request, progress, kNoEvents);

  request.out = stopped_out.path().string();
  Progress stopping;
  fs::path folder;
  std::int64_t drawn = 0;
  EXPECT_THROW(run_travel(request, stopping,
                          [&](const RunEvent& event) {
                            folder = event.kind == RunEvent::Kind::Folder ? event.path : folder;
                            drawn += event.kind == RunEvent::Kind::Frame ? 1 : 0;
                            if (drawn == 2) {
                              stopping.cancel();
                            }
                          }),
               Error);
  EXPECT_TRUE(fs::exists(folder / "00000.png"));
  EXPECT_LT(drawn, whole.frames);
  // What a killed process may leave: a half-written frame.
  write_file_atomic(folder / ".00002.png.part", "half a frame");
  const RunResult resumed = resume_travel(folder, {}, progress, kNoEvents);
  const auto resumed_files = contents(resumed.folder);
  const auto whole_files = contents(whole.folder);
  ASSERT_EQ(resumed_files.size(), whole_files.size());
  EXPECT_EQ(whole_files.count("contact-sheet.png"), 1u);
  for (const auto& [name, bytes] : whole_files) {
    EXPECT_TRUE(resumed_files.count(name) == 1 && resumed_files.at(name) == bytes) << name;
  }
}

TEST_P(EveryWay, BatchAndThreadsDoNotChangeBytes) {
  const TemporaryFolder one, three;
  TravelRequest request = request_of_way(GetParam(), one);
  Progress progress;
  request.threads = 1;
  const RunResult single = run_travel(request, progress, kNoEvents);
  request.out = three.path().string();
  request.batch = 3;
  request.threads = 2;
  request.low_memory = true;
  const RunResult batched = run_travel(request, progress, kNoEvents);
  for (std::int64_t i = 0; i < single.frames; ++i) {
    EXPECT_TRUE(read_file(single.folder / frame_file_name(i)) ==
                read_file(batched.folder / frame_file_name(i)))
        << i;
  }
}

TEST_P(EveryWay, OneFrameAgainEqualsTheRunsFrame) {
  const TemporaryFolder out;
  const TravelRequest request = request_of_way(GetParam(), out);
  Progress progress;
  const RunResult result = run_travel(request, progress, kNoEvents);
  for (const std::int64_t index : {std::int64_t{0}, std::int64_t{2}, result.frames - 1}) {
    const fs::path again = out / "again.png";
    redraw_frame(result.folder / frame_file_name(index), {}, again, progress, kNoEvents);
    EXPECT_TRUE(read_file(again) == read_file(result.folder / frame_file_name(index))) << index;
  }
}

TEST_P(EveryWay, ThePreviewCountsTheFrames) {
  const TemporaryFolder out;
  const TravelRequest request = request_of_way(GetParam(), out);
  Progress progress;
  const TravelPreview preview = preview_travel(request);
  std::int64_t frames = 0;
  run_travel(request, progress,
             [&](const RunEvent& event) { frames += event.kind == RunEvent::Kind::Frame ? 1 : 0; });
  EXPECT_EQ(static_cast<std::int64_t>(preview.frames.size()), frames);
  EXPECT_FALSE(to_text(preview).empty());
}

INSTANTIATE_TEST_SUITE_P(Ways, EveryWay, testing::ValuesIn(kWays), [](const auto& info) {
  return std::string(info.param.name);
});

std::vector<Image> pictures(const RunResult& result) {
  std::vector<Image> images;
  for (std::int64_t i = 0; i < result.frames; ++i) {
    images.push_back(read_image(result.folder / frame_file_name(i)).image);
  }
  return images;
}

std::vector<Image> drawn(const TravelRequest& request) {
  Progress progress;
  return pictures(run_travel(request, progress, kNoEvents));
}

bool equal(const Image& a, const Image& b) { return a.pixels == b.pixels; }

TEST(Modes, EveryModeBeginsAndEndsWithTheStages) {
  const TemporaryFolder out;
  const std::vector<Image> linear = drawn(tiny_request(out));
  for (const char* mode : {"replace", "grad"}) {
    const std::vector<Image> other = drawn(request_of_way({"", {{"mode", mode}}}, out));
    EXPECT_TRUE(equal(linear.front(), other.front())) << mode;
    EXPECT_TRUE(equal(linear.back(), other.back())) << mode;
    EXPECT_FALSE(equal(linear[1], other[1])) << mode;
  }
}

TEST(Modes, ReplaceArrivesAtTheTargetWithItsLastStep) {
  const TemporaryFolder out;
  const std::vector<Image> images =
      drawn(request_of_way({"", {{"mode", "replace"}, {"travel_steps", "3"}}}, out));
  ASSERT_EQ(images.size(), 5u);
  EXPECT_TRUE(equal(images[3], images[4]));
  EXPECT_FALSE(equal(images[2], images[4]));
}

TEST(Modes, TheFirstVersionsReplaceEndsEarly) {
  const TemporaryFolder out;
  const Way way{
      "",
      {{"mode", "replace"}, {"compat", "v1.3"}, {"travel_steps", "9"}, {"prompt", "a cat\na dog"}}};
  EXPECT_EQ(drawn(request_of_way(way, out)).size(), 3u) << "one token differs: one in-between";
}

TEST(Modes, GradArrivesWhereItsToleranceSays) {
  const TemporaryFolder out;
  const Way way{"",
                {{"mode", "grad"},
                 {"grad_w_latent", "0"},
                 {"grad_method", "tanh"},
                 {"grad_alpha", "1"},
                 {"grad_iter", "3"},
                 {"grad_tolerance", "0.4"},
                 {"negative_prompt", ""}}};
  const std::vector<Image> images = drawn(request_of_way(way, out));
  ASSERT_EQ(images.size(), 4u);
  EXPECT_TRUE(equal(images[1], images[3]));
  EXPECT_TRUE(equal(images[2], images[3]));
}

TEST(Modes, GradWritesItsLosses) {
  const TemporaryFolder out;
  Progress progress;
  const RunResult result = run_travel(
      request_of_way({"", {{"mode", "grad"}, {"grad_iter", "3"}}}, out), progress, kNoEvents);
  const std::string csv = read_file(result.folder / "losses.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 3);
  const std::string log = read_file(result.folder / "log.txt");
  EXPECT_THAT(log, testing::HasSubstr("grad_meth    = clip"));
  EXPECT_THAT(log, testing::HasSubstr("L1 to dst"));
  EXPECT_GT(read_image(result.folder / "losses.png").image.width, 300);
}

TEST(Modes, OneLineWandersAroundItsStage) {
  const TemporaryFolder out;
  const std::vector<Image> images = drawn(
      request_of_way({"", {{"mode", "grad"}, {"prompt", "a cat"}, {"grad_alpha", "0.3"}}}, out));
  ASSERT_EQ(images.size(), 4u);
  EXPECT_TRUE(equal(images[0], images[3]));
  EXPECT_FALSE(equal(images[0], images[2]));
}

TEST(Modes, AnEmbryoLeavesItsPicture) {
  const TemporaryFolder out;
  Progress progress;
  const Way way{"",
                {{"genesis", "embryo"},
                 {"steps", "3"},
                 {"embryo_step", "1"},
                 {"prompt", "a\nb\nc"},
                 {"travel_steps", "1"}}};
  const RunResult result = run_travel(request_of_way(way, out), progress, kNoEvents);
  EXPECT_TRUE(fs::exists(result.folder / "embryo-00000.png"));
  EXPECT_TRUE(fs::exists(result.folder / "embryo-00001.png"));
  // Halfway between two stages a frame is what its embryo grew into.
  EXPECT_TRUE(equal(read_image(result.folder / "embryo-00000.png").image,
                    read_image(result.folder / "00001.png").image));
}

TEST(Modes, SeedTravelBeginsAndEndsWithTheSeedsPictures) {
  const TemporaryFolder out;
  const Way way{"", {{"prompt", "a cat"}, {"negative_prompt", ""}, {"seed", "1,2"}}};
  const std::vector<Image> images = drawn(request_of_way(way, out));
  ASSERT_EQ(images.size(), 4u);
  TravelRequest single = tiny_request(out);
  single.prompt = "a cat";
  single.negative_prompt = "";
  single.seed = {1};
  EXPECT_TRUE(equal(images.front(), drawn(single).front()));
  single.seed = {2};
  EXPECT_TRUE(equal(images.back(), drawn(single).front()));
}

TEST(Modes, ParametersTravel) {
  const TemporaryFolder out;
  Progress progress;
  const RunResult result =
      run_travel(request_of_way({"", {{"cfg_scale", "3,9"}, {"travel_steps", "1"}}}, out), progress,
                 kNoEvents);
  const auto scale = [&](std::int64_t index) {
    const LoadedImage frame = read_image(result.folder / frame_file_name(index));
    return parse_infotext(find_text(frame.texts, "parameters").value_or("")).find("CFG scale");
  };
  EXPECT_EQ(scale(0), "3");
  EXPECT_EQ(scale(1), "6");
  EXPECT_EQ(scale(2), "9");
}

TEST(Modes, EveryFrameHasItsOwnVariation) {
  const TemporaryFolder out;
  const Way way{"", {{"prompt", "a cat"}, {"negative_prompt", ""}, {"subseed_strength", "0.5"}}};
  const std::vector<Image> images = drawn(request_of_way(way, out));
  ASSERT_EQ(images.size(), 4u) << "one line is doubled";
  EXPECT_FALSE(equal(images[0], images[1]));
  EXPECT_FALSE(equal(images[1], images[2]));
  const std::vector<Image> again = drawn(request_of_way(way, out));
  EXPECT_TRUE(equal(images[2], again[2]));
  Way constant = way;
  constant.settings.emplace_back("compat", "v1.3");
  const std::vector<Image> literal = drawn(request_of_way(constant, out));
  EXPECT_TRUE(equal(literal[0], literal[1]));
}

TEST(Modes, HoldAndPingPongLengthenTheVideoAlone) {
  const TemporaryFolder out;
  TravelRequest request = tiny_request(out);
  request.fps = 10;
  request.hold = {2};
  request.ping_pong = true;
  Progress progress;
  const RunResult result = run_travel(request, progress, kNoEvents);
  EXPECT_EQ(result.frames, 4);
  // 0 0 0 1 2 3 3 3, then back: 2 1
  EXPECT_EQ(probe_video(*result.video).frames, 8 + 2);
  VideoSettings settings;
  settings.hold = std::vector<int>{0};
  settings.ping_pong = false;
  EXPECT_EQ(probe_video(*make_video(result.folder, settings, progress).video).frames, 4);
}

TEST(Modes, FramesOfAWholeTravelNeedItsFolder) {
  const TemporaryFolder out;
  Progress progress;
  const RunResult result =
      run_travel(request_of_way({"", {{"mode", "grad"}}}, out), progress, kNoEvents);
  fs::copy(result.folder / "00001.png", out / "lost.png");
  EXPECT_THROW(redraw_frame(out / "lost.png", {}, out / "again.png", progress, kNoEvents), Error);
  EXPECT_FALSE(fs::exists(out / "again.png"));
}

}  // namespace
}  // namespace ptravel
