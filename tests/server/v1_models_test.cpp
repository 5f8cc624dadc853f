// Checkpoints and VAEs with the pictures beside them.

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "media/image_file.h"
#include "tests/server/api_world.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class V1Models : public testing::Test {
 protected:
  V1Models() {
    put("models/Stable-diffusion/sets/photo & film.safetensors");
    put("models/VAE/sets/photo & film.safetensors");
  }

  void put(const std::string& name) {
    const fs::path path = world_.folder / name;
    create_folders(path.parent_path());
    fs::copy_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", path);
  }
  /// What the list says of the one named so, after another look at the folders.
  Json told(const std::string& list, const std::string& name) const {
    const Json all = world_.post("/api/v1/models/refresh", Json::object()).at(list);
    for (const Json& model : all) {
      if (model.at("name").get<std::string>().find(name) != std::string::npos) {
        return model;
      }
    }
    ADD_FAILURE() << "no " << name << " in " << list;
    return {};
  }
  HttpResponse picture(const HttpFields& query) const {
    return world_.call("GET", "/api/v1/models/picture", "", query);
  }
  std::string refusal(const HttpFields& query) const {
    const HttpResponse response = picture(query);
    EXPECT_EQ(response.status, 404);
    return ApiWorld::json_of(response).at("error").at("message");
  }

  const ApiWorld world_;
};

TEST_F(V1Models, TellThePicturesBesideThem) {
  EXPECT_EQ(told("models", "photo").at("picture"), nullptr);
  EXPECT_EQ(told("vaes", "photo").at("picture"), nullptr);
  write_png(world_.folder / "models/Stable-diffusion/sets/photo & film.preview.png",
            Image(600, 300));
  const Json model = told("models", "photo");
  EXPECT_THAT(model.at("picture").get<std::string>(),
              testing::StartsWith("/api/v1/models/picture?kind=model&name="));
  EXPECT_THAT(model.at("picture").get<std::string>(),
              HasSubstr("sets%2Fphoto%20%26%20film.safetensors&v="));
  EXPECT_EQ(told("vaes", "photo").at("picture"), nullptr);
  const std::string name = model.at("name");
  const HttpResponse usual = picture({{"name", name}});
  ASSERT_EQ(usual.status, 200);
  EXPECT_EQ(header_of(usual, "Content-Type"), "image/jpeg");
  EXPECT_EQ(decode_image(std::get<std::string>(usual.body), "a").image.width, 256);
  const HttpResponse small = picture({{"name", name}, {"w", "64"}});
  EXPECT_EQ(decode_image(std::get<std::string>(small.body), "a").image.height, 32);
  // The VAE of that name has none.
  EXPECT_EQ(refusal({{"name", told("vaes", "photo").at("name")}, {"kind", "vae"}}),
            "VAE \"" + told("vaes", "photo").at("name").get<std::string>() +
                "\" has no picture beside it");
  write_png(world_.folder / "models/VAE/sets/photo & film.png", Image(40, 40));
  const std::string address = told("vaes", "photo").at("picture");
  const std::string stamp = address.substr(address.find("&v=") + 3);
  const HttpResponse of_vae = picture({{"name", name}, {"kind", "vae"}, {"v", stamp}});
  ASSERT_EQ(of_vae.status, 200);
  EXPECT_EQ(decode_image(std::get<std::string>(of_vae.body), "a").image.width, 40);
  EXPECT_THAT(header_of(of_vae, "Cache-Control"), HasSubstr("immutable"));
}

TEST_F(V1Models, WhatIsNotThereIsSaid) {
  EXPECT_EQ(refusal({{"name", "no"}}), "there is no model \"no\"");
  EXPECT_EQ(refusal({}), "there is no model \"\"");
  EXPECT_EQ(refusal({{"name", "../../etc/passwd"}, {"kind", "vae"}}),
            "there is no VAE \"../../etc/passwd\"");
  EXPECT_EQ(picture({{"name", "no"}, {"kind", "lora"}}).status, 422);
  EXPECT_EQ(picture({{"name", "no"}, {"kind", "lora"}, {"w", "5"}}).status, 422);
  write_bytes(world_.folder / "models/Stable-diffusion/sets/photo & film.png", "#!/bin/sh");
  const std::string name = told("models", "photo").at("name");
  EXPECT_THAT(refusal({{"name", name}}), HasSubstr("cannot be shown"));
  EXPECT_THAT(refusal({{"name", name}}), testing::Not(HasSubstr(world_.folder.path().string())));
}

}  // namespace
}  // namespace ptravel
