#include "base/base64.h"
#include "media/image_file.h"
#include "tests/server/api_world.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class V1Addons : public testing::Test {
 protected:
  V1Addons() { lora("winter & snow"); }

  void lora(const std::string& name) {
    const std::string layer =
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.";
    write_tiny_safetensors(folder_ / (name + ".safetensors"),
                           {{layer + "lora_down.weight", tiny_tensor({2, 768})},
                            {layer + "lora_up.weight", tiny_tensor({32, 2})}});
  }
  Json only() const {
    const Json addons = world_.get("/api/v1/addons").at("addons");
    EXPECT_EQ(addons.size(), 1U) << addons.dump();
    return addons.at(0);
  }
  HttpResponse picture(const std::string& name,
                       const HttpFields& query = {},
                       const std::string& kind = "lora") const {
    return world_.call("GET", "/api/v1/addons/" + kind + "/" + name + "/picture", "", query);
  }
  std::string refusal(const std::string& name, const std::string& kind = "lora") const {
    const HttpResponse response = picture(name, {}, kind);
    EXPECT_EQ(response.status, 404);
    return ApiWorld::json_of(response).at("error").at("message");
  }

  const ApiWorld world_;
  const fs::path folder_ = world_.folder / "models/Lora";
};

TEST_F(V1Addons, AreListedWithoutPaths) {
  const Json addon = only();
  EXPECT_EQ(addon.at("kind"), "lora");
  EXPECT_EQ(addon.at("name"), "winter & snow");
  EXPECT_EQ(addon.at("family"), "Stable Diffusion 1.x");
  EXPECT_EQ(addon.at("text_widths"), Json({768}));
  EXPECT_EQ(addon.at("preferred_weight"), nullptr);
  EXPECT_EQ(addon.at("picture"), nullptr);
  EXPECT_EQ(addon.at("refusal"), "");
  write_bytes(folder_ / "winter & snow.safetensors", "broken");
  EXPECT_THAT(only().at("refusal"), HasSubstr("winter & snow.safetensors"));
  EXPECT_EQ(only().dump().find(world_.folder.path().string()), std::string::npos);
}

TEST_F(V1Addons, ANameOfSeveralPartsHasNoAddress) {
  fs::remove(folder_ / "winter & snow.safetensors");
  const auto put = [&](const std::string& name) {
    const Json embedding = {
        {"name", name},
        {"string_to_param",
         {{"*", {{"TORCHTENSOR", Json::array({std::vector<float>(768, 0.5F)})}}}}}};
    const ImageText text{"sd-ti-embedding", to_base64(embedding.dump())};
    const fs::path path = world_.folder / "models/embeddings/e.png";
    fs::create_directories(path.parent_path());
    write_png(path, Image(8, 8), std::span(&text, 1));
  };
  put("one");
  EXPECT_THAT(only().at("picture").dump(), HasSubstr("/api/v1/addons/embedding/one/picture"));
  put("one/two");
  EXPECT_EQ(only().at("name"), "one/two");
  EXPECT_EQ(only().at("picture"), nullptr);
}

TEST_F(V1Addons, ModelsSayHowWideTheirTextsAre) {
  const std::string name = world_.get("/api/v1/models").at("models").at(0).at("name");
  EXPECT_EQ(world_.get("/api/v1/addons").at("text_widths"), Json({{name, 192}}));
}

TEST_F(V1Addons, PicturesAreMadeSmaller) {
  write_png(folder_ / "winter & snow.png", Image(600, 300));
  const std::string address = only().at("picture");
  EXPECT_THAT(address, testing::StartsWith("/api/v1/addons/lora/winter%20%26%20snow/picture?v="));
  const HttpResponse usual = picture("winter & snow");
  ASSERT_EQ(usual.status, 200);
  EXPECT_EQ(header_of(usual, "Content-Type"), "image/jpeg");
  EXPECT_EQ(header_of(usual, "Cache-Control"), "private, no-cache");
  EXPECT_EQ(decode_image(std::get<std::string>(usual.body), "a").image.width, 256);
  const std::string stamp = address.substr(address.find("v=") + 2);
  EXPECT_EQ(header_of(usual, "ETag"), "\"" + stamp + "\"");
  const HttpResponse small = picture("winter & snow", {{"w", "64"}, {"v", stamp}});
  EXPECT_EQ(decode_image(std::get<std::string>(small.body), "a").image.height, 32);
  EXPECT_THAT(header_of(small, "Cache-Control"), HasSubstr("immutable"));
  // Another picture has another address, and is not kept under the old one.
  write_png(folder_ / "winter & snow.png", Image(60, 40));
  EXPECT_NE(only().at("picture"), address);
  const HttpResponse other = picture("winter & snow", {{"v", stamp}});
  EXPECT_EQ(header_of(other, "Cache-Control"), "private, no-cache");
  EXPECT_EQ(decode_image(std::get<std::string>(other.body), "a").image.width, 60);
  EXPECT_EQ(picture("winter & snow", {{"w", "5000"}}).status, 422);
}

TEST_F(V1Addons, AGifIsSentAsItIs) {
  write_bytes(folder_ / "winter & snow.gif", "GIF89a and so on, at least sixteen");
  world_.get("/api/v1/addons");
  const HttpResponse response = picture("winter & snow");
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(header_of(response, "Content-Type"), "image/gif");
  EXPECT_EQ(std::get<HttpFile>(response.body).path, folder_ / "winter & snow.gif");
}

TEST_F(V1Addons, WhatIsNoPictureIsNotServed) {
  EXPECT_EQ(refusal("winter & snow"), "lora \"winter & snow\" has no picture beside it");
  EXPECT_EQ(refusal("summer"), "there is no lora \"summer\"");
  EXPECT_EQ(refusal("winter & snow", "embedding"), "there is no embedding \"winter & snow\"");
  EXPECT_EQ(refusal("winter & snow", "model"), "there is no model \"winter & snow\"");
  EXPECT_EQ(refusal("winter & snow.safetensors"), "there is no lora \"winter & snow.safetensors\"");
  write_bytes(folder_ / "winter & snow.png", "#!/bin/sh and other secrets");
  world_.get("/api/v1/addons");
  EXPECT_THAT(refusal("winter & snow"), HasSubstr("cannot be shown"));
  EXPECT_THAT(refusal("winter & snow"), testing::Not(HasSubstr(world_.folder.path().string())));
  write_bytes(folder_ / "winter & snow.gif", std::string("GIF89a") + std::string(5 << 20, 'x'));
  fs::remove(folder_ / "winter & snow.png");
  world_.get("/api/v1/addons");
  EXPECT_THAT(refusal("winter & snow"), HasSubstr("too large"));
}

}  // namespace
}  // namespace ptravel
