// What real clients send, one test for each habit.
#include <gtest/gtest.h>

#include "checkpoint/safetensors.h"
#include "tests/sdapi/sdapi_server.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

TEST(SdapiHabits, AuthorizationIsSentToServersWithoutUsers) {
  for (const char* value : {"", "Basic", "Basic undefined", "Basic Tm9uZTpOb25l", "Bearer x"}) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/sdapi/v1/options";
    request.headers = {{"authorization", value}};
    EXPECT_EQ(sdapi_server().ask(request).status, 200) << value;
  }
}

TEST(SdapiHabits, ContentTypesHaveCharsets) {
  const HttpResponse response =
      sdapi_server().post("/sdapi/v1/txt2img", small_picture().dump(),
                          {{"content-type", "application/json; charset=UTF-8"}});
  EXPECT_EQ(response.status, 200);
}

TEST(SdapiHabits, PathsEndInABareQuestionMark) {
  EXPECT_EQ(sdapi_server().get("/sdapi/v1/options?").status, 200);
}

TEST(SdapiHabits, QueriesHaveNamesThatNobodyKnows) {
  EXPECT_EQ(sdapi_server().get("/sdapi/v1/progress?skipCurrentImage=false").status, 200);
  EXPECT_EQ(sdapi_server().get("/sdapi/v1/progress?skip_current_image=maybe").status, 422);
}

TEST(SdapiHabits, EmptyAndInactiveControlNetUnitsAskForNothing) {
  for (const char* arguments :
       {R"({"ControlNet": {"args": []}})", R"({"ControlNet": {}})",
        R"({"ControlNet": {"args": null}})",
        R"({"controlnet": {"args": [{"enabled": false, "image": "x"}, {"enabled": 0}, null]}})"}) {
    EXPECT_EQ(drawn({{"alwayson_scripts", Json::parse(arguments)}}).at("images").size(), 1u)
        << arguments;
  }
  for (const char* arguments :
       {R"({"ControlNet": {"args": [{"image": "x"}]}})",
        R"({"ControlNet": {"args": [{"enabled": false}, {"enabled": true}]}})"}) {
    Json request = small_picture();
    request["alwayson_scripts"] = Json::parse(arguments);
    const Json detail = sdapi_server().posted("txt2img", request, 422).at("detail");
    EXPECT_EQ(detail[0].at("loc")[1], "alwayson_scripts") << arguments;
  }
}

TEST(SdapiHabits, AllOptionsArePostedBackWithOneChanged) {
  Json options = sdapi_server().got("options");
  options["send_size"] = false;
  EXPECT_TRUE(sdapi_server().posted("options", options).is_null());
  Json after = sdapi_server().got("options");
  EXPECT_EQ(after, options);
  options["send_size"] = true;
  sdapi_server().posted("options", options);
}

TEST(SdapiHabits, ModelsAreNamedByTitleTitleWithoutHashAndModelName) {
  const Json models = sdapi_server().got("sd-models");
  const std::string now = sdapi_server().got("options").at("sd_model_checkpoint");
  for (const Json& model : models) {
    const std::string title = model.at("title");
    const std::string bare = title.substr(0, title.rfind(" ["));
    for (const std::string& name : {title, bare, model.at("model_name").get<std::string>()}) {
      sdapi_server().posted("options", {{"sd_model_checkpoint", name}});
      EXPECT_EQ(sdapi_server().got("options").at("sd_model_checkpoint"), title) << name;
      const Json info = info_of(drawn({{"override_settings", {{"sd_model_checkpoint", name}}}}));
      EXPECT_EQ(info.at("sd_model_name"), model.at("model_name"));
    }
  }
  sdapi_server().posted("options", {{"sd_model_checkpoint", now}});
}

TEST(SdapiHabits, OverriddenModelsThatAreNotThereAreDropped) {
  EXPECT_EQ(
      drawn({{"override_settings", {{"sd_model_checkpoint", "gone.ckpt"}}}}).at("images").size(),
      1u);
}

TEST(SdapiHabits, OverridesStayWhenTheyAreNotToBeRestored) {
  drawn({{"override_settings", {{"sd_vae", "None"}, {"img2img_color_correction", false}}},
         {"override_settings_restore_afterwards", false}});
  EXPECT_EQ(sdapi_server().got("options").at("sd_vae"), "None");
  sdapi_server().posted("options", {{"sd_vae", "Automatic"}});
}

TEST(SdapiHabits, AutomaticTakesTheVaeOfTheModelsName) {
  SdapiServer server;
  const auto vae_of = [&] {
    return info_of(server.posted("txt2img", small_picture())).at("sd_vae_name");
  };
  EXPECT_TRUE(vae_of().is_null());
  const auto model = SafetensorsFile::open(server.folder() / "models/tiny.safetensors");
  constexpr std::string_view kPrefix = "first_stage_model.";
  TinyTensors vae;
  for (const std::string& name : model->names()) {
    if (name.starts_with(kPrefix)) {
      vae[name.substr(kPrefix.size())] = {model->shape(name), read_numbers(*model, name),
                                          model->format(name)};
    }
  }
  write_tiny_safetensors(server.folder() / "models/vaes/tiny.safetensors", vae);
  server.posted("refresh-vae", Json::object());
  EXPECT_EQ(vae_of(), "tiny.safetensors");
  server.posted("options", {{"sd_vae", "None"}});
  EXPECT_TRUE(vae_of().is_null());
}

TEST(SdapiHabits, NumbersComeAsTexts) { drawn({{"hr_scale", "1.0"}, {"steps", "2"}}); }

TEST(SdapiHabits, ControlPostsHaveBodiesOfAnyKind) {
  for (const char* body : {"", "{}", "\"\"", "x"}) {
    for (const char* name :
         {"interrupt", "skip", "unload-checkpoint", "reload-checkpoint", "refresh-checkpoints",
          "refresh-vae", "refresh-loras", "refresh-embeddings"}) {
      const HttpResponse response = sdapi_server().post(std::string("/sdapi/v1/") + name, body,
                                                        {{"content-type", "text/plain"}});
      EXPECT_EQ(response.status, 200) << name;
      EXPECT_NO_THROW(SdapiServer::json(response)) << name;
    }
  }
}

TEST(SdapiHabits, WholeNumbersHaveFractions) {
  drawn({{"hr_second_pass_steps", 7.5}, {"steps", 2.0}});
}

TEST(SdapiHabits, ManyUnknownFieldsAndAHugeTmax) {
  Json changes = {{"s_tmax", 1e308}};
  for (int i = 0; i < 60; ++i) {
    changes["unknown_" + std::to_string(i)] = i;
  }
  EXPECT_EQ(drawn(changes).at("images").size(), 1u);
}

TEST(SdapiHabits, SeedsReachTwoToTheThirtyTwo) {
  EXPECT_EQ(info_of(drawn({{"seed", 4294967295}, {"hr_upscaler", ""}})).at("seed"), 4294967295);
}

TEST(SdapiHabits, RestoreFacesDrawsAndClaimsNothing) {
  const Json answer = drawn({{"restore_faces", true}, {"upscaler1", "None"}});
  EXPECT_EQ(answer.at("images"), drawn(Json::object()).at("images"));
  EXPECT_EQ(info_of(answer).at("restore_faces"), false);
}

TEST(SdapiHabits, SamplersHaveNamesFromBeforeVersionOneNine) {
  const Json info = info_of(drawn({{"sampler_name", "DPM++ 2M Karras"}}));
  EXPECT_EQ(info.at("sampler_name"), "DPM++ 2M");
  EXPECT_EQ(info.at("extra_generation_params").at("Schedule type"), "Karras");
}

TEST(SdapiHabits, AnEmptySamplerNameIsNoChoice) {
  EXPECT_EQ(info_of(drawn({{"sampler_name", ""}})).at("sampler_name"), "Euler");
  EXPECT_EQ(info_of(drawn({{"sampler_index", "Heun"}})).at("sampler_name"), "Heun");
}

TEST(SdapiHabits, SchedulersAreLowerCase) {
  const Json info = info_of(drawn({{"sampler_name", "Euler a"}, {"scheduler", "automatic"}}));
  EXPECT_EQ(info.at("extra_generation_params").at("Schedule type"), "Automatic");
}

TEST(SdapiHabits, ProgressIsZeroOnceAModelSwitchIsAnswered) {
  const std::string now = sdapi_server().got("options").at("sd_model_checkpoint");
  const std::string title = sdapi_server().got("sd-models")[0].at("title");
  EXPECT_NE(title, now);
  sdapi_server().posted("options", {{"sd_model_checkpoint", title}});
  const Json progress = sdapi_server().got("progress");
  sdapi_server().posted("options", {{"sd_model_checkpoint", now}});
  EXPECT_EQ(progress.at("progress"), 0.0);
  EXPECT_EQ(progress.at("state").at("job_count"), 0);
}

TEST(SdapiHabits, PicturesAreBareBase64) {
  EXPECT_TRUE(drawn(Json::object()).at("images")[0].get<std::string>().starts_with("iVBORw0KGgo"));
}

TEST(SdapiHabits, SdwebuiapisWholePayloadIsTaken) {
  const Json payload = Json::parse(R"({
    "enable_hr": false, "hr_scale": 2, "hr_upscaler": "Latent", "hr_second_pass_steps": 0,
    "hr_resize_x": 0, "hr_resize_y": 0, "denoising_strength": 0.7, "firstphase_width": 0,
    "firstphase_height": 0, "prompt": "a cat", "styles": [], "seed": 7, "subseed": -1,
    "subseed_strength": 0.0, "seed_resize_from_h": 0, "seed_resize_from_w": 0, "batch_size": 1,
    "n_iter": 1, "steps": 2, "cfg_scale": 7.0, "width": 64, "height": 64, "restore_faces": false,
    "tiling": false, "do_not_save_samples": false, "do_not_save_grid": false,
    "negative_prompt": "", "eta": 1.0, "s_churn": 0, "s_tmax": 0, "s_tmin": 0, "s_noise": 1,
    "override_settings": {}, "override_settings_restore_afterwards": true,
    "sampler_name": "Euler a", "sampler_index": "Euler a", "scheduler": "automatic",
    "script_name": null, "script_args": [], "send_images": true, "save_images": false,
    "alwayson_scripts": {}, "hr_prompt": "", "hr_negative_prompt": "", "disable_extra_networks": false
  })");
  EXPECT_EQ(info_of(sdapi_server().posted("txt2img", payload)).at("sampler_name"), "Euler a");
}

}  // namespace
}  // namespace ptravel
