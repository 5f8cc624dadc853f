// POST img2img: what is drawn from the pictures and masks that came, and what is refused.
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "media/image_file.h"
#include "tests/sdapi/drawn_pictures.h"
#include "tests/sdapi/sdapi_server.h"

namespace ptravel {
namespace {

TEST(SdapiImg2img, DrawsFromThePictureThatCame) {
  const std::string init = png_base64(80, 48);
  const std::filesystem::path path = sdapi_server().folder() / "init.png";
  write_png(path, decode_image(from_base64(init).value(), "init", 1 << 20).image);
  for (const std::string& form : {init, "data:image/png;base64," + init}) {
    const Json answer = drawn(
        {{"init_images", {form}}, {"denoising_strength", 0.6}, {"resize_mode", 1}, {"steps", 4}},
        "img2img");
    EXPECT_EQ(decoded(answer.at("images")[0]).image, rendered([&](TravelRequest& request) {
                request.init_image = path.string();
                request.denoise_strength = {0.6};
                request.resize_mode = ResizeMode::CropAndResize;
                request.steps = 4;
              }));
    EXPECT_TRUE(answer.at("parameters").at("init_images").is_null());
    EXPECT_NE(info_of(answer).at("infotexts")[0].get<std::string>().find("Denoising strength: 0.6"),
              std::string::npos);
  }
}

TEST(SdapiImg2img, KeepsNoPictureThatCame) {
  const auto uploads = [] {
    const std::filesystem::path folder = sdapi_server().queue().uploads();
    std::set<std::string> names;
    if (std::filesystem::is_directory(folder)) {
      for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.insert(entry.path().filename().string());
      }
    }
    return names;
  };
  const std::set<std::string> before = uploads();
  const std::string init = png_base64(72, 40);
  drawn({{"init_images", {init}}}, "img2img");
  Json wrong = small_picture();
  wrong["init_images"] = {init};
  wrong["steps"] = 0;
  sdapi_server().posted("img2img", wrong, 422);
  EXPECT_EQ(uploads(), before);
}

TEST(SdapiImg2img, RepeatsPicturesOnlyWhenAsked) {
  const std::string init = png_base64(64, 64);
  const Json answer = drawn({{"init_images", {init}}, {"include_init_images", true}}, "img2img");
  EXPECT_EQ(answer.at("parameters").at("init_images")[0], init);
}

TEST(SdapiImg2img, PicturesThatAreMissingOrBrokenAreTold) {
  const auto detail = [](const Json& images, int status) {
    Json request = small_picture();
    request["init_images"] = images;
    return sdapi_server().posted("img2img", request, status).at("detail");
  };
  EXPECT_EQ(detail(nullptr, 404), "Init image not found");
  EXPECT_EQ(detail(Json::array(), 404), "Init image not found");
  EXPECT_EQ(detail({"http://127.0.0.1:1/a.png"}, 500), "Requests not allowed");
  EXPECT_EQ(detail({"????"}, 500), "Invalid encoded image");
  EXPECT_EQ(detail({to_base64("no picture")}, 500), "Invalid encoded image");
  EXPECT_EQ(detail({png_base64(64, 64).substr(0, 200)}, 500), "Invalid encoded image");
}

TEST(SdapiImg2img, DrawsWhereTheMaskIsWhite) {
  const std::string init = png_base64(80, 48);
  Image mask(80, 48);
  for (int y = 8; y < 40; ++y) {
    std::fill(mask.row(y) + 3 * 24, mask.row(y) + 3 * 64, std::uint8_t{255});
  }
  const std::filesystem::path init_path = sdapi_server().folder() / "masked-init.png";
  const std::filesystem::path mask_path = sdapi_server().folder() / "mask.png";
  write_png(init_path, decode_image(from_base64(init).value(), "init", 1 << 20).image);
  write_png(mask_path, mask);
  for (const bool only_masked : {false, true}) {
    const Json answer = drawn({{"init_images", {init}},
                               {"mask", to_base64(encode_png(mask))},
                               {"mask_blur", 2},
                               {"inpainting_fill", 2},
                               {"inpaint_full_res", only_masked},
                               {"inpaint_full_res_padding", 4},
                               {"steps", 4}},
                              "img2img");
    EXPECT_EQ(decoded(answer.at("images")[0]).image, rendered([&](TravelRequest& request) {
                request.init_image = init_path.string();
                request.mask = mask_path.string();
                request.mask_blur = 2;
                request.inpainting_fill = InpaintingFill::LatentNoise;
                request.inpaint_area = only_masked ? InpaintArea::Masked : InpaintArea::Whole;
                request.inpaint_padding = 4;
                request.steps = 4;
              }));
    const std::string text = info_of(answer).at("infotexts")[0].get<std::string>();
    EXPECT_NE(text.find("Mask blur: 2"), std::string::npos) << text;
    EXPECT_NE(text.find("Masked content: latent noise"), std::string::npos) << text;
    EXPECT_EQ(text.find("Inpaint area: Only masked") != std::string::npos, only_masked) << text;
  }
}

TEST(SdapiImg2img, RefusesMasksThatDoNotFit) {
  const std::string init = png_base64(64, 64);
  EXPECT_EQ(refused_entry({{"init_images", {init}}, {"latent_mask", init}}, "img2img").at("loc")[1],
            "latent_mask");
  EXPECT_EQ(refused_entry({{"init_images", {init}}, {"mask", init}, {"mask_blur_x", 1}}, "img2img")
                .at("loc")[1],
            "mask_blur_y");
  EXPECT_EQ(refused_entry({{"init_images", {init, init}}}, "img2img").at("loc")[1], "init_images");
}

}  // namespace
}  // namespace ptravel
