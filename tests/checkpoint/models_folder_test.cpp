// Files by kind in the folders of a web UI and of ComfyUI.

#include "checkpoint/models_folder.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ModelsFolder : public ::testing::Test {
 protected:
  void file(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }
  std::vector<std::string> names(const std::vector<FoundFile>& files) const {
    std::vector<std::string> all;
    for (const FoundFile& file : files) {
      all.push_back(file.name);
    }
    return all;
  }
  std::vector<std::string> names(const std::string& below, FileKind kind) const {
    return names(find_files({folder_ / below}, kind));
  }

  TemporaryFolder folder_;
};

TEST_F(ModelsFolder, FilesOfAKindLieWhereAWebUiOrComfyUiHasThem) {
  file("webui/models/Lora/style/b.safetensors");
  file("webui/models/LyCORIS/c.pt");
  file("webui/embeddings/e.pt");
  file("webui/models/hypernetworks/h.pt");
  file("webui/models/VAE-approx/taesd_decoder.pth");
  file("comfy/loras/b.safetensors");
  file("comfy/embeddings/e.bin");
  file("comfy/upscale_models/u.pth");
  file("comfy/frame_interpolation/rife_v4.25.safetensors");
  file("nodes/ckpts/rife/rife47.pth");
  file("nodes/ckpts/film/film_net_fp32.pt");
  file("webui/models/RIFE/flownet.pkl");
  EXPECT_THAT(names("comfy", FileKind::Interpolator), ElementsAre("rife_v4.25.safetensors"));
  EXPECT_THAT(names("nodes/ckpts", FileKind::Interpolator),
              ElementsAre("rife47.pth", "film_net_fp32.pt"));
  EXPECT_THAT(names("webui", FileKind::Interpolator), ElementsAre("flownet.pkl"));
  EXPECT_THAT(names("webui", FileKind::Lora), ElementsAre("style/b.safetensors", "c.pt"));
  EXPECT_THAT(names("webui", FileKind::Embedding), ElementsAre("e.pt"));
  EXPECT_THAT(names("webui", FileKind::Hypernetwork), ElementsAre("h.pt"));
  EXPECT_THAT(names("webui", FileKind::PreviewVae), ElementsAre("taesd_decoder.pth"));
  EXPECT_THAT(names("webui/models", FileKind::Lora), ElementsAre("style/b.safetensors", "c.pt"));
  EXPECT_THAT(names("comfy", FileKind::Lora), ElementsAre("b.safetensors"));
  EXPECT_THAT(names("comfy", FileKind::Embedding), ElementsAre("e.bin"));
  EXPECT_THAT(names("comfy", FileKind::Upscaler), ElementsAre("u.pth"));
}

TEST_F(ModelsFolder, AFolderMayBeOneOfAKindItself) {
  file("loras/b.safetensors");
  EXPECT_THAT(names("loras", FileKind::Lora), ElementsAre("b.safetensors"));
  EXPECT_THAT(names("loras/", FileKind::Lora), ElementsAre("b.safetensors"));
  EXPECT_THAT(names("loras", FileKind::Embedding), IsEmpty());
  EXPECT_THAT(find_models({folder_ / "loras"}), IsEmpty());
}

TEST_F(ModelsFolder, EndingsSayWhatIsOfAKind) {
  for (const char* name : {"a.png", "a.preview.png", "a.safetensors", "a.txt", "a.BIN", ".a.pt"}) {
    file(std::string("embeddings/") + name);
  }
  EXPECT_THAT(names("", FileKind::Embedding), ElementsAre("a.BIN", "a.png", "a.safetensors"));
}

TEST_F(ModelsFolder, OtherKindsAreNoModels) {
  file("a.safetensors");
  file("loras/b.safetensors");
  file("embeddings/c.safetensors");
  file("ESRGAN/d.safetensors");
  file("mine/e.safetensors");
  EXPECT_THAT(names(find_models({folder_.path()})),
              ElementsAre("a.safetensors", "mine/e.safetensors"));
}

TEST_F(ModelsFolder, AFolderOfModelsMayBeNamedAsOneOfInterpolators) {
  file("bare/film/net.safetensors");
  file("bare/mine/film/a.safetensors");
  EXPECT_THAT(names(find_models({folder_ / "bare"})), ElementsAre("mine/film/a.safetensors"));
  file("film/b.safetensors");
  EXPECT_THAT(names(find_models({folder_ / "film"})), ElementsAre("b.safetensors"));
  file("webui/models/Stable-diffusion/film/c.safetensors");
  EXPECT_THAT(names(find_models({folder_ / "webui"})), ElementsAre("film/c.safetensors"));
}

TEST_F(ModelsFolder, ThingsThatAreFoundTwiceAreThereOnce) {
  file("models/Lora/a.safetensors");
  fs::create_directory_symlink(folder_ / "models/Lora", folder_ / "loras");
  EXPECT_THAT(
      names(find_files({folder_.path(), folder_.path(), folder_ / "models"}, FileKind::Lora)),
      ElementsAre("a.safetensors"));
  EXPECT_THAT(find_files({folder_ / "not-there"}, FileKind::Lora), IsEmpty());
}

TEST_F(ModelsFolder, ModelsHaveALookOfTheirOwn) {
  EXPECT_THROW(find_files({folder_.path()}, FileKind::Model), Error);
}

}  // namespace
}  // namespace ptravel
