// Prompt Travel by script_name: a job of the queue whose frames are the answer.
#include <chrono>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/files.h"
#include "media/image_file.h"
#include "tests/sdapi/sdapi_server.h"

namespace ptravel {
namespace {

Json travel_request(const Json& arguments) {
  Json request = small_picture();
  request["prompt"] = "a cat\na red dog";
  request["script_name"] = "Prompt Travel";
  request["script_args"] = arguments;
  return request;
}

const Json kFirst = Json::parse(R"(["fixed", 1.0, "linear", "2", "grad_min", 0.01, 1, "clip", 1, 1,
                                    "gif", 10, 0, "", true])");
const Json kNewest = Json::parse(R"(["linear", "lerp", "token", "random", "2", "fixed", 1.0, "8",
                                     null, "gif", 10, 0, "", true, false, 0, 0, 0.0001, 75, 0])");

JobRecord newest_job() { return sdapi_server().queue().list({}).front(); }

TEST(SdapiTravel, BothVersionsHaveTheirNumberOfFrames) {
  EXPECT_EQ(sdapi_server().posted("txt2img", travel_request(kFirst)).at("images").size(), 4u);
  EXPECT_EQ(newest_job().request.compat, Compat::First);
  EXPECT_EQ(sdapi_server().posted("txt2img", travel_request(kNewest)).at("images").size(), 3u);
  EXPECT_EQ(newest_job().request.compat, Compat::Newest);
}

TEST(SdapiTravel, TheAnswerHasTheFramesOfAJobThatStays) {
  const Json answer = sdapi_server().posted("txt2img", travel_request(kNewest));
  const JobRecord job = newest_job();
  EXPECT_EQ(job.state, QueueState::Done);
  EXPECT_FALSE(job.video.empty());
  const auto folder = sdapi_server().queue().run_folder(job);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(from_base64(answer.at("images")[i].get<std::string>()),
              read_file(folder / ("0000" + std::to_string(i) + ".png")));
  }
  const Json info = info_of(answer);
  EXPECT_EQ(info.at("all_seeds"), Json::parse("[7, 7, 7]"));
  EXPECT_EQ(info.at("infotexts").size(), 3u);
  EXPECT_EQ(info.at("all_prompts")[0], "a cat");
  EXPECT_EQ(info.at("all_prompts")[2], "a red dog");
  EXPECT_TRUE(info.at("all_subseeds")[0].is_number_integer());
  EXPECT_EQ(answer.at("parameters").at("script_args"), kNewest);
}

TEST(SdapiTravel, TheTitleIsComparedIgnoringCase) {
  Json request = travel_request(kNewest);
  request["script_name"] = "prompt travel";
  request["send_images"] = false;
  const Json answer = sdapi_server().posted("txt2img", request);
  EXPECT_TRUE(answer.at("images").empty());
  EXPECT_EQ(info_of(answer).at("infotexts").size(), 3u);
}

TEST(SdapiTravel, Img2imgTravelsStartFromThePicture) {
  Json request = travel_request(kNewest);
  request["init_images"] = {to_base64(encode_png(Image(64, 64)))};
  request["denoising_strength"] = 0.5;
  EXPECT_EQ(sdapi_server().posted("img2img", request).at("images").size(), 3u);
  EXPECT_FALSE(newest_job().request.init_image.empty());
  EXPECT_EQ(newest_job().request.denoise_strength, std::vector<double>{0.5});
}

TEST(SdapiTravel, AnInterruptedOneHasTheFramesThatAreFinished) {
  Json arguments = kNewest;
  arguments[4] = "200";
  Json request = travel_request(arguments);
  request["steps"] = 50;
  std::future<Json> drawn = std::async(
      std::launch::async, [request] { return sdapi_server().posted("txt2img", request); });
  for (int i = 0; i < 2000 && sdapi_server().got("progress").at("state").at("job_no") == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto outside = [](const char* path) { return SdapiServer::json(sdapi_server().get(path)); };
  EXPECT_EQ(outside("/internal/pending-tasks").at("size"), 0);
  EXPECT_EQ(outside("/queue/status").at("queue_size"), 0);
  sdapi_server().posted("interrupt", Json::object());
  const Json answer = drawn.get();
  const JobRecord job = newest_job();
  EXPECT_EQ(job.state, QueueState::Cancelled);
  EXPECT_GE(job.frames_done, 1);
  EXPECT_LT(job.frames_done, job.frames_total);
  EXPECT_EQ(answer.at("images").size(), static_cast<std::size_t>(job.frames_done));
  EXPECT_EQ(info_of(answer).at("infotexts").size(), answer.at("images").size());
}

TEST(SdapiTravel, WrongArgumentsMakeNoJob) {
  const auto jobs = sdapi_server().queue().list({}).size();
  Json wrong = kFirst;
  wrong[3] = "1,2,3";
  const Json detail =
      sdapi_server().posted("txt2img", travel_request(wrong), 422).at("detail").at(0);
  EXPECT_EQ(detail.at("loc"), Json::parse(R"(["body", "script_args", 3])"));
  Json long_way = kFirst;
  long_way[3] = "500000";
  sdapi_server().posted("txt2img", travel_request(long_way), 422);
  sdapi_server().posted("txt2img", travel_request(Json::array()), 422);
  EXPECT_EQ(sdapi_server().queue().list({}).size(), jobs);
}

}  // namespace
}  // namespace ptravel
