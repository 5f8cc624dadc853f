// Members of other programs' JSON: each setting that is not applied has one note, no other has any.

#include <nlohmann/json.hpp>

#include "tests/request/picture_testing.h"

namespace ptravel {
namespace {

using namespace picture_testing;
using Json = nlohmann::json;

int count_left_out(const PictureParameters& parameters) {
  return count_notes_with(parameters, "left out");
}

/// What NovelAI's third model writes for a plain picture.
Json novelai() {
  return Json::parse(
      R"({"prompt": "girl", "steps": 28, "height": 1024, "width": 1024, "scale": 5.0,
          "uncond_scale": 1.0, "cfg_rescale": 0.0, "seed": 3563546993, "n_samples": 1,
          "hide_debug_overlay": false, "noise_schedule": "karras", "legacy_v3_extend": false,
          "reference_information_extracted_multiple": [], "reference_strength_multiple": [],
          "sampler": "k_euler", "controlnet_strength": 1.0, "controlnet_model": null,
          "dynamic_thresholding": false, "dynamic_thresholding_percentile": 0.999,
          "dynamic_thresholding_mimic_scale": 10.0, "sm": false, "sm_dyn": false,
          "skip_cfg_below_sigma": 0.0, "lora_unet_weights": null, "lora_clip_weights": null,
          "uc": "bad", "request_type": "PromptGenerateRequest", "signed_hash": "c29tZXRoaW5n"})");
}

/// What the fourth adds to it.
Json novelai_4() {
  Json all = novelai();
  all.update(Json::parse(
      R"({"uncond_scale": 0.0, "skip_cfg_above_sigma": null,
          "deliberate_euler_ancestral_bug": false, "prefer_brownian": true,
          "cfg_sched_eligibility": "enable_for_post_summer_samplers", "explike_fine_detail": false,
          "minimize_sigma_inf": false, "uncond_per_vibe": true, "wonky_vibe_correlation": true,
          "stream": "msgpack", "version": 1,
          "extra_passthrough_testing": {"prompt": null, "uc": null, "r": 0.0, "eta": 1.0},
          "v4_prompt": {"caption": {"base_caption": "girl", "char_captions": []},
                        "use_coords": true, "use_order": true, "legacy_uc": false},
          "v4_negative_prompt": {"caption": {"base_caption": "bad", "char_captions": []},
                                 "use_coords": false, "use_order": false, "legacy_uc": false}})"));
  return all;
}

PictureParameters of_novelai(const Json& comment) {
  return read_texts(
      {{"Description", "girl"}, {"Software", "NovelAI"}, {"Comment", comment.dump()}});
}

/// What InvokeAI 5 writes for a plain picture of its canvas.
Json invokeai() {
  return Json::parse(
      R"({"generation_mode": "sdxl_txt2img", "positive_prompt": "girl", "negative_prompt": "bad",
          "width": 64, "height": 64, "seed": 1, "rand_device": "cpu", "cfg_scale": 7,
          "cfg_rescale_multiplier": 0, "steps": 4, "scheduler": "euler", "seamless_x": false,
          "seamless_y": false, "clip_skip": 0, "model": {"key": "k", "hash": "h", "name": "m",
          "base": "sd-1", "type": "main"}, "controlnets": [], "ipAdapters": [], "t2iAdapters": [],
          "loras": [], "strength": 0.7, "hrf_enabled": false, "hrf_method": "ESRGAN",
          "hrf_strength": 0.45, "positive_style_prompt": "girl", "negative_style_prompt": "",
          "ref_images": [], "regions": [], "app_version": "5.4.2", "canvas_v2_metadata":
          {"referenceImages": [], "controlLayers": [], "inpaintMasks": [], "rasterLayers": [],
          "regionalGuidance": [{"id": "r", "isEnabled": false}]}})");
}

PictureParameters of_invokeai(const Json& metadata) {
  return read_texts({{"invokeai_metadata", metadata.dump()}});
}

/// What the command line and the page of InvokeAI 2 write.
Json invokeai_2() {
  return Json::parse(
      R"({"type": "txt2img", "postprocessing": null, "sampler": "k_euler", "prompt": [{"prompt":
          "girl", "weight": 1.0}], "seed": 1, "variations": [], "steps": 4, "cfg_scale": 7.5,
          "threshold": 0, "perlin": 0, "step_number": 0, "width": 64, "height": 64, "extra": null,
          "seamless": false, "hires_fix": false, "facetool": null, "facetool_strength": 0.8,
          "upscale": null, "h_symmetry_time_pct": null, "v_symmetry_time_pct": null})");
}

PictureParameters of_invokeai_2(const Json& image) {
  return read_texts({{"sd-metadata", Json({{"model", "sd"}, {"image", image}}).dump()}});
}

using Reader = PictureParameters (*)(const Json&);

/// With each member alone another value, exactly one note more is there, and it names it.
void expect_one_note_each(Reader read, const Json& plain, const char* changes) {
  EXPECT_EQ(count_left_out(read(plain)), 0) << all_notes(read(plain));
  const Json all = Json::parse(changes);
  for (const auto& [member, value] : all.items()) {
    Json changed = plain;
    changed[member] = value;
    const PictureParameters parameters = read(changed);
    EXPECT_EQ(count_left_out(parameters), 1) << member << "\n" << all_notes(parameters);
    EXPECT_EQ(count_notes_with(parameters, member + ": "), 1) << all_notes(parameters);
  }
}

TEST(PictureMembers, OfNovelAiAreToldWhereTheyAreNotApplied) {
  const char* const changes =
      R"({"sm": true, "sm_dyn": true, "autoSmea": true, "uncond_scale": 0.5,
          "dynamic_thresholding": true, "skip_cfg_above_sigma": 19.34, "skip_cfg_below_sigma": 2.5,
          "cfg_sched_eligibility": "always", "deliberate_euler_ancestral_bug": true,
          "prefer_brownian": false, "explike_fine_detail": true, "minimize_sigma_inf": true,
          "legacy_v3_extend": true, "eta": 0.5, "controlnet_model": "hed",
          "reference_strength_multiple": [0.6], "director_reference_strengths": [1],
          "lora_unet_weights": [1], "characterPrompts": [{"prompt": "boy"}],
          "quality_boost": true, "a_new_setting": "strong"})";
  expect_one_note_each(of_novelai, novelai(), changes);
  expect_one_note_each(of_novelai, novelai_4(), changes);
}

TEST(PictureMembers, OfNovelAisCharacters) {
  Json comment = novelai_4();
  comment["v4_prompt"]["caption"]["char_captions"] =
      Json::parse(R"([{"char_caption": "boy, hat", "centers": [{"x": 0.5, "y": 0.5}]},
                      {"char_caption": "girl, coat", "centers": []}])");
  comment["v4_negative_prompt"]["caption"]["char_captions"] = Json::parse(
      R"([{"char_caption": "", "centers": []}, {"char_caption": "ugly", "centers": []}])");
  const PictureParameters parameters = of_novelai(comment);
  EXPECT_EQ(count_left_out(parameters), 1) << all_notes(parameters);
  EXPECT_EQ(count_notes_with(
                parameters, "v4_prompt: boy, hat, v4_prompt: girl, coat, v4_negative_prompt: ugly"),
            1)
      << all_notes(parameters);
}

/// Strength and noise lie in pictures from texts, too, and mean nothing there.
TEST(PictureMembers, OfNovelAisInitPictures) {
  Json comment = novelai();
  comment["strength"] = 0.6;
  comment["noise"] = 0.2;
  EXPECT_EQ(count_left_out(of_novelai(comment)), 0);
  comment["request_type"] = "Img2ImgRequest";
  const PictureParameters parameters = of_novelai(comment);
  EXPECT_EQ(item(parameters, "Denoising strength"), "0.6");
  EXPECT_EQ(count_notes_with(parameters, "noise: 0.2"), 1) << all_notes(parameters);
  comment["request_type"] = "NativeInfillingRequest";
  comment["noise"] = 0;
  EXPECT_EQ(count_left_out(of_novelai(comment)), 1);
}

TEST(PictureMembers, OfInvokeAiAreToldWhereTheyAreNotApplied) {
  expect_one_note_each(of_invokeai, invokeai(),
                       R"({"controlnets": [{"weight": 1}], "ipAdapters": [{"weight": 1}],
          "t2iAdapters": [{"weight": 1}], "ref_images": [{"id": "a"}], "regions": [{"prompt": "a"}],
          "refiner_model": {"name": "r"}, "hrf_enabled": true, "positive_style_prompt": "oil",
          "negative_style_prompt": "photo", "vae": {"name": "v"}, "upscale_model": {"name": "u"},
          "generation_mode": "sdxl_inpaint", "seed_variance_strength": 0.2,
          "my_own_item": {"a": 1}})");
  Json layers = invokeai();
  layers["canvas_v2_metadata"]["controlLayers"] = Json::parse(R"([{"isEnabled": true}, {}])");
  layers["canvas_v2_metadata"]["regionalGuidance"][0]["isEnabled"] = true;
  const PictureParameters parameters = of_invokeai(layers);
  EXPECT_EQ(count_left_out(parameters), 2) << all_notes(parameters);
  EXPECT_EQ(count_notes_with(parameters, "controlLayers: 2"), 1) << all_notes(parameters);
  EXPECT_EQ(count_notes_with(parameters, "regionalGuidance: 1"), 1) << all_notes(parameters);
  Json older = invokeai();
  older["control_layers"] = Json::parse(R"({"version": 2, "layers": []})");
  EXPECT_EQ(count_left_out(of_invokeai(older)), 0) << all_notes(of_invokeai(older));
  older["control_layers"]["layers"].push_back(Json::object());
  EXPECT_EQ(count_left_out(of_invokeai(older)), 1) << all_notes(of_invokeai(older));
}

TEST(PictureMembers, OfInvokeAisMasksHaveAStrength) {
  Json metadata = invokeai();
  EXPECT_EQ(item(of_invokeai(metadata), "Denoising strength"), "(absent)");
  metadata["generation_mode"] = "outpaint";
  EXPECT_EQ(item(of_invokeai(metadata), "Denoising strength"), "0.7");
}

TEST(PictureMembers, OfOlderInvokeAiAreToldWhereTheyAreNotApplied) {
  expect_one_note_each(of_invokeai_2, invokeai_2(),
                       R"({"threshold": 1.5, "perlin": 0.1, "variations": [{"seed": 1}],
          "h_symmetry_time_pct": 0.3, "v_symmetry_time_pct": 0.2, "hires_fix": true,
          "postprocessing": [{"type": "esrgan"}], "facetool": "gfpgan", "upscale": [2, 0.75],
          "init_mask": "m.png", "seam_size": 96})");
  Json image = invokeai_2();
  image["type"] = "img2img";
  image["strength_steps"] = 0.4;
  image["orig_hash"] = "abc";
  EXPECT_EQ(item(of_invokeai_2(image), "Denoising strength"), "0.4");
  EXPECT_EQ(count_left_out(of_invokeai_2(image)), 0) << all_notes(of_invokeai_2(image));
  const auto dream = [](const std::string& options) {
    return read_texts({{"Dream", "\"a cat\" -s50 -S 3 -W 512 -H 512 -C 7.5 -A k_lms" + options}});
  };
  EXPECT_EQ(count_left_out(dream(" -n 3 -o out -I a.png -F")), 0);
  EXPECT_EQ(count_left_out(dream(" --embiggen 3")), 1);
  EXPECT_EQ(count_notes_with(dream(" --embiggen 3"), "--embiggen: 3"), 1);
  EXPECT_EQ(count_left_out(dream(" -ft gfpgan -M m.png")), 2) << all_notes(dream(" -ft a -M m"));
  EXPECT_EQ(item(dream(" -ft gfpgan"), "Denoising strength"), "(absent)");
}

/// What Easy Diffusion writes into a JSON file.
Json easy_diffusion() {
  return Json::parse(
      R"({"prompt": "girl", "negative_prompt": "bad", "seed": 5, "use_stable_diffusion_model": "m",
          "clip_skip": false, "use_controlnet_model": null, "control_filter_to_apply": null,
          "control_alpha": null, "use_vae_model": "", "sampler_name": "euler_a",
          "scheduler_name": "karras", "width": 64, "height": 64, "num_inference_steps": 25,
          "guidance_scale": 7.5, "prompt_strength": 0, "use_lora_model": null, "lora_alpha": 0,
          "use_hypernetwork_model": null, "hypernetwork_strength": 0, "use_embeddings_model": null,
          "tiling": null, "use_face_correction": null, "use_upscale": null, "upscale_amount": 4,
          "latent_upscaler_steps": 10, "strict_mask_border": false, "num_outputs": 1,
          "preserve_init_image_color_profile": false, "vram_usage_level": "balanced"})");
}

PictureParameters of_easy_diffusion(const Json& object) { return read_text(object.dump()); }

TEST(PictureMembers, OfEasyDiffusionAreToldWhereTheyAreNotApplied) {
  expect_one_note_each(of_easy_diffusion, easy_diffusion(),
                       R"({"use_controlnet_model": "canny", "use_vae_model": "mse",
          "use_embeddings_model": ["a", "b"], "use_face_correction": "GFPGANv1.3",
          "use_upscale": "RealESRGAN_x4plus", "strict_mask_border": true, "mask": "data",
          "preserve_init_image_color_profile": true, "enable_vae_tiling": true,
          "a_new_setting": 3})");
  EXPECT_EQ(item(of_easy_diffusion(easy_diffusion()), "Schedule type"), "Karras");
}

/// In PNG files each is a text, beside those of whoever wrote the file.
TEST(PictureMembers, OfEasyDiffusionAsTexts) {
  Texts texts = {{"Prompt", "girl"},
                 {"Negative Prompt", ""},
                 {"Seed", "5"},
                 {"Steps", "25"},
                 {"Sampler", "euler_a"},
                 {"Guidance Scale", "7.5"},
                 {"Width", "64"},
                 {"Height", "64"},
                 {"LoRA model", "None"},
                 {"Software", "gimp"},
                 {"Comment", "nice"},
                 {"date:create", "2024-01-01"},
                 {"Clip Skip", "False"},
                 {"Upscale By", "4"},
                 {"Use Upscaling", "None"},
                 {"Raw profile type xmp", "xmp"}};
  EXPECT_EQ(read_texts(texts).program, PictureProgram::EasyDiffusion);
  EXPECT_EQ(count_left_out(read_texts(texts)), 0) << all_notes(read_texts(texts));
  texts.push_back({"Hypertile", "On"});
  EXPECT_EQ(count_left_out(read_texts(texts)), 1);
  EXPECT_EQ(count_notes_with(read_texts(texts), "Hypertile: On"), 1);
}

/// What Draw Things writes for SDXL, part of its configuration included.
Json draw_things() {
  return Json::parse(
      R"({"c": "girl", "uc": "bad", "steps": 20, "sampler": "DPM++ 2M Karras", "scale": 7.0,
          "seed": 12, "size": "64x64", "model": "m_f16.ckpt", "strength": 1,
          "seed_mode": "Torch CPU Compatible", "mask_blur": 1.5, "target_size": "64x64",
          "original_size": "64x64", "negative_original_size": "64x64", "crop_top": 0,
          "crop_left": 0, "aesthetic_score": 6, "negative_aesthetic_score": 2.5,
          "zero_negative_prompt": false, "profile": {"duration": 3.5, "timings": []},
          "v2": {"model": "m_f16.ckpt", "guidanceScale": 7, "shift": 1, "hiresFix": false,
          "faceRestoration": "", "cfgZeroStar": false, "teaCache": false, "causalInference": 0,
          "compressionArtifacts": "disabled", "separateClipL": false, "refinerStart": 0.85}})");
}

PictureParameters of_draw_things(const Json& object) { return read_text(object.dump()); }

TEST(PictureMembers, OfDrawThingsAreToldWhereTheyAreNotApplied) {
  expect_one_note_each(of_draw_things, draw_things(),
                       R"({"control": [{"file": "canny", "weight": 1}], "upscaler": "esrgan.ckpt",
          "hires_fix": true, "refiner": "r.ckpt", "shift": 3, "sharpness": 2,
          "tiled_decoding": true, "tiled_diffusion": true, "zero_negative_prompt": true,
          "mask_blur_outset": 4, "stochastic_sampling_gamma": 0.3, "seed_mode": "Scale Alike",
          "original_size": "32x32", "a_new_setting": "strong"})");
  Json of_pass = draw_things();
  of_pass["hires_fix"] = true;
  of_pass["first_stage_size"] = "32x32";
  of_pass["second_stage_strength"] = 0.7;
  EXPECT_EQ(count_left_out(of_draw_things(of_pass)), 1) << all_notes(of_draw_things(of_pass));
  Json sizes = draw_things();
  sizes["target_size"] = sizes["negative_original_size"] = "32x32";
  EXPECT_EQ(
      count_notes_with(of_draw_things(sizes), "target_size: 32x32, negative_original_size: 32x32"),
      1);
  for (const auto& [member, value] :
       {std::pair("faceRestoration", Json("rf.ckpt")), std::pair("cfgZeroStar", Json(true)),
        std::pair("separateClipL", Json(true))}) {
    Json all = draw_things();
    all["v2"][member] = value;
    EXPECT_EQ(count_left_out(of_draw_things(all)), 1) << member;
    EXPECT_EQ(count_notes_with(of_draw_things(all), std::string(member) + ": "), 1);
  }
}

TEST(PictureMembers, OfDrawThingsAreAppliedWhereTheyCanBe) {
  Json object = draw_things();
  object["clip_skip"] = 2;
  object["lora"] = Json::parse(R"([{"model": "oil_lora_f16.ckpt", "weight": 0.6}])");
  object["crop_top"] = 16;
  object["strength"] = 0.4;
  object["seed_mode"] = "NVIDIA GPU Compatible";
  const PictureParameters parameters = of_draw_things(object);
  EXPECT_EQ(count_left_out(parameters), 0) << all_notes(parameters);
  EXPECT_EQ(parameters.meant.prompt, "girl<lora:oil_lora_f16:0.6>");
  EXPECT_EQ(item(parameters, "Clip skip"), "2");
  EXPECT_EQ(item(parameters, "RNG"), "NV");
  EXPECT_EQ(item(parameters, "SDXL crop top"), "16");
  EXPECT_EQ(item(parameters, "Denoising strength"), "0.4");
  EXPECT_EQ(item(of_draw_things(draw_things()), "RNG"), "CPU");
  EXPECT_EQ(item(of_draw_things(draw_things()), "Clip skip"), "(absent)");
}

TEST(PictureMembers, OfFooocusAndSwarmUi) {
  const auto fooocus = [](const Json& object) { return read_text(object.dump()); };
  expect_one_note_each(
      fooocus,
      Json::parse(
          R"json({"full_prompt": ["girl", "vivid"], "full_negative_prompt": [], "prompt": "girl",
          "prompt_expansion": "girl, vivid", "styles": "['Fooocus V2']", "performance": "Speed",
          "steps": 30, "sampler": "euler", "scheduler": "normal", "seed": "5", "loras": [],
          "resolution": "(64, 64)", "guidance_scale": 4.0, "refiner_model": "None",
          "refiner_switch": 0.5, "clip_skip": 2, "vae": "Default (model)", "base_model": "j"})json"),
      R"json({"sharpness": 2.0, "adm_guidance": "(1.5, 0.8, 0.3)", "adaptive_cfg": 7.0,
          "freeu": "(1.01, 1.02, 0.99, 0.95)", "refiner_model": "r", "inpaint_mode": "x",
          "a_new_setting": 1})json");
  const auto swarm = [](const Json& object) {
    return read_text(Json({{"sui_image_params", object}}).dump());
  };
  expect_one_note_each(
      swarm,
      Json::parse(
          R"({"prompt": "girl", "model": "m", "seed": 9, "steps": 20, "cfgscale": 7, "width": 64,
          "height": 64, "sampler": "euler", "scheduler": "normal", "automaticvae": true,
          "initimagecreativity": 0.6, "initimagenoise": 0, "swarm_version": "0.9"})"),
      R"({"initimagenoise": 0.2, "initimageresettonorm": 0.5, "refinermethod": "PostApply",
          "controlnetstrength": 1, "freeublock1": 1.1, "zeronegative": true, "maskblur": 4,
          "endstepsearly": 0.2})");
}

/// Values that are JSON in the web UI's text, and stable-diffusion.cpp's own one.
TEST(PictureMembers, OfJsonInTexts) {
  const std::string plain = "girl\nSteps: 6, Sampler: euler, CFG scale: 7, Seed: 1, Size: 64x64, ";
  const PictureParameters web = read_text(
      plain + "Civitai resources: [{\"type\":\"lora\"}], My extension: {\"a\": 1, \"b\": 2}");
  EXPECT_EQ(count_left_out(web), 1) << all_notes(web);
  EXPECT_EQ(count_notes_with(web, "My extension: {\"a\": 1, \"b\": 2}"), 1) << all_notes(web);
  const auto sdcpp = [&](const std::string& json) {
    return read_text(plain + "Version: stable-diffusion.cpp, SDCPP: " + json);
  };
  EXPECT_EQ(count_left_out(sdcpp(R"({"hires": {"enabled": false}, "seed": 1})")), 0);
  EXPECT_EQ(count_notes_with(sdcpp(R"({"hires": {"enabled": true}})"), "hires: on"), 1);
  EXPECT_EQ(count_notes_with(sdcpp(R"({"vae_tiling": {"enabled": true}})"), "vae_tiling: on"), 1);
}

/// Nodes of ComfyUI before the sampler and behind it that change the picture a little.
TEST(PictureMembers, OfComfyUisNodes) {
  const auto read = [](const std::string& decoder, const std::string& source) {
    return read_texts(
        {{"prompt",
          R"({"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 8, "cfg": 7,
        "sampler_name": "euler", "scheduler": "normal", "denoise": 0.5, "model": ["4", 0],
        "positive": ["6", 0], "negative": ["6", 0], "latent_image": ["5", 0]}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5"}},
        "5": {"class_type": "VAEEncode", "inputs": {"pixels": ["10", 0], "vae": ["4", 2]}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a", "clip": ["4", 1]}},
        "8": {"class_type": ")" +
              decoder + R"(", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "10": {"class_type": ")" +
              source + R"(", "inputs": {"image": "a.png"}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}}})"}});
  };
  const PictureParameters plain = read("VAEDecode", "LoadImage");
  EXPECT_EQ(all_problems(plain), "");
  EXPECT_EQ(count_left_out(plain), 0) << all_notes(plain);
  EXPECT_EQ(count_notes_with(read("VAEDecodeTiled", "LoadImage"), "node 8 (VAEDecodeTiled)"), 1);
  EXPECT_EQ(count_notes_with(read("VAEDecode", "ImageScale"), "node 10 (ImageScale)"), 1);
}

}  // namespace
}  // namespace ptravel
