// POST txt2img: what is drawn, what is said of it, what is refused.
#include <string>

#include <gtest/gtest.h>

#include "media/image_file.h"
#include "tests/sdapi/drawn_pictures.h"
#include "tests/sdapi/sdapi_server.h"

namespace ptravel {
namespace {

TEST(SdapiTxt2img, DrawsThePictureThatOurOwnWayDraws) {
  const Json answer = drawn();
  ASSERT_EQ(answer.at("images").size(), 1u);
  EXPECT_EQ(decoded(answer.at("images")[0]).image, rendered());
}

/// As the web UI has it: a comment line goes with its line ends, others leave their line's end.
TEST(SdapiTxt2img, CommentsLeaveNoEmptyLines) {
  const Json answer = drawn({{"prompt", "a\n# note\ncat"}, {"negative_prompt", "blurry # very"}});
  EXPECT_EQ(info_of(answer).at("prompt"), "a\ncat");
  EXPECT_EQ(info_of(answer).at("negative_prompt"), "blurry \n");
  EXPECT_EQ(decoded(answer.at("images")[0]).image, rendered());
}

TEST(SdapiTxt2img, SeveralPicturesAreThoseOfTheirSeeds) {
  const Json answer = drawn({{"batch_size", 2}, {"n_iter", 2}});
  ASSERT_EQ(answer.at("images").size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(decoded(answer.at("images")[i]).image,
              rendered([i](TravelRequest& request) { request.seed = {7 + i}; }))
        << i;
  }
  const Json info = info_of(answer);
  EXPECT_EQ(info.at("all_seeds"), Json::parse("[7, 8, 9, 10]"));
  EXPECT_EQ(info.at("index_of_first_image"), 0);
  EXPECT_EQ(info.at("infotexts").size(), 4u);
}

TEST(SdapiTxt2img, VariationsCountUpTheirSubseeds) {
  const Json answer = drawn({{"batch_size", 2}, {"subseed", 100}, {"subseed_strength", 0.5}});
  const Json info = info_of(answer);
  EXPECT_EQ(info.at("all_seeds"), Json::parse("[7, 7]"));
  EXPECT_EQ(info.at("all_subseeds"), Json::parse("[100, 101]"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(decoded(answer.at("images")[i]).image, rendered([i](TravelRequest& request) {
                request.subseed = 100 + i;
                request.subseed_strength = {0.5};
              }));
  }
  EXPECT_NE(info.at("infotexts")[1].get<std::string>().find(
                "Variation seed: 101, Variation seed strength: 0.5"),
            std::string::npos);
}

TEST(SdapiTxt2img, WritesTheWebUisTextIntoThePicture) {
  const Json answer =
      drawn({{"prompt", "a cat,\nsitting"}, {"sampler_name", "DPM++ 2M Karras"}, {"cfg_scale", 7}});
  const LoadedImage picture = decoded(answer.at("images")[0]);
  const std::string text = find_text(picture.texts, "parameters").value();
  const std::string hash = info_of(answer).at("sd_model_hash");
  EXPECT_EQ(text,
            "a cat,\nsitting\nNegative prompt: blurry\nSteps: 2, Sampler: DPM++ 2M, Schedule type: "
            "Karras, CFG scale: 7.0, Seed: 7, Size: 64x64, Model hash: " +
                hash + ", Model: tiny, RNG: NV, Version: Prompt Travel " PTRAVEL_TEST_VERSION);
  EXPECT_EQ(info_of(answer).at("infotexts")[0], text);
  EXPECT_EQ(text.find("Travel frame"), std::string::npos);
}

TEST(SdapiTxt2img, InfoIsATextWithEveryMember) {
  const Json answer = drawn({{"styles", {"cinematic"}}, {"sampler_name", "Euler a"}});
  ASSERT_TRUE(answer.at("info").is_string());
  const Json info = info_of(answer);
  for (const char* member : {"prompt",
                             "all_prompts",
                             "negative_prompt",
                             "all_negative_prompts",
                             "seed",
                             "all_seeds",
                             "subseed",
                             "all_subseeds",
                             "subseed_strength",
                             "width",
                             "height",
                             "sampler_name",
                             "cfg_scale",
                             "steps",
                             "batch_size",
                             "restore_faces",
                             "face_restoration_model",
                             "sd_model_name",
                             "sd_model_hash",
                             "sd_vae_name",
                             "sd_vae_hash",
                             "seed_resize_from_w",
                             "seed_resize_from_h",
                             "denoising_strength",
                             "extra_generation_params",
                             "index_of_first_image",
                             "infotexts",
                             "styles",
                             "job_timestamp",
                             "clip_skip",
                             "is_using_inpainting_conditioning",
                             "version"}) {
    EXPECT_TRUE(info.contains(member)) << member;
  }
  EXPECT_EQ(info.at("seed"), 7);
  EXPECT_EQ(info.at("width"), 64);
  EXPECT_EQ(info.at("sampler_name"), "Euler a");
  EXPECT_EQ(info.at("sd_model_name"), "tiny");
  EXPECT_EQ(info.at("job_timestamp").get<std::string>().size(), 14u);
  EXPECT_TRUE(info.at("all_subseeds")[0].is_number_integer());
}

TEST(SdapiTxt2img, RepeatsTheRequestsFields) {
  const Json parameters = drawn({{"batch_size", "2"}, {"unknown", 1}}).at("parameters");
  EXPECT_EQ(parameters.at("batch_size"), 2);
  EXPECT_EQ(parameters.at("n_iter"), 1);
  EXPECT_EQ(parameters.at("steps"), 2);
  EXPECT_EQ(parameters.at("save_images"), false);
  EXPECT_TRUE(parameters.at("sampler_name").is_null());
  EXPECT_FALSE(parameters.contains("unknown"));
}

TEST(SdapiTxt2img, DrawsASeedWhereItIsMinusOne) {
  const Json first = info_of(drawn({{"seed", -1}}));
  const Json second = info_of(drawn({{"seed", nullptr}}));
  EXPECT_GE(first.at("seed").get<std::int64_t>(), 0);
  EXPECT_NE(first.at("seed"), second.at("seed"));
}

TEST(SdapiTxt2img, SettingsOfOneRequestDoNotStay) {
  const Json answer =
      drawn({{"override_settings", {{"CLIP_stop_at_last_layers", 2}, {"no_such_setting", 1}}}});
  EXPECT_EQ(info_of(answer).at("clip_skip"), 2);
  EXPECT_EQ(decoded(answer.at("images")[0]).image,
            rendered([](TravelRequest& request) { request.clip_skip = 2; }));
  EXPECT_EQ(sdapi_server().got("options").at("CLIP_stop_at_last_layers"), 1);
}

TEST(SdapiTxt2img, AnEmptyPromptIsAPictureToo) {
  EXPECT_EQ(decoded(drawn({{"prompt", ""}}).at("images")[0]).image,
            rendered([](TravelRequest& request) { request.prompt = "\"\""; }));
}

TEST(SdapiTxt2img, ExplicitEtaCountsWhereTheSamplerHasOne) {
  EXPECT_EQ(decoded(drawn({{"sampler_name", "DDIM"}, {"eta", 1.0}}).at("images")[0]).image,
            rendered([](TravelRequest& request) {
              request.sampler = "DDIM";
              request.eta = 1;
            }));
  const std::string text =
      info_of(drawn({{"sampler_name", "DPM++ 2M"}, {"eta", 0.5}})).at("infotexts")[0];
  EXPECT_EQ(text.find("Eta"), std::string::npos);
}

TEST(SdapiTxt2img, SettingsOfGuidanceAndSchedulesAreDrawnBy) {
  const Json settings = {
      {"s_min_uncond_all", true}, {"skip_early_cond", 0.2}, {"sigma_max", 10.0}, {"rho", 5}};
  const Json answer = drawn({{"sampler_name", "DPM++ 2M"},
                             {"steps", 4},
                             {"s_min_uncond", 3},
                             {"override_settings", settings}});
  EXPECT_EQ(decoded(answer.at("images")[0]).image, rendered([](TravelRequest& request) {
              request.sampler = "DPM++ 2M";
              request.steps = 4;
              request.skip_guidance_below_sigma = 3;
              request.skip_guidance_all_steps = true;
              request.cfg_start = 0.2;
              request.schedule_sigma_max = 10;
              request.schedule_rho = 5;
            }));
  const std::string text = info_of(answer).at("infotexts")[0];
  EXPECT_NE(text.find("Schedule max sigma: 10.0, Schedule rho: 5.0, Skip Early CFG: 0.2, NGMS: "
                      "3.0, NGMS all steps: True"),
            std::string::npos)
      << text;
  const Json again = drawn({{"sampler_name", "DPM++ 2M"}, {"steps", 4}, {"infotext", text}});
  EXPECT_EQ(again.at("images"), answer.at("images"));
}

TEST(SdapiTxt2img, DrawsAgainAtALargerSize) {
  const Json answer = drawn({{"enable_hr", true},
                             {"denoising_strength", 0.6},
                             {"hr_scale", 1.5},
                             {"hr_second_pass_steps", 3},
                             {"hr_prompt", "a dog"}});
  const Image picture = decoded(answer.at("images")[0]).image;
  EXPECT_EQ(picture.width, 96);
  EXPECT_EQ(picture, rendered([](TravelRequest& request) {
              request.hires = true;
              request.hires_scale = 1.5;
              request.hires_steps = 3;
              request.hires_denoise = {0.6};
              request.hires_prompt = "a dog";
            }));
  const std::string text = info_of(answer).at("infotexts")[0];
  EXPECT_NE(text.find("Denoising strength: 0.6, Hires prompt: a dog, Hires upscale: 1.5, "
                      "Hires steps: 3, Hires upscaler: Latent"),
            std::string::npos)
      << text;
  EXPECT_EQ(drawn({{"infotext", text}}).at("images"), answer.at("images"));
  EXPECT_EQ(refused_entry({{"enable_hr", true}, {"hr_scale", 40}}).at("loc")[1], "hr_scale");
}

TEST(SdapiTxt2img, AZeroOrHugeTmaxIsNoLimit) {
  const auto with = [](const Json& most) {
    return decoded(drawn({{"s_churn", 5}, {"s_tmax", most}, {"steps", 4}}).at("images")[0]).image;
  };
  const Image endless = with(0);
  EXPECT_EQ(with(1e308), endless);
  EXPECT_NE(with(0.5), endless);
}

TEST(SdapiTxt2img, InfotextFillsWhatIsNotGiven) {
  const Json answer = sdapi_server().posted(
      "txt2img",
      {{"infotext",
        "a cat\nNegative prompt: blurry\nSteps: 2, Sampler: Euler, Seed: 7, Size: 64x64, "
        "Clip skip: 2"},
       {"seed", 8}});
  EXPECT_EQ(decoded(answer.at("images")[0]).image, rendered([](TravelRequest& request) {
              request.seed = {8};
              request.clip_skip = 2;
            }));
}

TEST(SdapiTxt2img, WithoutImagesTheListIsEmpty) {
  const Json answer = drawn({{"send_images", false}});
  EXPECT_TRUE(answer.at("images").empty());
  EXPECT_EQ(info_of(answer).at("infotexts").size(), 1u);
}

TEST(SdapiTxt2img, TilesAsTheFieldOrTheSettingSays) {
  const Json answer = drawn({{"tiling", true}});
  const Image tile = rendered([](TravelRequest& request) { request.tiling = Tiling::Both; });
  EXPECT_EQ(decoded(answer.at("images")[0]).image, tile);
  EXPECT_NE(info_of(answer).at("infotexts")[0].get<std::string>().find(", Tiling: True, "),
            std::string::npos);
  const Json setting = {{"override_settings", {{"tiling", true}}}};
  EXPECT_EQ(decoded(drawn(setting).at("images")[0]).image, tile);
  const Json off = {{"tiling", false}, {"override_settings", {{"tiling", true}}}};
  EXPECT_EQ(decoded(drawn(off).at("images")[0]).image, rendered());
  const Json pasted = {
      {"infotext", "a cat\nNegative prompt: blurry\nSteps: 2, Seed: 7, Tiling: True"}};
  EXPECT_EQ(decoded(drawn(pasted).at("images")[0]).image, tile);
}

TEST(SdapiTxt2img, SavedPicturesComeWithAGridFirst) {
  const Json answer = drawn({{"save_images", true}, {"batch_size", 2}});
  ASSERT_EQ(answer.at("images").size(), 3u);
  EXPECT_EQ(info_of(answer).at("index_of_first_image"), 1);
  EXPECT_EQ(decoded(answer.at("images")[0]).image.width, 128);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           sdapi_server().folder() / "out" / "txt2img-images")) {
    files += entry.path().extension() == ".png" ? 1 : 0;
  }
  EXPECT_EQ(files, 2u);
}

TEST(SdapiTxt2img, RefusesWhatWouldChangeThePictureWithAReason) {
  EXPECT_EQ(refused_entry({{"enable_hr", true}, {"hr_checkpoint_name", "x"}}).at("loc"),
            Json::parse(R"(["body", "hr_checkpoint_name"])"));
  EXPECT_EQ(refused_entry({{"refiner_checkpoint", "x"}}).at("loc")[1], "refiner_checkpoint");
  EXPECT_EQ(refused_entry({{"override_settings", {{"sd_noise_schedule", "Zero Terminal SNR"}}}})
                .at("loc"),
            Json::parse(R"(["body", "override_settings", "sd_noise_schedule"])"));
  EXPECT_EQ(refused_entry({{"steps", 0}}).at("loc")[1], "steps");
  EXPECT_EQ(refused_entry({{"width", 100000}}).at("loc")[1], "width");
  EXPECT_EQ(refused_entry({{"batch_size", 100}, {"n_iter", 100}}).at("loc")[1], "n_iter");
  EXPECT_EQ(refused_entry({{"width", 2048}, {"height", 2048}, {"n_iter", 65}}).at("loc")[1],
            "n_iter");
}

TEST(SdapiTxt2img, UnknownSamplersAndScriptsAreToldInTheOriginalsWords) {
  Json request = small_picture();
  request["sampler_name"] = "no such sampler";
  EXPECT_EQ(sdapi_server().posted("txt2img", request, 404).at("detail"), "Sampler not found");
  request = small_picture();
  request["script_name"] = "sd upscale";
  EXPECT_EQ(sdapi_server().posted("txt2img", request, 422).at("detail"),
            "Script 'sd upscale' not found");
  request = small_picture();
  request["alwayson_scripts"] = {{"ADetailer", {{"args", {true}}}}};
  EXPECT_EQ(sdapi_server().posted("txt2img", request, 422).at("detail"),
            "always on script ADetailer not found");
  request["alwayson_scripts"] = {{"Prompt Travel", {{"args", {true}}}}};
  EXPECT_EQ(sdapi_server().posted("txt2img", request, 422).at("detail"),
            "Cannot have a selectable script in the always on scripts params");
}

}  // namespace
}  // namespace ptravel
