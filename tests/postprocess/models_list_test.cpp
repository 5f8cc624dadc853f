#include "ptravel/models_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "postprocess/interpolator.h"
#include "tests/postprocess/pictures.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

using testing::HasSubstr;

TinyTensors small_rife() {
  RifeConfig config;
  config.widths = {8, 4, 4, 4};
  return tiny_rife(config);
}

TEST(ModelsList, HasEveryKindAndSaysWhatNetworksAre) {
  const TemporaryFolder folder;
  write_bytes(folder / "Stable-diffusion/sub/model.safetensors", "x");
  write_bytes(folder / "VAE/best.pt", "x");
  write_bytes(folder / "Lora/style.safetensors", "x");
  write_tiny_safetensors(folder / "ESRGAN/2x.safetensors", tiny_compact({4, 1, 2}));
  write_tiny_safetensors(folder / "ESRGAN/rife.safetensors", small_rife());
  write_tiny_safetensors(folder / "RIFE/rife46.safetensors", small_rife());
  write_tiny_safetensors(folder / "RIFE/2x.safetensors", tiny_compact({4, 1, 2}));
  const std::vector<ListedFile> list = list_models_folders({folder.path()});
  ASSERT_EQ(list.size(), 7U);
  EXPECT_EQ(list[0].kind, "model");
  EXPECT_EQ(list[0].name, "sub/model.safetensors");
  EXPECT_EQ(list[0].path, folder / "Stable-diffusion/sub/model.safetensors");
  EXPECT_EQ(list[1].kind, "vae");
  EXPECT_EQ(list[2].kind, "lora");
  EXPECT_EQ(list[3].kind, "upscaler");
  EXPECT_EQ(list[3].description, "compact x2, 4 channels, 1 convolutions");
  EXPECT_EQ(list[3].refusal, "");
  EXPECT_EQ(list[4].description, "");
  EXPECT_THAT(list[4].refusal, HasSubstr("rife.safetensors"));
  EXPECT_EQ(list[5].kind, "interpolator");
  EXPECT_THAT(list[5].refusal, HasSubstr("expected RIFE 4"));
  EXPECT_EQ(list[6].description, "RIFE 4.6, 4 blocks");
  EXPECT_TRUE(list_models_folders({}).empty());
}

TEST(InterpolatorName, IsFoundInTheModelsFolders) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "models/RIFE/rife46.safetensors", small_rife());
  write_tiny_safetensors(folder / "mine", small_rife());
  const std::vector<std::filesystem::path> models = {folder.path()};
  const auto file = folder / "models/RIFE/rife46.safetensors";
  EXPECT_EQ(interpolator_file("rife46", models), file);
  EXPECT_EQ(interpolator_file("rife46.safetensors", models), file);
  EXPECT_EQ(interpolator_file((folder / "mine").string(), models), folder / "mine");
  expect_error(ErrorCode::NotFound,
               "[interpolator] rife47: is no file and no interpolator of the models folders, "
               "expected a path or one of rife46.safetensors",
               [&] { interpolator_file("rife47", models); });
}

}  // namespace
}  // namespace ptravel
