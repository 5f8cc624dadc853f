// Lists, settings, control and what lies beside /sdapi/v1.
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "media/image_file.h"
#include "tests/sdapi/sdapi_server.h"

namespace ptravel {
namespace {

SdapiServer& server() { return sdapi_server(); }

std::string texts_png(const std::vector<ImageText>& texts) {
  return to_base64(encode_png(Image(16, 8), texts));
}

TEST(SdapiRoutes, UnknownPathsAndMethodsAnswerAsTheOriginal) {
  EXPECT_EQ(SdapiServer::json(server().get("/sdapi/v1/artists"), 404),
            Json::parse(R"({"detail": "Not Found"})"));
  EXPECT_EQ(SdapiServer::json(server().get("/sdapi/v1/txt2img"), 405),
            Json::parse(R"({"detail": "Method Not Allowed"})"));
  EXPECT_EQ(SdapiServer::json(server().get("/controlnet/version"), 404),
            Json::parse(R"({"detail": "Not Found"})"));
}

TEST(SdapiRoutes, ListsHaveTheMembersThatClientsRead) {
  const auto has = [](const Json& list, std::initializer_list<const char*> members) {
    ASSERT_FALSE(list.empty());
    for (const char* member : members) {
      EXPECT_TRUE(list[0].contains(member)) << member;
    }
  };
  has(server().got("samplers"), {"name", "aliases", "options"});
  has(server().got("schedulers"), {"name", "label", "aliases", "default_rho", "need_inner_model"});
  has(server().got("upscalers"), {"name", "model_name", "model_path", "model_url", "scale"});
  EXPECT_EQ(server().got("upscalers").size(), 3U);
  has(server().got("sd-models"), {"title", "model_name", "hash", "sha256", "filename", "config"});
  has(server().got("script-info"), {"name", "is_alwayson", "is_img2img", "args"});
}

TEST(SdapiRoutes, SamplersKeepTheWebUisOrderAndOldNames) {
  const Json samplers = server().got("samplers");
  EXPECT_EQ(samplers[0].at("name"), "DPM++ 2M");
  EXPECT_EQ(samplers[0].at("aliases"), Json::parse(R"(["k_dpmpp_2m", "DPM++ 2M Karras"])"));
  EXPECT_EQ(samplers[0].at("options"), Json::parse(R"({"scheduler": "karras"})"));
}

TEST(SdapiRoutes, ScriptsAreNamedInLowerCase) {
  EXPECT_EQ(server().got("scripts"),
            Json::parse(R"({"txt2img": ["prompt travel"], "img2img": ["prompt travel"]})"));
  const Json info = server().got("script-info");
  ASSERT_EQ(info.size(), 2u);
  EXPECT_EQ(info[0].at("args").size(), 20u);
  EXPECT_EQ(info[0].at("args")[0].at("choices"), Json::parse(R"(["linear", "replace"])"));
}

TEST(SdapiOptions, TheModelIsATitleOfTheList) {
  const Json options = server().got("options");
  const Json models = server().got("sd-models");
  const bool found = std::any_of(models.begin(), models.end(), [&](const Json& model) {
    return model.at("title") == options.at("sd_model_checkpoint");
  });
  EXPECT_TRUE(found) << options.at("sd_model_checkpoint");
  EXPECT_FALSE(options.contains("forge_preset"));
  EXPECT_EQ(options.at("img2img_color_correction"), false);
}

TEST(SdapiOptions, AreWrittenAndReadBack) {
  EXPECT_TRUE(server()
                  .posted("options", {{"send_seed", false}, {"CLIP_stop_at_last_layers", "2"}})
                  .is_null());
  const Json options = server().got("options");
  EXPECT_EQ(options.at("send_seed"), false);
  EXPECT_EQ(options.at("CLIP_stop_at_last_layers"), 2);
  EXPECT_EQ(info_of(server().posted("txt2img", small_picture())).at("clip_skip"), 2);
  server().posted("options", {{"send_seed", true}, {"CLIP_stop_at_last_layers", 1}});
}

TEST(SdapiOptions, UnknownNamesAndModelsAreTheOriginalsExceptions) {
  const Json unknown = server().posted("options", {{"no_such_setting", 1}}, 500);
  EXPECT_EQ(unknown.at("error"), "KeyError");
  const Json model = server().posted("options", {{"sd_model_checkpoint", "x.ckpt"}}, 500);
  EXPECT_EQ(model.at("error"), "RuntimeError");
  EXPECT_EQ(model.at("errors"), "model 'x.ckpt' not found");
  server().posted("options", {{"sd_vae", "/etc/passwd"}}, 500);
}

TEST(SdapiOptions, ValuesThatWouldChangePicturesAreRefused) {
  EXPECT_EQ(
      server().posted("options", {{"enable_quantization", true}}, 422).at("detail")[0].at("loc")[1],
      "enable_quantization");
  EXPECT_EQ(server().got("options").at("enable_quantization"), false);
  server().posted("options", {{"randn_source", "TPU"}}, 422);
}

TEST(SdapiControl, IdleProgressIsZero) {
  const Json progress = server().got("progress?skip_current_image=true");
  EXPECT_EQ(progress.at("progress"), 0.0);
  EXPECT_EQ(progress.at("eta_relative"), 0.0);
  EXPECT_TRUE(progress.at("current_image").is_null());
  EXPECT_FALSE(progress.contains("detail"));
  for (const char* member : {"skipped", "interrupted", "stopping_generation", "job", "job_count",
                             "job_timestamp", "job_no", "sampling_step", "sampling_steps"}) {
    EXPECT_TRUE(progress.at("state").contains(member)) << member;
  }
  EXPECT_EQ(progress.at("state").at("job_count"), 0);
}

TEST(SdapiControl, NamesOfTasksAreShort) {
  Json request = small_picture();
  request["force_task_id"] = std::string(257, 'x');
  server().posted("txt2img", request, 422);
}

/// Pictures that take long enough to be watched, drawn beside the test.
std::future<Json> long_picture(int n_iter = 1, int steps = 1000) {
  Json request = small_picture();
  request["steps"] = steps;
  request["n_iter"] = n_iter;
  request["force_task_id"] = "task(watched)";
  return std::async(std::launch::async, [request] { return server().posted("txt2img", request); });
}

/// The first progress that `ready` likes; fails after 20 seconds.
Json progress_when(const std::function<bool(const Json&)>& ready) {
  for (int i = 0; i < 2000; ++i) {
    Json progress = server().got("progress");
    if (ready(progress)) {
      return progress;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "nothing happened for 20 seconds";
  return server().got("progress");
}

bool has_begun(const Json& progress) {
  return progress.at("state").at("sampling_step").get<int>() > 2;
}

TEST(SdapiControl, ProgressTellsOfTheWorkUntilItIsInterrupted) {
  std::future<Json> answer = long_picture();
  const Json progress = progress_when(has_begun);
  EXPECT_GT(progress.at("progress").get<double>(), 0.01);
  EXPECT_EQ(progress.at("state").at("job"), "scripts_txt2img");
  EXPECT_EQ(progress.at("state").at("job_count"), 1);
  EXPECT_EQ(progress.at("state").at("interrupted"), false);
  EXPECT_EQ(progress.at("current_task"), "task(watched)");
  const Json task =
      SdapiServer::json(server().post("/internal/progress", R"x({"id_task": "task(watched)"})x"));
  EXPECT_EQ(task.at("active"), true);
  EXPECT_EQ(SdapiServer::json(server().post("/sdapi/v1/interrupt", "")), Json::object());
  EXPECT_TRUE(answer.get().at("images").empty());
  EXPECT_EQ(server().got("progress").at("state").at("interrupted"), true);
  server().posted("txt2img", small_picture());
  EXPECT_EQ(server().got("progress").at("state").at("interrupted"), false);
}

TEST(SdapiControl, TheCurrentImageIsAPicture) {
  std::future<Json> answer = long_picture(20);
  const Json progress =
      progress_when([](const Json& now) { return !now.at("current_image").is_null(); });
  const std::string bytes =
      from_base64(progress.at("current_image").get<std::string>()).value_or("");
  EXPECT_GT(decode_image(bytes, "preview", 1 << 20).image.width, 0);
  EXPECT_TRUE(server().got("progress?skip_current_image=true").at("current_image").is_null());
  server().posted("options", {{"live_previews_enable", false}});
  EXPECT_TRUE(server().got("progress").at("current_image").is_null());
  server().posted("options", {{"live_previews_enable", true}});
  EXPECT_FALSE(server().got("progress").at("current_image").is_null());
  server().posted("interrupt", Json::object());
  answer.get();
}

TEST(SdapiControl, SkipEndsTheBatchAndGoesOn) {
  std::future<Json> answer = long_picture(2);
  progress_when(has_begun);
  EXPECT_TRUE(SdapiServer::json(server().post("/sdapi/v1/skip", "")).is_null());
  progress_when([](const Json& now) { return now.at("state").at("job_no") == 1; });
  server().posted("interrupt", Json::object());
  EXPECT_TRUE(answer.get().at("images").empty());
}

TEST(SdapiOptions, AnotherNameOfTheSameModelWaitsForNothing) {
  std::future<Json> drawn = long_picture(20);
  progress_when(has_begun);
  server().posted("options", {{"sd_model_checkpoint", "tiny"}});
  server().posted("options", {{"sd_model_checkpoint", "tiny.safetensors"}});
  EXPECT_GT(server().got("progress").at("state").at("job_count"), 0);
  server().posted("interrupt", Json::object());
  drawn.get();
}

TEST(SdapiOptions, AChangeThatWaitsTakesNoOtherBack) {
  std::future<Json> drawn = long_picture(20);
  progress_when(has_begun);
  std::future<Json> waiting = std::async(std::launch::async, [] {
    return server().posted("options", {{"sd_vae", "None"}});  // loads, when its turn comes
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server().posted("options", {{"send_size", false}});
  server().posted("interrupt", Json::object());
  drawn.get();
  waiting.get();
  const Json options = server().got("options");
  EXPECT_EQ(options.at("sd_vae"), "None");
  EXPECT_EQ(options.at("send_size"), false);
  server().posted("options", {{"sd_vae", "Automatic"}, {"send_size", true}});
}

TEST(SdapiControl, ASkippedPictureLeavesTheOthersTheirSeeds) {
  std::future<Json> drawn = long_picture(2, 300);
  progress_when(has_begun);
  server().posted("skip", Json::object());
  const Json answer = drawn.get();
  EXPECT_EQ(answer.at("images").size(), 1u);
  EXPECT_EQ(info_of(answer).at("all_seeds"), Json::parse("[8]"));
  EXPECT_EQ(info_of(answer).at("infotexts").size(), 1u);
}

TEST(SdapiControl, AnInterruptedRequestHasThePicturesThatAreFinished) {
  constexpr int kPictures = 100;
  std::future<Json> drawn = long_picture(kPictures, 100);
  progress_when([](const Json& now) { return now.at("state").at("job_no").get<int>() > 0; });
  server().posted("interrupt", Json::object());
  const Json answer = drawn.get();
  const std::size_t pictures = answer.at("images").size();
  EXPECT_GE(pictures, 1u);
  EXPECT_LT(pictures, std::size_t{kPictures});
  EXPECT_EQ(info_of(answer).at("infotexts").size(), pictures);
  EXPECT_EQ(info_of(answer).at("all_seeds").size(), pictures);
  EXPECT_EQ(info_of(answer).at("seed"), 7);
}

TEST(SdapiControl, MemoryFlagsAndModelsInMemory) {
  const Json memory = server().got("memory");
  EXPECT_GT(memory.at("ram").at("total").get<std::uint64_t>(),
            memory.at("ram").at("used").get<std::uint64_t>());
  EXPECT_TRUE(memory.at("cuda").contains("error"));
  const Json flags = server().got("cmd-flags");
  EXPECT_TRUE(flags.contains("port"));
  EXPECT_EQ(flags.dump().find('/'), std::string::npos) << "a path of this machine: " << flags;
  server().posted("reload-checkpoint", Json::object());
  EXPECT_GT(server().queue().model_bytes(), 0u);
  EXPECT_EQ(server().posted("unload-checkpoint", Json::object()), Json::object());
  EXPECT_EQ(server().queue().model_bytes(), 0u);
}

TEST(SdapiExtras, EnlargesOneAndSeveral) {
  const std::string picture =
      texts_png({{"parameters", "a cat\nSteps: 2, Sampler: Euler, Seed: 1"}});
  const Json one =
      server().posted("extra-single-image",
                      {{"image", picture}, {"upscaler_1", "Lanczos"}, {"upscaling_resize", 2}});
  EXPECT_EQ(one.at("html_info"),
            "<p>Postprocess upscale by: 2.0, Postprocess upscaler: Lanczos</p>");
  const LoadedImage enlarged =
      decode_image(from_base64(one.at("image").get<std::string>()).value(), "x", 1 << 20);
  EXPECT_EQ(enlarged.image.width, 32);
  EXPECT_TRUE(find_text(enlarged.texts, "parameters"));
  EXPECT_TRUE(find_text(enlarged.texts, "postprocessing"));
  const Json several = server().posted(
      "extra-batch-images",
      {{"imageList", {{{"data", picture}, {"name", "a"}}, {{"data", picture}, {"name", "b"}}}},
       {"upscaler_1", "Nearest"}});
  EXPECT_EQ(several.at("images").size(), 2u);
  server().posted("extra-single-image", {{"image", picture}});
}

TEST(SdapiExtras, RefusesWhatItDoesNotHave) {
  const std::string picture = texts_png({});
  EXPECT_EQ(server()
                .posted("extra-single-image", {{"image", picture}, {"gfpgan_visibility", 0.5}}, 422)
                .at("detail")[0]
                .at("loc")[1],
            "gfpgan_visibility");
  EXPECT_EQ(server()
                .posted("extra-single-image", {{"image", picture}, {"upscaler_1", "SwinIR"}}, 500)
                .at("error"),
            "AssertionError");
  server().posted("extra-single-image",
                  {{"image", picture}, {"upscaler_1", "Lanczos"}, {"upscaling_resize", 0}}, 422);
  server().posted("extra-batch-images", Json::object(), 422);
  server().posted("extra-batch-images", {{"imageList", {1}}}, 422);
  EXPECT_EQ(
      server().posted("interrogate", {{"image", picture}, {"model", "clip"}}, 404).at("detail"),
      "Model not found");
}

TEST(SdapiExtras, ABatchIsBoundedAsAWhole) {
  const SdapiServer small([](ServeOptions& options) { options.limits.upload_pixels = 1000; });
  const Json one = {{"data", texts_png({})}, {"name", "a"}};  // 16 x 8
  const auto ask = [&](const Json& list, const Json& settings, int status) {
    Json body = {{"imageList", list}};
    body.update(settings);
    return small.posted("extra-batch-images", body, status);
  };
  const Json by_two = {{"upscaler_1", "Nearest"}, {"upscaling_resize", 2}};
  EXPECT_EQ(ask(Json::array({one}), by_two, 200).at("images").size(), 1U);
  const Json refused = ask(Json::array({one, one}), by_two, 422);
  EXPECT_EQ(refused.at("detail")[0].at("loc"), Json({"body", "imageList"})) << refused.dump();
  EXPECT_NE(refused.dump().find("1000 pixels in all"), std::string::npos) << refused.dump();
  EXPECT_EQ(ask(Json(7, one), Json::object(), 200).at("images").size(), 7U);
  ask(Json(8, one), Json::object(), 422);
  // Cropped pictures count as large as they are on the way.
  ask(Json::array({one, one}),
      {{"upscaler_1", "Lanczos"},
       {"resize_mode", 1},
       {"upscaling_resize_w", 8},
       {"upscaling_resize_h", 16}},
      422);
}

TEST(SdapiPngInfo, ReadsTextAndItems) {
  const std::string text =
      "a cat\nNegative prompt: blurry\nSteps: 2, Sampler: Euler, Seed: 1, Size: 16x8";
  const Json info = server().posted(
      "png-info",
      {{"image", "data:image/png;base64," + texts_png({{"parameters", text}, {"author", "me"}})}});
  EXPECT_EQ(info.at("info"), text);
  EXPECT_EQ(info.at("items"), Json::parse(R"({"author": "me"})"));
  EXPECT_EQ(info.at("parameters").at("Prompt"), "a cat");
  EXPECT_EQ(info.at("parameters").at("Size-1"), "16");
  EXPECT_EQ(server().posted("png-info", {{"image", texts_png({})}}).at("info"), "");
  EXPECT_EQ(server().posted("png-info", {{"image", " "}}).at("info"), "");
  server().posted("png-info", Json::object(), 422);
}

TEST(SdapiPngInfo, PicturesOfThisServerTellTheirText) {
  const Json answer = server().posted("txt2img", small_picture());
  EXPECT_EQ(server().posted("png-info", {{"image", answer.at("images")[0]}}).at("info"),
            info_of(answer).at("infotexts")[0]);
}

TEST(SdapiOutside, SignsOfLife) {
  EXPECT_EQ(SdapiServer::json(server().get("/internal/ping")), Json::object());
  EXPECT_EQ(SdapiServer::json(server().get("/queue/status")).at("msg"), "estimation");
  const Json config = SdapiServer::json(server().get("/config"));
  EXPECT_TRUE(config.at("components")[0].at("props").contains("choices"));
  EXPECT_EQ(SdapiServer::json(server().get("/internal/pending-tasks")),
            Json::parse(R"({"size": 0, "tasks": []})"));
  server().post("/login", "username=a&password=b",
                {{"content-type", "application/x-www-form-urlencoded"}});
  const Json idle =
      SdapiServer::json(server().post("/internal/progress", R"x({"id_task": "task(none)"})x"));
  EXPECT_EQ(idle.at("active"), false);
  EXPECT_EQ(idle.at("textinfo"), "Waiting...");
}

}  // namespace
}  // namespace ptravel
