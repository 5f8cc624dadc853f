// What pictures of other programs ask for: applied, or told in one note for each setting.

#include <utility>
#include <vector>

#include "request/frame_metadata.h"
#include "tests/request/picture_testing.h"

namespace ptravel {
namespace {

using namespace picture_testing;

PictureParameters of_webui(const std::string& settings) {
  return read_text(
      "girl\nNegative prompt: lowres\nSteps: 6, Sampler: Euler, CFG scale: 7, Seed: 1, "
      "Size: 64x64, " +
      settings);
}

/// Notes about settings, without those on the program as a whole.
int count_left_out(const PictureParameters& parameters) {
  return count_notes_with(parameters, "left out");
}

/// All keys that one setting of the web UI, its forks and common extensions leaves.
TEST(PictureNotes, SettingsOfSeveralKeysAreToldOnce) {
  const std::string settings[] = {
      "Refiner: xl_refiner, Refiner switch at: 0.8, Refiner switch by sampling steps: True",
      "ADetailer model: face.pt, ADetailer confidence: 0.3, ADetailer dilate erode: 4, ADetailer "
      "version: 24.1",
      "ControlNet 0: \"Module: canny, Model: x, Weight: 1.0\", ControlNet 1: \"Module: depth\"",
      "Soft inpainting enabled: True, Soft inpainting schedule bias: 1, Soft inpainting "
      "preservation strength: 0.5",
      "Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32",
      "Dynamic thresholding enabled: True, Mimic scale: 7, Threshold percentile: 100, Mimic mode: "
      "Constant, CFG mode: Constant, CFG scale minimum: 3",
      "FreeU Stages: \"[1, 2]\", FreeU Schedule: \"0.0, 1.0\", FreeU Version: 2",
      "freeu_enabled: True, freeu_b1: 1.01, freeu_s1: 0.99",
      "hypertile_enabled: True, hypertile_depth: 0",
      "sag_enabled: True, sag_scale: 0.5",
      "Token merging ratio: 0.5, Token merging ratio hr: 0.4",
      "Script: X/Y/Z plot, X Type: Steps, X Values: \"1, 2\"",
      "Hires checkpoint: other, Hires CFG Scale: 3, Hires upscale: 2",
      "kohya_hrfix_enabled: True, kohya_hrfix_block_number: 3",
      "Ultimate SD upscale upscaler: 4x, Ultimate SD upscale tile_width: 512",
      "TI: bad, Used embeddings: bad [1234]"};
  for (const std::string& setting : settings) {
    const PictureParameters parameters = of_webui(setting);
    EXPECT_EQ(count_left_out(parameters), 1) << setting << "\n" << all_notes(parameters);
    EXPECT_EQ(parameters.notes.size(), 1U) << all_notes(parameters);
    EXPECT_EQ(all_problems(parameters), "") << setting;
  }
}

/// Different settings of one kind do not share a note.
TEST(PictureNotes, EachSettingHasItsOwn) {
  const PictureParameters parameters = of_webui(
      "Discard penultimate sigma: True, Extra noise: 0.1, FreeU Version: 2, SAG Guidance Scale: "
      "0.5, UniPC order: 2, Beta schedule alpha: 0.5, Downcast alphas_cumprod: True, Postprocess "
      "upscale by: 4, Face restoration: CodeFormer");
  EXPECT_EQ(count_left_out(parameters), 9) << all_notes(parameters);
  for (const char* key : {"Discard", "Extra noise", "FreeU", "SAG", "UniPC", "Beta", "Downcast",
                          "Postprocess", "Face"}) {
    EXPECT_EQ(count_notes_with(parameters, key), 1) << key;
  }
}

TEST(PictureNotes, WhatIsAppliedIsNotTold) {
  const PictureParameters parameters = of_webui(
      "Tiling: True, Clip skip: 2, ENSD: 31337, RNG: CPU, Emphasis: No norm, NGMS: 1, CFG Rescale: "
      "0.7, Schedule max sigma: 10, Image CFG scale: 1.5, Hires upscale: 2, Hires upscaler: "
      "Lanczos, Hires CFG Scale: 7, Hires Module 1: Use same choices, Hires checkpoint: Use same "
      "checkpoint, Diffusion in Low Bits: Automatic (fp16 LoRA), TI hashes: \"bad: 0123\", "
      "Version: f2.0.1v1.10.1");
  EXPECT_EQ(all_notes(parameters), "");
  const TravelRequest request = parse_frame_parameters(parameters.meant).request;
  EXPECT_EQ(request.tiling, Tiling::Both);
  EXPECT_EQ(request.clip_skip, 2);
  EXPECT_EQ(request.ensd, 31337);
  EXPECT_EQ(request.rng, RngSource::Cpu);
  EXPECT_EQ(request.emphasis, Emphasis::NoNorm);
  EXPECT_EQ(request.cfg_rescale, 0.7);
  EXPECT_TRUE(request.hires);
}

/// A key that differs in case alone is the same key.
TEST(PictureNotes, KeysAreFoundWhateverTheirCase) {
  const PictureParameters parameters = read_text(
      "girl\nSteps: 6, Sampler: Euler, Seed: 1, CFG scale: 7, CFG rescale: 0.5, Size: "
      "64x64, App: SD.Next");
  EXPECT_EQ(parse_frame_parameters(parameters.meant).request.cfg_rescale, 0.5);
  EXPECT_EQ(count_left_out(parameters), 0) << all_notes(parameters);
}

TEST(PictureNotes, AMaskThatIsNoneIsAskedForAndItsSettingsAreKept) {
  const PictureParameters parameters = of_webui(
      "Denoising strength: 0.6, Mask blur: 8, Inpaint area: Only masked, Masked area "
      "padding: 16, Mask mode: Inpaint not masked, Masked content: fill");
  ASSERT_EQ(parameters.notes.size(), 1U) << all_notes(parameters);
  EXPECT_EQ(parameters.notes[0].field, "mask") << "silent where a mask is given";
  const TravelRequest request = parse_frame_parameters(parameters.meant).request;
  EXPECT_EQ(request.mask_blur, 8);
  EXPECT_EQ(request.inpaint_area, InpaintArea::Masked);
  EXPECT_EQ(request.inpaint_padding, 16);
  EXPECT_TRUE(request.invert_mask);
  EXPECT_EQ(request.inpainting_fill, InpaintingFill::Fill);
}

TEST(PictureNotes, ExtensionsOfTheWebUiAreRead) {
  const PictureParameters networks = of_webui(
      "AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: foo_bar(0123456789ab), AddNet "
      "Weight A 1: 0.7, AddNet Weight B 1: 0.6, AddNet Module 2: LoRA, AddNet Model 2: baz(cd), "
      "AddNet Weight 2: 0.5, AddNet Module 3: LoRA, AddNet Model 3: None, AddNet Weight A 3: 1");
  EXPECT_EQ(networks.meant.prompt, "girl<lora:foo_bar:0.6:0.7><lora:baz:0.5>");
  EXPECT_EQ(all_notes(networks), "");
  const PictureParameters other =
      of_webui("AddNet Enabled: True, AddNet Module 1: LoHa, AddNet Model 1: foo(01)");
  EXPECT_EQ(other.meant.prompt, "girl");
  EXPECT_EQ(count_left_out(other), 1) << all_notes(other);

  const std::string tile = "Tile X: False, Tile Y: True, Start Tiling From Step: 0, ";
  const PictureParameters tiling = of_webui(tile + "Stop Tiling After Step: -1");
  EXPECT_EQ(item(tiling, "Tiling"), "y");
  EXPECT_EQ(all_notes(tiling), "");
  const PictureParameters part = of_webui(tile + "Stop Tiling After Step: 4");
  EXPECT_EQ(item(part, "Tiling"), "(absent)");
  EXPECT_EQ(part.notes.size(), 1U) << all_notes(part);
}

TEST(PictureNotes, AVaeIsKeptByItsName) {
  EXPECT_EQ(item(of_webui("VAE: mse.pt"), "VAE"), "mse.pt");
  const PictureParameters forge = of_webui("Module 1: mse, Version: f2.0.1v1.10.1");
  EXPECT_EQ(item(forge, "VAE"), "mse");
  ASSERT_EQ(forge.notes.size(), 1U);
  EXPECT_EQ(forge.notes[0].field, "vae");
}

/// A graph of ComfyUI with these nodes (JSON) besides, and others instead of texts.
PictureParameters of_comfy(const std::string& nodes,
                           const std::string& model,
                           const std::string& prompt = "girl") {
  return read_texts({{"prompt", R"({)" + nodes + R"(
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 4, "cfg": 6, "sampler_name":
          "euler", "scheduler": "normal", "denoise": 1, "model": [")" +
                                    model + R"(", 0],
          "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ")" +
                                    prompt + R"(", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}}})"}});
}

TEST(PictureNotes, ComfyUisNodesThatAreDoneHereAre) {
  const PictureParameters parameters = of_comfy(
      R"("20": {"class_type": "LoraLoader", "inputs": {"lora_name": "sd15\\one.safetensors",
         "strength_model": 0.5, "strength_clip": 1, "model": ["4", 0], "clip": ["4", 1]}},
         "21": {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "two.safetensors",
         "strength_model": 0.25, "model": ["20", 0]}},
         "22": {"class_type": "SeamlessTile", "inputs": {"tiling": "x_only", "model": ["21", 0]}},
         "23": {"class_type": "RescaleCFG", "inputs": {"multiplier": 0.7, "model": ["22", 0]}},)",
      "23", "girl, (embedding:easy.pt:1.2), embedding:other");
  EXPECT_EQ(all_problems(parameters), "");
  EXPECT_EQ(parameters.meant.prompt,
            "girl, (easy:1.2), other<lora:one:0.0:0.5><lora:two:0.0:0.25>");
  EXPECT_EQ(item(parameters, "Tiling"), "x");
  EXPECT_EQ(item(parameters, "CFG Rescale"), "0.7");
  EXPECT_EQ(count_left_out(parameters), 0) << all_notes(parameters);
  const PictureParameters left = of_comfy(
      R"("20": {"class_type": "FreeU_V2", "inputs": {"b1": 1.3, "model": ["4", 0]}},
         "21": {"class_type": "TomePatchModel", "inputs": {"ratio": 0.3, "model": ["20", 0]}},)",
      "21");
  EXPECT_EQ(count_left_out(left), 2) << all_notes(left);
}

TEST(PictureNotes, OtherProgramsNetworksAndTilesAreRead) {
  const PictureParameters invoke = read_texts(
      {{"invokeai_metadata",
        R"({"positive_prompt": "girl", "steps": 4, "seed": 1, "cfg_scale": 7, "scheduler": "euler",
            "width": 64, "height": 64, "seamless_x": true, "seamless_y": false,
            "cfg_rescale_multiplier": 0.4, "refiner_model": null, "loras": [{"model": {"name": "one"},
            "weight": 0.7}, {"lora": {"model_name": "two"}, "weight": 1}]})"}});
  EXPECT_EQ(invoke.meant.prompt, "girl<lora:one:0.7><lora:two:1.0>");
  EXPECT_EQ(item(invoke, "Tiling"), "x");
  EXPECT_EQ(item(invoke, "CFG Rescale"), "0.4");
  EXPECT_EQ(count_left_out(invoke), 0) << all_notes(invoke);
  const PictureParameters dream =
      read_texts({{"Dream", "\"a cat\" -s50 -S 3 -W 512 -H 512 -C 7.5 -A k_lms --seamless"}});
  EXPECT_EQ(item(dream, "Tiling"), "True");
  EXPECT_EQ(count_left_out(dream), 0) << all_notes(dream);

  const PictureParameters swarm = read_text(
      R"({"sui_image_params": {"prompt": "girl", "model": "m", "seed": 9, "steps": 20, "cfgscale": 7,
          "width": 64, "height": 64, "sampler": "euler", "scheduler": "normal", "loras": ["a/one",
          "two"], "loraweights": ["0.5", "1"], "seamlesstileable": "Y-Only", "clipstopatlayer": -2,
          "nopreviews": true, "imageformat": "PNG"}})");
  EXPECT_EQ(swarm.meant.prompt, "girl<lora:one:0.5><lora:two:1.0>");
  EXPECT_EQ(item(swarm, "Tiling"), "y");
  EXPECT_EQ(item(swarm, "Clip skip"), "2");
  EXPECT_EQ(count_left_out(swarm), 0) << all_notes(swarm);

  const PictureParameters easy = read_text(
      R"({"prompt": "girl", "seed": 5, "negative_prompt": "", "num_inference_steps": 25,
          "guidance_scale": 7.5, "sampler_name": "euler_a", "width": 64, "height": 64,
          "use_lora_model": ["one", "two"], "lora_alpha": [0.5, 0.25], "tiling": "xy",
          "use_hypernetwork_model": "hyper", "hypernetwork_strength": 0.3})");
  EXPECT_EQ(easy.meant.prompt, "girl<lora:one:0.5><lora:two:0.25><hypernet:hyper:0.3>");
  EXPECT_EQ(item(easy, "Tiling"), "True");
  EXPECT_EQ(count_left_out(easy), 0) << all_notes(easy);

  const PictureParameters fooocus = read_text(
      R"json({"full_prompt": ["girl"], "full_negative_prompt": [], "steps": 30, "sampler": "euler",
          "scheduler": "normal", "seed": "5", "resolution": "(64, 64)", "guidance_scale": 4.0,
          "sharpness": 2.0, "adm_guidance": "(1.5, 0.8, 0.3)", "refiner_model": "None",
          "refiner_switch": 0.5, "loras": [["one.safetensors", 0.1, "hash"]], "vae": "Default (model)",
          "version": "Fooocus v2.3.1"})json");
  EXPECT_EQ(fooocus.meant.prompt, "girl<lora:one:0.1>");
  EXPECT_EQ(count_left_out(fooocus), 2) << all_notes(fooocus);  // sharpness, adm_guidance
}

/// Names that no tag can hold are told.
TEST(PictureNotes, NetworksOfOddNamesAreTold) {
  const PictureParameters parameters =
      of_webui("AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: \"a:b(01)\"");
  EXPECT_EQ(parameters.meant.prompt, "girl");
  EXPECT_EQ(count_left_out(parameters), 1) << all_notes(parameters);
}

}  // namespace
}  // namespace ptravel
