// The web UI's text by version, and its descendants.

#include "request/frame_metadata.h"
#include "tests/request/picture_testing.h"

namespace ptravel {
namespace {

using namespace picture_testing;

std::string webui_text(const std::string& prompt, const std::string& items) {
  return prompt + "\nNegative prompt: lowres\nSteps: 6, " + items;
}

TEST(PictureWebUi, PromptEditingIsOldBefore16) {
  const auto flag = [](const std::string& prompt, const std::string& version) {
    return item(read_text(webui_text(prompt, "Sampler: Euler, Seed: 1, Version: " + version)),
                "Old prompt editing timelines");
  };
  EXPECT_EQ(flag("a [cat:dog:0.5]", "v1.5.2"), "True");
  EXPECT_EQ(flag("a [cat:dog:0.5]", "v1.6.0"), "(absent)");
  EXPECT_EQ(flag("a [cat:dog:0.5]", "v1.6.0-RC-12-gabcdef"), "True");
  EXPECT_EQ(flag("a cat", "v1.5.2"), "(absent)");
  EXPECT_EQ(flag("a [cat:dog:0.5]", "unknown"), "(absent)");
}

TEST(PictureWebUi, HashSignsAreTextBefore18) {
  const auto prompt = [](const std::string& items) {
    return read_text(webui_text("girl, #1 fan, smile", "Sampler: Euler, Seed: 1" + items))
        .meant.prompt;
  };
  EXPECT_EQ(prompt(", Version: v1.6.0"),
            "girl, \xEF\xBC\x83"
            "1 fan, smile");
  EXPECT_EQ(prompt(", Version: v1.7.0-500-g12ab"),
            "girl, \xEF\xBC\x83"
            "1 fan, smile");
  EXPECT_EQ(prompt(", Version: v1.8.0"), "girl,");
  EXPECT_EQ(prompt(", Version: f2.0.1v1.10.1-previous-313-g8a042934"), "girl,");
  EXPECT_EQ(prompt(""), "girl,");
  EXPECT_EQ(prompt(", App: SD.Next"),
            "girl, \xEF\xBC\x83"
            "1 fan, smile");
}

TEST(PictureWebUi, WeightsHadNoSpacesBefore16) {
  const auto prompt = [](const std::string& version) {
    return read_text(webui_text("(a: 1.2) (b:1.3 ) (c:1.4), d: 5 (e)",
                                "Sampler: Euler, Seed: 1, Version: " + version))
        .meant.prompt;
  };
  const std::string colon = "\xEF\xBC\x9A";
  EXPECT_EQ(prompt("v1.5.2"), "(a" + colon + " 1.2) (b" + colon + "1.3 ) (c:1.4), d: 5 (e)");
  EXPECT_EQ(prompt("v1.6.0"), "(a: 1.2) (b:1.3 ) (c:1.4), d: 5 (e)");
}

TEST(PictureWebUi, CommentsEndWithTheirLine) {
  const std::string prompt = "girl, # the girl\n# nothing here\nsmile";
  const auto read = [&](const std::string& version) {
    return one_line(
        read_text(webui_text(prompt, "Sampler: Euler, Seed: 1" + version)).meant.prompt);
  };
  EXPECT_EQ(read(", Version: v1.8.0"), "girl,   smile");
  EXPECT_EQ(read(""), "girl,   smile");
  EXPECT_EQ(read(", Version: v1.7.0"),
            "girl, \xEF\xBC\x83 the girl \xEF\xBC\x83 nothing here smile");
}

TEST(PictureWebUi, PlainSamplersWereUniformBefore19) {
  const auto schedule = [](const std::string& items) {
    return item(read_text(webui_text("girl", items)), "Schedule type");
  };
  EXPECT_EQ(schedule("Sampler: DPM++ 2M, Seed: 1, Version: v1.6.0"), "Uniform");
  EXPECT_EQ(schedule("Sampler: DPM++ 2M Karras, Seed: 1, Version: v1.6.0"), "Karras");
  EXPECT_EQ(schedule("Sampler: DPM++ 2M, Schedule type: karras, Seed: 1, Version: v1.6.0"),
            "Karras");
  EXPECT_EQ(schedule("Sampler: DPM++ 2M, Seed: 1, Version: v1.9.4"), "Automatic");
  EXPECT_EQ(schedule("Sampler: DPM++ 2M, Seed: 1"), "Automatic");
  EXPECT_EQ(schedule("Sampler: Euler a, Seed: 1, Version: v1.6.0"), "Automatic");
}

TEST(PictureWebUi, TheHiresPassIsTakenOverAndNoInitPicture) {
  const PictureParameters parameters = read_text(webui_text(
      "girl",
      "Sampler: Euler, Seed: 1, Size: 128x128, Denoising strength: 0.6, Hires upscale: 2, "
      "Hires steps: 5, Hires upscaler: Latent, Version: v1.9.0"));
  EXPECT_EQ(parameters.notes.size(), 0u);
  EXPECT_EQ(item(parameters, "Hires upscale"), "2");
  EXPECT_EQ(item(parameters, "Hires steps"), "5");
  EXPECT_EQ(item(parameters, "Hires upscaler"), "Latent");
  EXPECT_EQ(item(parameters, "Denoising strength"), "0.6");
}

TEST(PictureWebUi, FirstPassesOf2022HaveTheirSize) {
  const auto size = [](const std::string& first) {
    return item(
        read_text(webui_text("a",
                             "Sampler: Euler, Seed: 1, Size: 1024x768, Denoising strength: 0.7, "
                             "First pass size: " +
                                 first)),
        "Size");
  };
  EXPECT_EQ(size("512x384"), "512x384");
  EXPECT_EQ(size("0x0"), "640x448");
}

TEST(PictureWebUi, EverySettingThatIsNotAppliedIsToldOnce) {
  const std::string settings[] = {"Refiner: sd_xl_refiner",
                                  "Token merging ratio: 0.5",
                                  "ControlNet 0: \"Module: canny, Model: x\"",
                                  "TI: x",
                                  "Lora hashes: \"foo: 0123\"",
                                  "Face restoration: CodeFormer",
                                  "Mask blur: 4",
                                  "Discard penultimate sigma: True",
                                  "ADetailer model: face.pt",
                                  "Postprocess upscale by: 4",
                                  "Script: X/Y/Z plot",
                                  "VAE: other.safetensors",
                                  "FreeU Stages: \"[1, 2]\"",
                                  "Brand new setting: 3",
                                  "RNG: dice",
                                  "Emphasis: Loud",
                                  "Noise Schedule: Zero Terminal SNR",
                                  "Downcast alphas_cumprod: True"};
  for (const std::string& setting : settings) {
    const PictureParameters parameters =
        read_text(webui_text("girl", "Sampler: Euler, Seed: 1, Size: 64x64, " + setting));
    EXPECT_EQ(parameters.notes.size(), 1u) << setting << "\n" << all_notes(parameters);
    EXPECT_EQ(count_notes_with(parameters, setting.substr(0, setting.find(':'))), 1) << setting;
  }
}

TEST(PictureWebUi, OldHypernetworksBecomeTags) {
  const auto prompt = [](const std::string& settings) {
    const PictureParameters parameters =
        read_text(webui_text("girl", "Sampler: Euler, Seed: 1, Size: 64x64, " + settings));
    EXPECT_TRUE(parameters.notes.empty()) << all_notes(parameters);
    return parameters.meant.prompt;
  };
  EXPECT_EQ(prompt("Hypernet: x, Hypernet strength: 0.5, Hypernet hash: 0123"),
            "girl<hypernet:x:0.5>");
  EXPECT_EQ(prompt("Hypernet: x"), "girl<hypernet:x:1.0>");
  EXPECT_EQ(prompt("Hypernet: None"), "girl");
  EXPECT_EQ(prompt("TI hashes: \"bad: 0123\""), "girl") << "compared when it is drawn";
}

TEST(PictureWebUi, SettingsOfGuidanceAndSchedulesAreReadAndKept) {
  const std::string settings =
      "NGMS: 2.5, NGMS all steps: True, Skip Early CFG: 0.1, Schedule max sigma: 10.0, Schedule "
      "min sigma: 0.1, Schedule rho: 5.0";
  const PictureParameters parameters = read_text(
      webui_text("girl", "Sampler: DPM++ 2M, Schedule type: Karras, Seed: 1, " + settings));
  EXPECT_TRUE(parameters.notes.empty()) << all_notes(parameters);
  const TravelRequest request = parse_frame_parameters(format_infotext(parameters.meant)).request;
  EXPECT_EQ(request.skip_guidance_below_sigma, 2.5);
  EXPECT_TRUE(request.skip_guidance_all_steps);
  EXPECT_EQ(request.cfg_start, 0.1);
  EXPECT_EQ(request.schedule_sigma_max, 10);
  EXPECT_EQ(request.schedule_sigma_min, 0.1);
  EXPECT_EQ(request.schedule_rho, 5);
}

TEST(PictureWebUi, MergedTokensAreLeftOutWithTheirReason) {
  const PictureParameters parameters = read_text(webui_text(
      "girl", "Sampler: Euler, Seed: 1, Token merging ratio: 0.5, Token merging ratio hr: 0.4"));
  ASSERT_EQ(parameters.notes.size(), 1u) << all_notes(parameters);
  EXPECT_NE(parameters.notes[0].text.find("token merging trades detail for speed"),
            std::string::npos);
}

TEST(PictureWebUi, HarmlessAndAppliedSettingsAreSilent) {
  const PictureParameters parameters = read_text(webui_text(
      "girl <lora:foo:0.8>",
      "Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 1, Size: 512x512, Model "
      "hash: 6ce0161689, "
      "Model: v1-5, Clip skip: 2, ENSD: 31337, Eta: 0.7, RNG: CPU, Emphasis: No norm, Pad conds: "
      "True, "
      "Variation seed: 3, Variation seed strength: 0.1, Lora hashes: \"foo: abcdef\", Tiling: "
      "False, Image CFG scale: 1.5, Conditional mask weight: 0.5, "
      "Hashes: {\"model\": \"6ce0\", \"lora:foo\": \"abc\"}, User: me, Version: v1.10.1"));
  EXPECT_EQ(all_notes(parameters), "");
  EXPECT_EQ(all_problems(parameters), "");
}

TEST(PictureWebUi, EnlargedPicturesSaySoAndOldHashesAreNotCompared) {
  const PictureParameters parameters =
      read_texts({{"parameters", webui_text("a", "Sampler: Euler, Seed: 1, Model hash: 7460a6fa")},
                  {"postprocessing", "Postprocess upscale by: 4, Postprocess upscaler: ESRGAN"}});
  EXPECT_EQ(count_notes_with(parameters, "Postprocess upscale by: 4"), 1);
  EXPECT_EQ(item(parameters, "Model hash"), "(absent)");
  EXPECT_EQ(
      item(read_text(webui_text("a", "Sampler: Euler, Model hash: 6ce0161689")), "Model hash"),
      "6ce0161689");
}

TEST(PictureWebUi, StrengthZeroIsNoInitPicture) {
  EXPECT_EQ(item(read_text(webui_text("a", "Sampler: Euler, Seed: 1, Denoising strength: 0")),
                 "Denoising strength"),
            "(absent)");
  EXPECT_EQ(item(read_text(webui_text("a", "Sampler: Euler, Seed: 1, Denoising strength: 0.4")),
                 "Denoising strength"),
            "0.4");
}

TEST(PictureWebUi, SizesAreThoseOfTheLatents) {
  EXPECT_EQ(item(read_text(webui_text("a", "Sampler: Euler, Seed: 1, Size: 500x333")), "Size"),
            "496x328");
  EXPECT_EQ(item(read_text(webui_text("a", "Sampler: Euler, Seed: 1")), "Size"), "512x768");
}

TEST(PictureWebUi, EmptyPromptsAndLargeSeeds) {
  const PictureParameters parameters =
      read_text("Steps: 6, Sampler: Euler, CFG scale: 7, Seed: 18446744073709551615, Size: 64x64");
  EXPECT_EQ(parameters.meant.prompt, "");
  EXPECT_EQ(item(parameters, "Seed"), "18446744073709551615");
  EXPECT_EQ(
      read_text("Negative prompt: bad\nSteps: 6, Sampler: Euler, Seed: 1").meant.negative_prompt,
      "bad");
}

TEST(PictureStableDiffusionCpp, NamesAndNoise) {
  const std::string head =
      "girl, [a:b:0.5] <lora:x:1>\nSteps: 6, CFG scale: 7.000000, Guidance: 3.500000, Eta: "
      "0.000000, Seed: 11, Size: 128x128, Model: m.safetensors, ";
  const auto read = [&](const std::string& rest) {
    return read_text(head + rest + ", Version: stable-diffusion.cpp");
  };
  const PictureParameters euler = read("RNG: cuda, Sampler: euler_a");
  EXPECT_EQ(euler.program, PictureProgram::StableDiffusionCpp);
  EXPECT_EQ(item(euler, "Sampler"), "Euler a");
  EXPECT_EQ(item(euler, "RNG"), "(absent)");
  EXPECT_EQ(item(euler, "Eta"), "(absent)");
  EXPECT_EQ(euler.meant.prompt, "girl, (a:b:0.5:0.909091) <lora:x:1>");
  EXPECT_EQ(all_notes(euler), "");
  const PictureParameters karras = read("RNG: cpu, Sampler: dpm++2m karras");
  EXPECT_EQ(item(karras, "Sampler"), "DPM++ 2M");
  EXPECT_EQ(item(karras, "Schedule type"), "Karras");
  EXPECT_EQ(item(karras, "RNG"), "CPU");
  EXPECT_EQ(item(read("RNG: cuda, Sampler: dpm++2m"), "Schedule type"), "Uniform");
  EXPECT_EQ(item(read("RNG: cuda, Sampler: dpm++2s_a discrete"), "Sampler"), "DPM++ 2S a");
  EXPECT_EQ(item(read("RNG: cuda, Sampler: euler ays"), "Schedule type"), "Align Your Steps");
  EXPECT_NE(all_problems(read("RNG: cuda, Sampler: dpm++2mv2 karras"))
                .find("Sampler: \"dpm++2mv2 karras\""),
            std::string::npos);
  EXPECT_EQ(count_notes_with(read("RNG: std_default, Sampler: euler"), "std_default"), 1);
}

TEST(PictureStableDiffusionCpp, TheJsonAtTheEndIsNoItem) {
  const PictureParameters parameters = read_text(
      "girl\nSteps: 6, CFG scale: 7.0, Guidance: 3.5, Eta: inf, Seed: 11, Size: 64x64, RNG: cuda, "
      "Sampler: euler_a "
      "discrete, Version: stable-diffusion.cpp, SDCPP: {\"schema\":1,\"gen\":{\"steps\": 6, "
      "\"seed\": 5}}");
  EXPECT_EQ(item(parameters, "Seed"), "11");
  EXPECT_EQ(item(parameters, "Version"), "stable-diffusion.cpp");
  EXPECT_EQ(item(parameters, "Eta"), "(absent)");
  EXPECT_EQ(all_notes(parameters), "");
}

TEST(PictureSdNext, KeysAndNames) {
  const PictureParameters parameters = read_text(
      "girl\nNegative prompt: bad\nTemplate: x\nSteps: 6, Size: 64x64, Sampler: DPM++ 2M, "
      "Scheduler: "
      "DPMSolverMultistepScheduler, Seed: 3, CFG scale: 6, CLiP-skip: 2, App: SD.Next, Version: "
      "1a2b3c4, Pipeline: "
      "StableDiffusionPipeline, Operations: txt2img, Variation strength: 0.2, Sampler sigma: "
      "karras, Detailer: face");
  EXPECT_EQ(parameters.program, PictureProgram::SdNext);
  EXPECT_EQ(parameters.meant.negative_prompt, "bad");
  EXPECT_EQ(item(parameters, "Sampler"), "DPM++ 2M");
  EXPECT_EQ(item(parameters, "Schedule type"), "Karras");
  EXPECT_EQ(item(parameters, "Clip skip"), "2");
  EXPECT_EQ(item(parameters, "Variation seed strength"), "0.2");
  EXPECT_EQ(count_notes_with(parameters, "Detailer"), 1);
  const PictureParameters unnamed = read_text(
      "girl\nSteps: 6, Size: 64x64, Scheduler: EulerAncestralDiscreteScheduler, Seed: 3, App: "
      "SD.Next");
  EXPECT_EQ(item(unnamed, "Sampler"), "Euler a");
}

TEST(PictureForge, ItsOwnSamplersAreNamed) {
  const PictureParameters parameters = read_text(
      "girl\nSteps: 6, Sampler: [Forge] Flux Realistic, Schedule type: Simple, Seed: 3, Distilled "
      "CFG Scale: 3.5, "
      "Version: f2.0.1v1.10.1-previous-313-g8a042934");
  EXPECT_EQ(parameters.program, PictureProgram::Forge);
  EXPECT_EQ(count_notes_with(parameters, "Distilled CFG Scale"), 1);
  EXPECT_NE(all_problems(parameters).find("Sampler: \"[Forge] Flux Realistic\" of Forge"),
            std::string::npos);
}

TEST(PictureFooocus, WebUiSchemeHasTheWholePrompt) {
  const PictureParameters parameters = read_text(
      "a cat, cinematic, [x]\nNegative prompt: bad\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: "
      "5, Size: 896x1152, CFG "
      "scale: 4, Sharpness: 2, Model: juggernaut, Performance: Speed, Scheduler: karras, Raw "
      "prompt: a cat, Version: "
      "Fooocus v2.3.1");
  EXPECT_EQ(parameters.program, PictureProgram::Fooocus);
  EXPECT_EQ(item(parameters, "Sampler"), "DPM++ 2M SDE");
  EXPECT_EQ(item(parameters, "Schedule type"), "Karras");
  EXPECT_EQ(item(parameters, "RNG"), "CPU");
  EXPECT_EQ(parameters.meant.prompt, "a cat, cinematic, \\[x\\]");
  EXPECT_EQ(count_notes_with(parameters, "Sharpness"), 1);
}

TEST(PictureRequestOf, ProblemsNameThePictureAndItsKey) {
  const auto refused = [](const std::string& items, const std::set<std::string>& given = {}) {
    return refusal({{"parameters", webui_text("a", items)}}, given);
  };
  EXPECT_NE(refused("Sampler: Euler, Seed: 1, Size: huge").find("cat.png: Size: \"huge\""),
            std::string::npos);
  EXPECT_EQ(refused("Sampler: Euler, Seed: 1, Size: huge", {"width", "height"}), "");
  EXPECT_NE(
      refused("Sampler: Euler, Seed: 1, Clip skip: many").find("cat.png: Clip skip: \"many\""),
      std::string::npos);
  EXPECT_NE(
      refused("Sampler: dpm++2mv2, Seed: 1, RNG: CPU").find("cat.png: Sampler: \"dpm++2mv2\""),
      std::string::npos);
  EXPECT_EQ(refused("Sampler: dpm++2mv2, Seed: 1, RNG: CPU", {"sampler"}), "");
  EXPECT_NE(refused("Sampler: Euler, Schedule type: Turbo, Seed: 1")
                .find("cat.png: Schedule type: \"Turbo\""),
            std::string::npos);
  EXPECT_NE(refused("Sampler: Euler, RNG: CPU").find("cat.png: Seed"), std::string::npos);
  EXPECT_EQ(refused("Sampler: Euler, RNG: CPU", {"seed"}), "");
  EXPECT_NE(refusal({}).find("cat.png: has no generation parameters"), std::string::npos);
  EXPECT_NE(refusal({{"parameters", "only a prompt"}}).find("cat.png"), std::string::npos);
}

TEST(PictureRequestOf, CheckedProblemsNameThePictureToo) {
  const Texts texts = {{"parameters", webui_text("a", "Sampler: Euler, Seed: 1, Size: 64x64")}};
  const PictureRequest picture = read_picture_request({texts, 64, 64}, "cat.png", {});
  const auto named = [&](const std::set<std::string>& given) {
    std::vector<Problem> problems = {{"width", "64, expected"}, {"model", "is empty"}};
    name_picture_keys(problems, picture, "cat.png", given);
    EXPECT_EQ(problems[1], (Problem{"model", "is empty"}));
    return problems[0];
  };
  EXPECT_EQ(named({}), (Problem{"cat.png", "Size: 64, expected"}));
  EXPECT_EQ(named({"width"}), (Problem{"width", "64, expected"}));
}

TEST(PictureRequestOf, WhatIsNotToldIsSaid) {
  const Texts texts = {{"parameters", "a\nSeed: 1, Size: 64x64, RNG: CPU"}};
  const PictureRequest picture = read_picture_request({texts, 64, 64}, "cat.png", {"steps"});
  EXPECT_EQ(all_notes(picture.parameters),
            "Sampler: not told, Euler a is taken\nCFG scale: not told, 7.0 is taken\n");
}

TEST(PictureRequestOf, AnInitPictureIsAskedFor) {
  const auto needs = [](const std::string& items) {
    const Texts texts = {{"parameters", webui_text("a", "Sampler: Euler, Seed: 1" + items)}};
    return read_picture_request({texts, 64, 64}, "cat.png", {}).needs_init_image;
  };
  EXPECT_TRUE(needs(", Denoising strength: 0.5"));
  EXPECT_FALSE(needs(", Denoising strength: 0.5, Hires upscale: 2"));
  EXPECT_FALSE(needs(", Denoising strength: 0.5, Prompt Travel: 1, Travel genesis: successive"));
  EXPECT_FALSE(needs(""));
}

}  // namespace
}  // namespace ptravel
