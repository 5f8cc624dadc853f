// Pictures of other programs drawn again on the tiny model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<ImageText>;
using Overrides = std::vector<std::pair<std::string, std::string>>;

/// What drawing a picture again gave.
struct Redrawn {
  std::string pixels;  ///< Of the picture, as text.
  std::vector<std::string> notes;
  std::string error;
};

class PictureRedraw : public testing::Test {
 protected:
  Redrawn redraw(const Texts& texts, Overrides overrides = {}) {
    write_png(folder_ / "picture.png", Image(64, 64), texts);
    overrides.emplace_back("model", PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
    overrides.emplace_back("precision", "fp32");
    Redrawn result;
    const RunEventSink events = [&](const RunEvent& event) {
      if (event.kind == RunEvent::Kind::Note) {
        result.notes.push_back(event.text);
      }
    };
    Progress progress;
    try {
      const fs::path drawn =
          redraw_frame(folder_ / "picture.png", overrides, folder_ / "again.png", progress, events);
      const Image image = read_image(drawn).image;
      result.pixels.assign(image.pixels.begin(), image.pixels.end());
    } catch (const Error& error) {
      result.error = error.what();
    }
    return result;
  }
  Redrawn redraw_text(const std::string& text, const Overrides& overrides = {}) {
    return redraw({{"parameters", text}}, overrides);
  }

  const TemporaryFolder folder_;
};

const std::string kPlain = "girl, smile\nSteps: 2, CFG scale: 7, Seed: 11, Size: 64x64, Sampler: ";

TEST_F(PictureRedraw, NamesOfOtherProgramsDrawTheSame) {
  const Redrawn webui = redraw_text(kPlain + "DPM++ 2M, Schedule type: Karras, Version: v1.10.1");
  ASSERT_EQ(webui.error, "");
  EXPECT_EQ(redraw_text(kPlain + "DPM++ 2M Karras, Version: v1.7.0-300-g1").pixels, webui.pixels);
  EXPECT_EQ(redraw_text(kPlain + "dpm++2m karras, RNG: cuda, Version: stable-diffusion.cpp").pixels,
            webui.pixels);
}

TEST_F(PictureRedraw, HashSignsBefore18AreDrawn) {
  const std::string rest =
      "\nSteps: 2, Seed: 11, Size: 64x64, Sampler: Euler, Version: v1.7.0-300-g1";
  const Redrawn whole = redraw_text("girl, #1 fan" + rest);
  ASSERT_EQ(whole.error, "");
  EXPECT_NE(whole.pixels, redraw_text("girl, " + rest).pixels);
  // Words that the tokenizer takes for the same: '#' is a token of its own.
  EXPECT_EQ(whole.pixels, redraw_text("girl, # 1 fan" + rest).pixels);
}

TEST_F(PictureRedraw, WhatIsNotAppliedIsTold) {
  const Redrawn hires = redraw_text(
      kPlain + "Euler, Denoising strength: 0.6, Hires upscale: 2, Hires checkpoint: other");
  EXPECT_EQ(hires.error, "");
  EXPECT_THAT(hires.notes,
              testing::ElementsAre(testing::AllOf(testing::HasSubstr("picture.png"),
                                                  testing::HasSubstr("Hires checkpoint: other"))));
  const Redrawn tagged = redraw_text(
      "girl <lora:foo:0.8>\nSteps: 2, CFG scale: 7, Seed: 11, Size: 64x64, Sampler: Euler, Lora "
      "hashes: \"foo: "
      "ab\"");
  EXPECT_THAT(tagged.notes, testing::ElementsAre(testing::HasSubstr("Lora not found: foo")));
  const Redrawn vae = redraw_text(kPlain + "Euler, VAE: other.pt");
  EXPECT_THAT(vae.notes, testing::ElementsAre(testing::HasSubstr("--vae")));
}

TEST_F(PictureRedraw, AnInitPictureIsAskedForAndTaken) {
  const std::string text = kPlain + "Euler, Denoising strength: 0.5";
  EXPECT_THAT(redraw_text(text).error,
              testing::AllOf(testing::HasSubstr("init_image"), testing::HasSubstr("picture.png")));
  write_png(folder_ / "init.png", Image(64, 64));
  EXPECT_EQ(redraw_text(text, {{"init_image", (folder_ / "init.png").string()}}).error, "");
}

TEST_F(PictureRedraw, ErrorsNameThePictureAndItsKey) {
  EXPECT_THAT(redraw_text(kPlain + "dpm++2mv2, Version: stable-diffusion.cpp").error,
              testing::HasSubstr("picture.png: Sampler: \"dpm++2mv2\""));
  EXPECT_EQ(redraw_text(kPlain + "dpm++2mv2, Version: stable-diffusion.cpp", {{"sampler", "Euler"}})
                .error,
            "");
  EXPECT_THAT(redraw_text("a\nSteps: 0, Seed: 1, Size: 64x64, Sampler: Euler").error,
              testing::HasSubstr("picture.png: Steps: \"0\""));
}

TEST_F(PictureRedraw, WhatTheModelFindsNamesThePictureToo) {
  EXPECT_THAT(redraw_text(kPlain + "Euler, Clip skip: 12").error,
              testing::HasSubstr("picture.png: Clip skip: 12"));
  EXPECT_THAT(redraw_text("a (cat:1.3.4)\nSteps: 2, Seed: 1, Size: 64x64, Sampler: Euler").error,
              testing::AllOf(testing::HasSubstr("picture.png"), testing::HasSubstr("1.3.4")));
}

TEST_F(PictureRedraw, ComfyUiGraphsAndNovelAiAreDrawn) {
  const std::string graph =
      R"({"3": {"class_type": "KSampler", "inputs": {"seed": 11, "steps": 2, "cfg": 7, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}}, "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a"}}, "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}, "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "girl, smile", "clip": ["4", 1]}}, "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}}, "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}}, "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}}})";
  const Redrawn comfy = redraw({{"prompt", graph}});
  EXPECT_EQ(comfy.error, "");
  EXPECT_EQ(comfy.pixels, redraw_text(kPlain + "Euler, Schedule type: Normal, RNG: CPU").pixels);
  const Redrawn novelai = redraw(
      {{"Software", "NovelAI"},
       {"Description", "{girl}, smile"},
       {"Comment", R"({"steps": 2, "sampler": "k_euler", "seed": 11, "scale": 7.0, "uc": ""})"}});
  EXPECT_EQ(novelai.error, "");
  EXPECT_EQ(novelai.pixels, redraw_text("(girl:1.05), smile\nSteps: 2, CFG scale: 7, Seed: 11, "
                                        "Size: 64x64, Sampler: Euler, Clip skip: 2, ENSD: 31337")
                                .pixels);
}

TEST_F(PictureRedraw, EmptyPromptsAndTheLargestSeedAreDrawn) {
  EXPECT_EQ(redraw_text("Steps: 2, Seed: 11, Size: 64x64, Sampler: Euler, CFG scale: 7").error, "");
  const std::string head = "girl\nSteps: 2, Size: 64x64, Sampler: Euler, CFG scale: 7, Seed: ";
  const Redrawn largest = redraw_text(head + "18446744073709551615");
  EXPECT_EQ(largest.error, "");
  EXPECT_NE(largest.pixels, redraw_text(head + "1102676403634909123").pixels);
  EXPECT_THAT(redraw_text(head + "18446744073709551616").error,
              testing::HasSubstr("picture.png: Seed: \"18446744073709551616\""));
}

TEST_F(PictureRedraw, AnInitPictureWithoutItsEndIsTakenWithANote) {
  Image picture(64, 64);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(i / 100);
  }
  const auto draw = [&](const std::string& bytes) {
    write_file_atomic(folder_ / "init.png", bytes);
    const TemporaryFolder out;
    TravelRequest request = tiny_request(out);
    request.init_image = (folder_ / "init.png").string();
    request.prompt = "a cat";
    std::string notes;
    const RunEventSink events = [&](const RunEvent& event) {
      notes += event.kind == RunEvent::Kind::Note ? event.text + "\n" : "";
    };
    Progress progress;
    const RunResult result = run_travel(request, progress, events);
    return std::pair(read_image(result.folder / "00000.png").image.pixels, notes);
  };
  const std::string bytes = encode_png(picture);
  const auto [whole, no_notes] = draw(bytes);
  const auto [cut, notes] = draw(bytes.substr(0, bytes.size() - 12));
  EXPECT_TRUE(whole == cut);
  EXPECT_EQ(no_notes, "");
  EXPECT_THAT(notes, testing::HasSubstr("init.png: broken behind its last pixel"));
}

}  // namespace
}  // namespace ptravel
