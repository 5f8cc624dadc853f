#include "postprocess/upscaler_shelf.h"

#include <gtest/gtest.h>

#include "postprocess/enlarger.h"
#include "postprocess/upscaler.h"
#include "tests/postprocess/pictures.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

TEST(UpscalerShelf, KnowsTheNetworksOfItsFolders) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "a/ESRGAN/4x_b.safetensors", tiny_compact({4, 1, 4}));
  write_checkpoint(folder / "a/ESRGAN/2x_a.pth", tiny_compact({4, 1, 2}), {.state_dict = false});
  write_tiny_safetensors(folder / "a/ESRGAN/sd.safetensors", tiny_sd1());
  write_bytes(folder / "a/ESRGAN/broken.pth", "not a network");
  write_bytes(folder / "a/ESRGAN/notes.txt", "text");
  write_tiny_safetensors(folder / "b/models/upscale_models/2x_a.safetensors",
                         tiny_compact({4, 1, 3}));
  write_tiny_safetensors(folder / "b/models/RealESRGAN/x1.safetensors", tiny_compact({4, 1, 1}));
  UpscalerShelf shelf({folder / "a", folder / "b", folder / "nowhere"});
  const std::vector<ShelvedUpscaler> list = shelf.list();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].name, "2x_a");
  EXPECT_EQ(list[0].file_name, "ESRGAN/2x_a.pth");
  EXPECT_EQ(list[0].scale, 2);
  EXPECT_EQ(list[1].name, "4x_b");
  EXPECT_EQ(list[1].scale, 4);
  EXPECT_EQ(list[2].name, "x1");
  EXPECT_FALSE(shelf.find("sd"));
  EXPECT_FALSE(shelf.find("../ESRGAN/2x_a"));
}

TEST(UpscalerShelf, LoadsWhatWasWrittenAgain) {
  const TemporaryFolder folder;
  const auto path = folder / "ESRGAN/net.safetensors";
  write_tiny_safetensors(path, tiny_compact({4, 1, 2}));
  UpscalerShelf shelf({folder.path()});
  const Image image = textured(12, 9);
  EXPECT_EQ(shelf.enlarge(*shelf.find("net"), image), Upscaler::open(path, {})(image));
  write_tiny_safetensors(path, tiny_compact({5, 2, 3}));
  EXPECT_EQ(shelf.enlarge(*shelf.find("net"), image).width, 36);
}

/// Works in another folder while it lives.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::filesystem::path& folder)
      : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  ~WorkingFolder() { std::filesystem::current_path(before_); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

 private:
  std::filesystem::path before_;
};

TEST(UpscalerName, IsFoundInTheModelsFolders) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "a/ESRGAN/2x_net.safetensors", tiny_compact({4, 1, 2}));
  write_bytes(folder / "a/ESRGAN/4x.pth", "not a network");
  write_tiny_safetensors(folder / "b/upscale_models/new/4x.safetensors", tiny_compact({4, 1, 4}));
  write_tiny_safetensors(folder / "other", tiny_compact({4, 1, 3}));
  const WorkingFolder here(folder.path());
  const std::vector<std::filesystem::path> models = {folder / "a", folder / "b"};
  EXPECT_EQ(upscaler_file("2x_net", models), folder / "a/ESRGAN/2x_net.safetensors");
  EXPECT_EQ(upscaler_file("2x_net.safetensors", models), folder / "a/ESRGAN/2x_net.safetensors");
  EXPECT_EQ(upscaler_file("new/4x", models), folder / "b/upscale_models/new/4x.safetensors");
  EXPECT_EQ(upscaler_file("other", models), "other");
  // Of one name the first that is a network.
  EXPECT_EQ(upscaler_file("4x", models), folder / "b/upscale_models/new/4x.safetensors");
  EXPECT_EQ(upscaler_file("4x", {folder / "a"}), folder / "a/ESRGAN/4x.pth");
  UpscaleOptions options;
  options.upscaler = "2x_net";
  options.models_folders = models;
  const Enlarger enlarger(options);
  EXPECT_EQ(enlarger(textured(12, 9)).width, 24);
  EXPECT_EQ(enlarger.name(), "2x_net");
  expect_error(
      ErrorCode::NotFound,
      "[upscale] 3x_net: is no file and no upscaler of the models folders, expected a path "
      "or one of 2x_net.safetensors, 4x.pth, new/4x.safetensors",
      [&] { upscaler_file("3x_net", models); });
  expect_error(ErrorCode::NotFound, "there are none in ESRGAN, RealESRGAN, upscale_models",
               [] { upscaler_file("3x_net", {}); });
  expect_error(ErrorCode::NotFound, "is no file", [&] { upscaler_file("a", models); });
}

}  // namespace
}  // namespace ptravel
