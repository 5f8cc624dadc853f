// Programs that do not write the web UI's text.

#include "tests/request/picture_testing.h"

namespace ptravel {
namespace {

using namespace picture_testing;

const std::string kNovelAiComment =
    R"({"steps": 28, "sampler": "k_euler_ancestral", "seed": 123456789, "strength": 0.7, "noise": 0.2, "scale": 11.0, "uc": "lowres, {bad}"})";

TEST(PictureNovelAi, IsTranslatedAsTheWebUiDoesWithItsWeights) {
  const Texts texts = {{"Title", "AI generated image"},
                       {"Description", "1girl, {smile}, forest"},
                       {"Software", "NovelAI"},
                       {"Source", "Stable Diffusion F1022D28"},
                       {"Comment", kNovelAiComment}};
  const PictureParameters parameters = read_texts(texts);
  EXPECT_EQ(parameters.program, PictureProgram::NovelAi);
  EXPECT_EQ(parameters.text,
            "1girl, {smile}, forest\nNegative prompt: lowres, {bad}\nSteps: 28, Sampler: Euler a, "
            "CFG scale: 11.0, "
            "Seed: 123456789, Size: 512x768, Clip skip: 2, ENSD: 31337");
  EXPECT_EQ(parameters.meant.prompt, "1girl, (smile:1.05), forest");
  EXPECT_EQ(parameters.meant.negative_prompt, "lowres, (bad:1.05)");
  EXPECT_EQ(item(parameters, "Denoising strength"), "(absent)");
  EXPECT_EQ(refusal(texts), "");
}

TEST(PictureNovelAi, NewerPicturesTellScheduleAndKind) {
  const std::string comment =
      R"({"steps": 28, "sampler": "k_dpmpp_2m", "noise_schedule": "karras", "seed": 4294967295, "scale": 5, "uc": "", "width": 832, "height": 1216, "sm": true, "request_type": "Img2ImgRequest", "strength": 0.62, "prompt": "a [cat]"})";
  const PictureParameters parameters =
      read_texts({{"Software", "NovelAI"}, {"Comment", comment}, {"Description", "a [cat]"}});
  EXPECT_EQ(item(parameters, "Sampler"), "DPM++ 2M");
  EXPECT_EQ(item(parameters, "Schedule type"), "Karras");
  EXPECT_EQ(item(parameters, "Size"), "832x1216");
  EXPECT_EQ(item(parameters, "Denoising strength"), "0.62");
  EXPECT_EQ(count_notes_with(parameters, "sm: True"), 1);
  EXPECT_EQ(parameters.meant.prompt, "a (cat:0.952381)");
}

TEST(PictureNovelAi, IsReadFromTheCommentOfAWebP) {
  const PictureParameters parameters = read_text(
      R"({"Description": "a cat", "Software": "NovelAI", "Source": "x", "Comment": "{\"steps\": 5, \"sampler\": \"ddim\", \"seed\": 1, \"scale\": 7, \"uc\": \"bad\"}"})");
  EXPECT_EQ(parameters.program, PictureProgram::NovelAi);
  EXPECT_EQ(item(parameters, "Sampler"), "DDIM");
}

/// A graph with one sampler; `changes` replaces texts in it.
std::string comfy_graph(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  std::string graph =
      R"({"3": {"class_type": "KSampler", "inputs": {"seed": 1102676403634909123, "steps": 8, "cfg": 6.5, "sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": 1.0, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}, "is_changed": [NaN]},
"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5.safetensors"}},
"5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 640, "batch_size": 1}},
"6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a (cat:1.2) [x]", "clip": ["4", 1]}},
"7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
"8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
"9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}}})";
  for (const auto& [from, to] : changes) {
    const std::size_t at = graph.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    graph.replace(at, from.size(), to);
  }
  return graph;
}

PictureParameters read_comfy(const std::vector<std::pair<std::string, std::string>>& changes = {}) {
  return read_texts({{"prompt", comfy_graph(changes)}, {"workflow", "{}"}});
}

TEST(PictureComfyUi, OneSamplerIsRead) {
  const PictureParameters parameters = read_comfy();
  EXPECT_EQ(parameters.program, PictureProgram::ComfyUi);
  EXPECT_EQ(all_problems(parameters), "");
  EXPECT_EQ(item(parameters, "Seed"), "1102676403634909123");
  EXPECT_EQ(item(parameters, "Steps"), "8");
  EXPECT_EQ(item(parameters, "CFG scale"), "6.5");
  EXPECT_EQ(item(parameters, "Sampler"), "DPM++ 2M");
  EXPECT_EQ(item(parameters, "Schedule type"), "Karras");
  EXPECT_EQ(item(parameters, "Size"), "512x640");
  EXPECT_EQ(item(parameters, "RNG"), "CPU");
  EXPECT_EQ(item(parameters, "Emphasis"), "No norm");
  EXPECT_EQ(item(parameters, "Model"), "v1-5.safetensors");
  EXPECT_EQ(item(parameters, "Denoising strength"), "(absent)");
  EXPECT_EQ(parameters.meant.prompt, "a (cat:1.2) \\[x\\]");
  EXPECT_EQ(parameters.meant.negative_prompt, "");
}

TEST(PictureComfyUi, ControlCharactersVanish) {
  EXPECT_EQ(read_comfy({{"a (cat:1.2) [x]", "a\\u0000 \\u0007cat\\r\\nand"}}).meant.prompt,
            "a cat\nand");
}

TEST(PictureComfyUi, NamesOfSamplersAndSchedules) {
  const auto choice = [](const std::string& sampler, const std::string& schedule) {
    const PictureParameters parameters = read_comfy(
        {{"\"dpmpp_2m\"", "\"" + sampler + "\""}, {"\"karras\"", "\"" + schedule + "\""}});
    return item(parameters, "Sampler") + "/" + item(parameters, "Schedule type");
  };
  EXPECT_EQ(choice("euler_ancestral", "normal"), "Euler a/Normal");
  EXPECT_EQ(choice("dpmpp_2m_sde_gpu", "exponential"), "DPM++ 2M SDE/Exponential");
  EXPECT_EQ(choice("ddim", "ddim_uniform"), "Euler/DDIM");
  EXPECT_EQ(choice("dpm_2_ancestral", "simple"), "DPM2 a/Simple");
  EXPECT_EQ(choice("uni_pc", "sgm_uniform"), "UniPC/SGM Uniform");
  EXPECT_NE(all_problems(read_comfy({{"\"dpmpp_2m\"", "\"res_multistep\""}}))
                .find("sampler_name: \"res_multistep\" of ComfyUI"),
            std::string::npos);
}

TEST(PictureComfyUi, FromAPictureAllStepsAreDone) {
  const PictureParameters parameters = read_comfy(
      {{R"("class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 640, "batch_size": 1})",
        R"("class_type": "VAEEncode", "inputs": {"pixels": ["10", 0], "vae": ["4", 2]})"},
       {R"("4": {)", R"("10": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}, "4": {)"},
       {R"("denoise": 1.0)", R"("denoise": 0.6)"}});
  EXPECT_EQ(all_problems(parameters), "");
  EXPECT_EQ(item(parameters, "Denoising strength"), "0.6");
  EXPECT_EQ(item(parameters, "Fix steps"), "True");
  EXPECT_EQ(item(parameters, "Size"), "512x768");
}

TEST(PictureComfyUi, ClipSkipLorasAndLinkedValues) {
  const PictureParameters parameters = read_comfy(
      {{R"("clip": ["4", 1])", R"("clip": ["11", 0])"},
       {R"("model": ["4", 0])", R"("model": ["12", 0])"},
       {R"("seed": 1102676403634909123)", R"("seed": ["13", 0])"},
       {R"("vae": ["4", 2])", R"("vae": ["14", 0])"},
       {R"("4": {)",
        R"("11": {"class_type": "CLIPSetLastLayer", "inputs": {"stop_at_clip_layer": -2, "clip": ["12", 1]}}, "12": {"class_type": "LoraLoader", "inputs": {"lora_name": "foo.safetensors", "strength_model": 1, "strength_clip": 1, "model": ["4", 0], "clip": ["4", 1]}}, "13": {"class_type": "PrimitiveInt", "inputs": {"value": 77, "control_after_generate": "fixed"}}, "14": {"class_type": "VAELoader", "inputs": {"vae_name": "mse.pt"}}, "4": {)"}});
  EXPECT_EQ(all_problems(parameters), "");
  EXPECT_EQ(item(parameters, "Clip skip"), "2");
  EXPECT_EQ(item(parameters, "Seed"), "77");
  EXPECT_EQ(parameters.meant.prompt.substr(parameters.meant.prompt.find('<')), "<lora:foo:1.0>");
  EXPECT_EQ(count_notes_with(parameters, "LoraLoader"), 0);
  EXPECT_EQ(count_notes_with(parameters, "node 14 (VAELoader): mse.pt"), 1);
}

TEST(PictureComfyUi, OtherGraphsAreRefusedByNode) {
  const auto problem = [](const std::vector<std::pair<std::string, std::string>>& changes) {
    return all_problems(read_comfy(changes));
  };
  EXPECT_NE(
      problem({{"\"samples\": [\"3\"", "\"samples\": [\"5\""}}).find("node 5 (EmptyLatentImage)"),
      std::string::npos);
  EXPECT_NE(
      problem({{"VAEDecode", "ImageUpscaleWithModel"}}).find("node 8 (ImageUpscaleWithModel)"),
      std::string::npos);
  EXPECT_NE(problem({{R"("CLIPTextEncode", "inputs": {"text": "a)",
                      R"("ConditioningCombine", "inputs": {"text": "a)"}})
                .find("node 6 (ConditioningCombine)"),
            std::string::npos);
  EXPECT_NE(
      problem({{"EmptyLatentImage", "EmptySD3LatentImage"}}).find("node 5 (EmptySD3LatentImage)"),
      std::string::npos);
  EXPECT_NE(problem({{"\"model\": [\"4\"", "\"model\": [\"99\""}}).find("node 99"),
            std::string::npos);
  EXPECT_NE(problem({{"\"denoise\": 1.0", "\"denoise\": 0.5"}}).find("empty latent"),
            std::string::npos);
  const std::string message = refusal({{"prompt", comfy_graph({{"VAEDecode", "ImageBlur"}})}});
  EXPECT_NE(message.find("cat.png: node 8 (ImageBlur)"), std::string::npos) << message;
}

TEST(PictureComfyUi, ATextBesideTheGraphIsOfItsNodes) {
  const PictureParameters parameters = read_texts(
      {{"parameters",
        "a [cat]\nSteps: 5, Sampler: euler_ancestral, Scheduler: karras, Seed: 3, Size: 64x64"},
       {"prompt", comfy_graph()}});
  EXPECT_EQ(parameters.program, PictureProgram::ComfyUi);
  EXPECT_EQ(parameters.meant.prompt, "a \\[cat\\]");
  EXPECT_EQ(item(parameters, "Schedule type"), "Karras");
  EXPECT_EQ(item(parameters, "Steps"), "5");
}

TEST(PictureComfyUi, NodesThatSaveWriteTheWebUisTextInTheirWords) {
  const auto choice = [](const std::string& rest) {
    const PictureParameters parameters = read_text("a\nSteps: 5, Seed: 3, Size: 64x64, " + rest);
    EXPECT_EQ(all_notes(parameters), "");
    return item(parameters, "Sampler") + "/" + item(parameters, "Schedule type") + "/" +
           item(parameters, "Denoising strength");
  };
  EXPECT_EQ(choice("Sampler: dpmpp_2m_karras, Version: ComfyUI"), "DPM++ 2M/Karras/(absent)");
  EXPECT_EQ(choice("Sampler: euler_ancestral_sgm_uniform, Version: ComfyUI"),
            "Euler a/SGM Uniform/(absent)");
  EXPECT_EQ(
      choice("Sampler: dpmpp_2m_sde_gpu, Scheduler: exponential, Denoise: 1.0, Version: ComfyUI"),
      "DPM++ 2M SDE/Exponential/(absent)");
  EXPECT_EQ(choice("Sampler: DPM++ 2M, Scheduler: Karras, Denoise: 0.4, Version: ComfyUI"),
            "DPM++ 2M/Karras/0.4");
  EXPECT_EQ(choice("Sampler: dpmpp_sde, Scheduler: karras"), "DPM++ SDE/Karras/(absent)");
}

TEST(PictureComfyUi, IsReadFromAWebP) {
  EXPECT_EQ(read_texts({{"Make", "workflow:{}"}, {"Model", "prompt:" + comfy_graph()}}).program,
            PictureProgram::ComfyUi);
}

TEST(PictureInvokeAi, NewMetadata) {
  const PictureParameters parameters = read_texts(
      {{"invokeai_metadata",
        R"({"app_version": "3.7.0", "generation_mode": "txt2img", "positive_prompt": "a cat++ in (deep snow)1.3", "negative_prompt": "bad", "width": 512, "height": 768, "seed": 42, "rand_device": "cpu", "cfg_scale": 7.5, "cfg_rescale_multiplier": 0.0, "steps": 30, "scheduler": "dpmpp_2m_k", "clip_skip": 1, "model": {"name": "sd15", "base": "sd-1"}, "loras": [{"model": {"name": "foo"}, "weight": 0.7}], "controlnets": []})"}});
  EXPECT_EQ(parameters.program, PictureProgram::InvokeAi);
  EXPECT_EQ(parameters.meant.prompt, "a (cat:1.21) in (deep snow:1.3)<lora:foo:0.7>");
  EXPECT_EQ(item(parameters, "Sampler"), "DPM++ 2M");
  EXPECT_EQ(item(parameters, "Schedule type"), "Karras");
  EXPECT_EQ(item(parameters, "Clip skip"), "2");
  EXPECT_EQ(item(parameters, "RNG"), "CPU");
  EXPECT_EQ(item(parameters, "Size"), "512x768");
  EXPECT_EQ(count_notes_with(parameters, "loras"), 0);
  EXPECT_EQ(count_notes_with(parameters, "controlnets"), 0);
}

TEST(PictureInvokeAi, OlderMetadata) {
  const PictureParameters old = read_texts(
      {{"sd-metadata",
        R"({"model": "stable diffusion", "image": {"prompt": [{"prompt": "a cat [bad, ugly]", "weight": 1.0}], "steps": 50, "cfg_scale": 7.5, "height": 512, "width": 640, "seed": 7, "type": "txt2img", "sampler": "k_euler_a", "seamless": false, "hires_fix": false}})"},
       {"Dream", "\"ignored\" -S 1"}});
  EXPECT_EQ(old.meant.prompt, "a cat");
  EXPECT_EQ(old.meant.negative_prompt, "bad, ugly");
  EXPECT_EQ(item(old, "Sampler"), "Euler a");
  EXPECT_EQ(item(old, "Size"), "640x512");
  const PictureParameters dream =
      read_texts({{"Dream", "\"a cat\" -s50 -S 3735928559 -W 512 -H 704 -C 7.5 -A k_lms -f 0.6"}});
  EXPECT_EQ(dream.meant.prompt, "a cat");
  EXPECT_EQ(item(dream, "Steps"), "50");
  EXPECT_EQ(item(dream, "Seed"), "3735928559");
  EXPECT_EQ(item(dream, "Sampler"), "LMS");
  EXPECT_EQ(item(dream, "Size"), "512x704");
  EXPECT_EQ(item(dream, "Denoising strength"), "0.6");
}

TEST(PictureFlat, FooocusJson) {
  const PictureParameters parameters = read_texts(
      {{"parameters",
        R"json({"full_prompt": ["a cat", "cinematic"], "full_negative_prompt": ["bad"], "prompt": "a cat", "steps": 30, "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "seed": "1234567890123456789", "resolution": "(896, 1152)", "guidance_scale": 4.0, "sharpness": 2.0, "lora_combined_1": "x : 0.1", "refiner_model": "None", "base_model": "j", "version": "Fooocus v2.3.1"})json"},
       {"fooocus_scheme", "fooocus"}});
  EXPECT_EQ(parameters.program, PictureProgram::Fooocus);
  EXPECT_EQ(parameters.meant.prompt, "a cat, cinematic<lora:x:0.1>");
  EXPECT_EQ(item(parameters, "Sampler"), "DPM++ 2M SDE");
  EXPECT_EQ(item(parameters, "Size"), "896x1152");
  EXPECT_EQ(item(parameters, "Seed"), "1234567890123456789");
  EXPECT_EQ(count_notes_with(parameters, "lora"), 0);
  EXPECT_EQ(count_notes_with(parameters, "refiner"), 0);
}

TEST(PictureFlat, SwarmUiEasyDiffusionAndDrawThings) {
  const PictureParameters swarm = read_text(
      R"({"sui_image_params": {"prompt": "a (cat) b", "negativeprompt": "bad", "model": "m", "seed": 9, "steps": 20, "cfgscale": 7.0, "width": 512, "height": 512, "sampler": "euler", "scheduler": "normal", "swarm_version": "0.9"
}
})");
  EXPECT_EQ(swarm.program, PictureProgram::SwarmUi);
  EXPECT_EQ(swarm.meant.prompt, "a (cat:1.1) b");
  EXPECT_EQ(item(swarm, "Schedule type"), "Normal");
  const PictureParameters easy = read_texts({{"prompt", "a cat"},
                                             {"seed", "5"},
                                             {"negative_prompt", "bad"},
                                             {"num_inference_steps", "25"},
                                             {"guidance_scale", "7.5"},
                                             {"sampler_name", "euler_a"},
                                             {"width", "512"},
                                             {"height", "512"},
                                             {"clip_skip", "True"},
                                             {"use_lora_model", "None"}});
  EXPECT_EQ(easy.program, PictureProgram::EasyDiffusion);
  EXPECT_EQ(item(easy, "Sampler"), "Euler a");
  EXPECT_EQ(item(easy, "Clip skip"), "2");
  const PictureParameters things = read_texts(
      {{"XML:com.adobe.xmp",
        "<x:xmpmeta><exif:UserComment><rdf:Alt><rdf:li "
        "xml:lang=\"x-default\">{&quot;c&quot;:&quot;a "
        "cat&quot;,&quot;uc&quot;:&quot;bad&quot;,&quot;sampler&quot;:&quot;DPM++ 2M "
        "Karras&quot;,&quot;scale&quot;:7,"
        "&quot;seed&quot;:12,&quot;size&quot;:&quot;512x512&quot;,&quot;steps&quot;:20,&quot;"
        "strength&quot;:1}</rdf:li>"}});
  EXPECT_EQ(things.program, PictureProgram::DrawThings);
  EXPECT_EQ(item(things, "Schedule type"), "Karras");
  EXPECT_EQ(item(things, "Seed"), "12");
  EXPECT_EQ(item(things, "Denoising strength"), "(absent)");
}

TEST(PicturePrograms, CutAndForeignTextsAreSurvived) {
  const Texts wholes = {
      {"prompt", comfy_graph()},
      {"Comment", kNovelAiComment},
      {"parameters", comfy_graph()},
      {"parameters", R"({"sui_image_params": [1, 2]})"},
      {"parameters", R"({"steps": {"a": [1]}, "base_model": 4})"},
      {"invokeai_metadata", R"({"steps": -1, "model": 3, "vae": {}, "loras": "x"})"},
      {"sd-metadata", R"({"image": {"prompt": [3], "seed": [[]]}})"},
      {"prompt", R"({"1": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}})"},
      {"prompt", R"({"1": {"class_type": "KSampler", "inputs": [1]}})"},
      {"prompt", R"({"1": 5, "2": {"class_type": ["x"]}})"},
      {"Dream", "\"\""},
      {"Dream", "\"a\" -S"},
      {"parameters", "a\nSteps: 1, Foo: {, Bar: [}, Seed: 2"}};
  for (const ImageText& whole : wholes) {
    for (std::size_t size = 0; size <= whole.text.size(); ++size) {
      const Texts texts = {{whole.keyword, whole.text.substr(0, size)}, {"Software", "NovelAI"}};
      const auto parameters = read_picture_parameters({texts, 64, 64});
      if (parameters) {
        refusal(texts);
      }
    }
  }
}

TEST(PicturePrograms, PicturesWithoutParametersHaveNone) {
  EXPECT_FALSE(read_picture_parameters({{}, 64, 64}));
  const Texts texts = {{"Software", "GIMP"}, {"Comment", "made with love"}, {"Title", "x"}};
  EXPECT_FALSE(read_picture_parameters({texts, 64, 64}));
}

}  // namespace
}  // namespace ptravel
