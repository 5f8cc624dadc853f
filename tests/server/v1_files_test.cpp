#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "server/motion_measures.h"
#include "tests/server/api_world.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// One drawn job for all tests of this file.
class V1Files : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = new ApiWorld;
    Json request = quick_request();
    request["contact_sheet"] = true;
    world_->post("/api/v1/jobs", {{"id", "drawn-job"}, {"request", request}});
    world_->start();
    job_ = new Json(world_->finished("drawn-job"));
  }
  static void TearDownTestSuite() {
    delete job_;
    delete world_;
    job_ = nullptr;
    world_ = nullptr;
  }
  static HttpResponse get(const std::string& path, const HttpFields& query = {}) {
    return world_->call("GET", "/api/v1/jobs/drawn-job" + path, "", query);
  }
  static fs::path run_folder() {
    return world_->queue().run_folder(*world_->queue().find("drawn-job"));
  }

  static ApiWorld* world_;
  static Json* job_;
};
ApiWorld* V1Files::world_ = nullptr;
Json* V1Files::job_ = nullptr;

TEST_F(V1Files, TheJobSaysWhatThereIs) {
  EXPECT_EQ(job_->at("state"), "done") << job_->dump();
  EXPECT_EQ(job_->at("frames_done"), 3);
  EXPECT_EQ(job_->at("frames_ready"), "0-2");
  EXPECT_EQ(job_->at("stage_frames"), Json::array({0, 2}));
  EXPECT_EQ(job_->at("contact_sheet"), "contact-sheet.png");
  EXPECT_EQ(job_->at("progress"), nullptr);
  EXPECT_EQ(job_->dump().find(world_->folder.path().string()), std::string::npos);
}

TEST(V1StageFrames, AreThoseOfThePaceOnceItIsKnown) {
  ApiWorld world;
  Json request = quick_request();
  // Nothing happens in the second gap: an even pace gives its frames to the first one.
  request["prompt"] = "girl, red hair\nboy, night\nboy, night";
  request["travel_steps"] = 2;
  request["pace"] = "even";
  world.post("/api/v1/jobs", {{"id", "paced-job"}, {"request", request}});
  world.start();
  const Json job = world.finished("paced-job");
  ASSERT_EQ(job.at("state"), "done") << job.dump();
  const fs::path folder = world.queue().run_folder(*world.queue().find("paced-job"));
  const Json manifest = Json::parse(read_file(folder / "travel.json"));
  EXPECT_NE(manifest.at("stage_frames"), Json::array({0, 3, 6}));
  EXPECT_EQ(job.at("stage_frames"), manifest.at("stage_frames"));
}

TEST(V1FramesReady, OfAJobThatIsNotDoneItsFolderTells) {
  ApiWorld world;
  Json request = quick_request();
  request["travel_steps"] = 200;
  const std::string job = "/api/v1/jobs/walk-job";
  EXPECT_EQ(
      world.post("/api/v1/jobs", {{"id", "walk-job"}, {"request", request}}).at("frames_ready"),
      "");
  world.start();
  for (int i = 0; i < 6000 && world.get(job).at("frames_done") < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  world.call("POST", job + "/cancel");
  ASSERT_EQ(world.finished("walk-job").at("state"), "cancelled");
  const std::int64_t done = world.get(job).at("frames_done");
  ASSERT_GE(done, 2);
  EXPECT_EQ(world.get(job).at("frames_ready"), "0-" + std::to_string(done - 1));

  const fs::path folder = world.queue().run_folder(*world.queue().find("walk-job"));
  for (std::int64_t i = 0; i < done; ++i) {
    fs::remove(folder / frame_file_name(i));
  }
  for (const std::int64_t i : {0, 1, 2, 57, 200, 201, 202}) {
    std::ofstream(folder / frame_file_name(i)) << "picture";
  }
  std::ofstream(folder / "00100.png.part") << "picture";
  EXPECT_EQ(world.get(job).at("frames_ready"), "0-2,57,200-201");

  // The folder's time tells that nothing changed; another time, that it has to be read again.
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(folder, old);
  EXPECT_EQ(world.get(job).at("frames_ready"), "0-2,57,200-201");
  fs::remove(folder / frame_file_name(57));
  fs::last_write_time(folder, old);
  EXPECT_EQ(world.get(job).at("frames_ready"), "0-2,57,200-201");
  fs::last_write_time(folder, old + std::chrono::seconds(1));
  EXPECT_EQ(world.get(job).at("frames_ready"), "0-2,200-201");
}

TEST_F(V1Files, FramesAndThumbnails) {
  const HttpResponse frame = get("/frames/1");
  EXPECT_EQ(header_of(frame, "Content-Type"), "image/png");
  EXPECT_NE(header_of(frame, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(read_image(std::get<HttpFile>(frame.body).path).image.width, 32);
  const HttpResponse small = get("/frames/1", {{"w", "32"}});
  EXPECT_EQ(header_of(small, "Content-Type"), "image/jpeg");
  EXPECT_EQ(decode_image(std::get<std::string>(small.body), "a").image.height, 32);
  for (const char* missing :
       {"/frames/3", "/frames/-1", "/frames/x", "/frames/1.png", "/frames/18446744073709551616"}) {
    EXPECT_EQ(get(missing).status, 404) << missing;
  }
  EXPECT_EQ(get("/frames/1", {{"w", "31"}}).status, 422);
  EXPECT_EQ(get("/frames/1", {{"w", "513"}}).status, 422);
  EXPECT_EQ(get("/frames/1", {{"w", "wide"}}).status, 422);
}

TEST_F(V1Files, FilesOfTheRunAndNothingElse) {
  const std::string video = job_->at("video");
  const HttpResponse film = get("/files/" + video);
  EXPECT_EQ(film.status, 200);
  EXPECT_EQ(header_of(film, "Content-Type"), "video/mp4");
  EXPECT_EQ(get("/files/contact-sheet.png").status, 200);
  write_file_atomic(world_->folder / "secret.txt", "secret");
  fs::create_symlink(world_->folder / "secret.txt", run_folder() / "link.txt");
  fs::create_directory(run_folder() / "folder");
  for (const char* name : {"travel.json", "..", ".", ".workers.lock", "link.txt", "folder",
                           "nothing.txt", "a.part", "..\\queue.sqlite"}) {
    EXPECT_EQ(get(std::string("/files/") + name).status, 404) << name;
  }
}

TEST_F(V1Files, AllFramesAsAnArchive) {
  const HttpResponse zip = get("/zip");
  const auto& pieces = std::get<HttpPieces>(zip.body);
  std::string whole;
  for (std::string piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
    whole += piece;
  }
  EXPECT_EQ(whole.size(), pieces.length);
  EXPECT_NE(whole.find(read_file(run_folder() / "00001.png")), std::string::npos);
  EXPECT_NE(header_of(zip, "Content-Disposition").find("frames-"), std::string::npos);
}

TEST_F(V1Files, MotionOfAFinishedRunIsItsReport) {
  Json motion = ApiWorld::json_of(get("/motion"));
  EXPECT_EQ(motion.at("final"), true);
  EXPECT_EQ(motion.at("pending"), 0);
  motion.erase("final");
  motion.erase("pending");
  EXPECT_EQ(motion, Json::parse(read_file(run_folder() / "motion.json")));
  EXPECT_EQ(motion.at("distances").at("lab").at("steps").size(), 2U);
  EXPECT_EQ(motion.at("distances").at("ssim").at("steps").size(), 2U);
}

TEST_F(V1Files, MotionWithoutAReportIsMeasured) {
  const std::string report = read_file(run_folder() / "motion.json");
  for (const std::string& broken :
       {std::string(), report.substr(0, report.size() / 2), std::string("{\"frames\": 3}"),
        std::regex_replace(report, std::regex("\"frames\": 3"), "\"frames\": 4"),
        std::regex_replace(report, std::regex("\"steps\": \\["), "\"steps\": [null, ")}) {
    write_file_atomic(run_folder() / "motion.json", broken);
    const Json motion = ApiWorld::json_of(get("/motion"));
    EXPECT_EQ(motion.at("final"), false) << broken;
    EXPECT_EQ(motion.at("frames"), 3);
    ASSERT_EQ(motion.at("distances").size(), 2U);
    for (const char* name : {"lab", "ssim"}) {
      const Json& measured = motion.at("distances").at(name);
      const Json said = Json::parse(report).at("distances").at(name);
      ASSERT_EQ(measured.at("steps").size(), 2U);
      for (int i = 0; i < 2; ++i) {
        EXPECT_NEAR(measured.at("steps")[i].get<double>(), said.at("steps")[i].get<double>(), 1e-6);
      }
      EXPECT_NEAR(measured.at("median").get<double>(), said.at("median").get<double>(), 1e-6);
    }
  }
  write_file_atomic(run_folder() / "motion.json", report);
}

TEST(V1Motion, FramesThatAreNotThereAreNull) {
  TemporaryFolder folder;
  const auto draw = [&](int index, std::uint8_t grey) {
    Image image(64, 64);
    std::fill(image.pixels.begin(), image.pixels.end(), grey);
    write_png(folder.path() / frame_file_name(index), image);
  };
  for (int i = 0; i < 6; ++i) {
    draw(i, static_cast<std::uint8_t>(2 * i));
  }
  draw(6, 200);
  draw(8, 200);
  MotionMeasures measures;
  const Json motion = measures.of_run(folder.path(), 9);
  const Json& measured = motion.at("distances").at("lab");
  ASSERT_EQ(measured.at("steps").size(), 8U);
  EXPECT_EQ(measured.at("steps")[6], nullptr);
  EXPECT_EQ(measured.at("steps")[7], nullptr);
  ASSERT_EQ(measured.at("jumps").size(), 1U);
  EXPECT_EQ(measured.at("jumps")[0].at("from").at("frame"), 5);
  EXPECT_EQ(measured.at("jumps")[0].at("to").at("frame"), 6);
  EXPECT_EQ(measured.at("jumps")[0].at("over_median"), measured.at("max_over_median"));
}

/// Frames that are measured for one request are not measured for the next, and no request measures
/// all of a long film.
TEST(V1Motion, OneRequestMeasuresAPart) {
  TemporaryFolder folder;
  Image image(64, 64);
  for (int i = 0; i < 4; ++i) {
    image.pixels.at(0) = static_cast<std::uint8_t>(i);
    write_png(folder.path() / frame_file_name(i), image);
  }
  MotionMeasures measures(std::chrono::milliseconds(0));
  for (int asked = 1; asked <= 3; ++asked) {
    const Json motion = measures.of_run(folder.path(), 4);
    EXPECT_EQ(motion.at("pending"), 3 - asked);
    const Json& steps = motion.at("distances").at("lab").at("steps");
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(steps[static_cast<std::size_t>(i)].is_number(), i < asked) << motion.dump();
    }
  }
  // Nothing is read a second time, be it broken: a pair that cannot be measured is not pending.
  fs::remove(folder.path() / frame_file_name(1));
  EXPECT_TRUE(
      measures.of_run(folder.path(), 4).at("distances").at("lab").at("steps")[0].is_number());
  write_file_atomic(folder.path() / frame_file_name(4), "no picture");
  EXPECT_EQ(measures.of_run(folder.path(), 5).at("pending"), 0);
  EXPECT_EQ(measures.of_run(folder.path(), 5).at("distances").at("lab").at("steps")[3], nullptr);
}

TEST_F(V1Files, AnotherVideoFromTheSameFrames) {
  const std::string path = "/api/v1/jobs/drawn-job/video";
  const Json made = world_->post(path, {{"fps", 5}, {"format", "gif"}, {"ping_pong", true}});
  const std::string file = made.at("file");
  EXPECT_TRUE(file.ends_with(".gif")) << made.dump();
  EXPECT_EQ(get("/files/" + file).status, 200);
  const Json refused = world_->post(
      path, {{"fps", 0}, {"format", "avi"}, {"pad", -1}, {"pick", 5}, {"out", "/tmp/a.mp4"}});
  for (const char* field : {"fps", "format", "pad", "pick", "out"}) {
    EXPECT_NE(problem_of(refused, field), "") << field << " " << refused.dump();
  }
  for (const char* field : {"pad", "hold"}) {
    EXPECT_NE(problem_of(world_->post(path, {{field, 1001}}), field), "");
  }
}

TEST_F(V1Files, EstimatesAreKnownAfterARun) {
  const Json answer = world_->post("/api/v1/dry-run", {{"request", quick_request()}});
  EXPECT_GT(answer.at("seconds_per_frame"), 0) << answer.dump();
  EXPECT_GT(answer.at("estimate_seconds"), answer.at("seconds_per_frame"));
  // What is drawn to find a pace is part of the work: 2 pictures for each of the film's frames, or
  // as many previews, each of two fifths of the steps, beside the frames.
  Json request = quick_request();
  request.update({{"travel_steps", 8}, {"pace_budget", 2}});
  const auto frames = [&](const char* pace) {
    request["pace"] = pace;
    const Json told = world_->post("/api/v1/dry-run", {{"request", request}});
    return told.at("estimate_seconds").get<double>() / told.at("seconds_per_frame").get<double>();
  };
  EXPECT_NEAR(frames("alpha"), 10, 1e-6);
  EXPECT_NEAR(frames("even"), 20, 1e-6);
  EXPECT_GT(frames("preview"), 10.5);
}

TEST_F(V1Files, MetricsCount) {
  const HttpResponse answer = world_->call("GET", "/metrics");
  const std::string& text = std::get<std::string>(answer.body);
  EXPECT_NE(text.find("prompt_travel_frames_total 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("prompt_travel_jobs_total{state=\"done\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("prompt_travel_queue_length 0\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("resident_bytes 0\n"), std::string::npos);
}

}  // namespace
}  // namespace ptravel
