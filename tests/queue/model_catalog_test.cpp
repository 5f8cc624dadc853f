// Models folders as people have them: of the web UI, of ComfyUI, full of other things.

#include "queue/model_catalog.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "checkpoint/models_folder.h"
#include "queue/automatic_vae.h"
#include "tests/queue/queue_testing.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Hashes are remembered in a folder of the test's own, and there is no default model.
class Catalog : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", cache_.path().c_str(), 1);
    ::setenv("PROMPT_TRAVEL_DEFAULT_MODEL", (folder_ / "no-default").c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("XDG_CACHE_HOME");
    ::unsetenv("PROMPT_TRAVEL_DEFAULT_MODEL");
  }
  fs::path model(const std::string& name) {
    const fs::path path = folder_ / name;
    create_folders(path.parent_path());
    fs::copy_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", path);
    return path;
  }
  fs::path vae(const std::string& name) {
    TinyTensors all = tiny_sd1(), tensors;
    const std::string prefix = "first_stage_model.";
    for (const auto& [key, tensor] : all) {
      if (key.starts_with(prefix)) {
        tensors[key.substr(prefix.size())] = tensor;
      }
    }
    const fs::path path = folder_ / name;
    create_folders(path.parent_path());
    write_tiny_safetensors(path, tensors);
    return path;
  }
  TemporaryFolder folder_;
  TemporaryFolder cache_;
};

std::vector<std::string> names(const std::vector<CatalogEntry>& entries) {
  std::vector<std::string> result;
  for (const CatalogEntry& entry : entries) {
    result.push_back(entry.file_name);
  }
  return result;
}

bool all_hashed(const ModelCatalog& catalog) {
  for (const auto& list : {catalog.models(), catalog.vaes()}) {
    for (const CatalogEntry& entry : list) {
      if (entry.refusal.empty() && entry.info.sha256.empty()) {
        return false;
      }
    }
  }
  return true;
}

TEST_F(Catalog, AutomaticTakesTheVaeOfTheModelsName) {
  model("models/Stable-diffusion/v1-5.safetensors");
  model("models/Stable-diffusion/other.safetensors");
  model("models/Stable-diffusion/beside.safetensors");
  vae("models/VAE/deep/v1-5.safetensors");
  vae("models/VAE/fine.safetensors");
  vae("models/VAE/beside.safetensors");
  vae("models/Stable-diffusion/beside.vae.safetensors");
  create_folders(folder_ / "models/VAE");
  std::ofstream(folder_ / "models/VAE/other.safetensors") << "broken";
  ModelCatalog catalog({folder_.path()}, [] {});
  const auto chosen = [&](const char* name) {
    const auto entry = automatic_vae(catalog, catalog.find_model(name).value());
    return entry ? entry->file_name : "";
  };
  EXPECT_EQ(chosen("v1-5"), "deep/v1-5.safetensors");
  EXPECT_EQ(chosen("beside"), "") << "opening the model takes the one that lies there";
  EXPECT_EQ(chosen("other"), "") << "one that cannot be used is not taken";
}

TEST_F(Catalog, NamesAreThoseOfTheWebUi) {
  model("models/Stable-diffusion/v1-5.safetensors");
  model("models/Stable-diffusion/sd/Other.v2.safetensors");
  vae("models/VAE/fine.vae.safetensors");
  vae("models/Stable-diffusion/v1-5.vae.safetensors");
  std::ofstream(folder_ / "models/Stable-diffusion/readme.txt") << "no model";
  std::ofstream(folder_ / "models/Stable-diffusion/.hidden.safetensors") << "hidden";
  std::atomic<int> changes{0};
  ModelCatalog catalog({folder_.path()}, [&] { ++changes; });
  ASSERT_TRUE(catalog.find_model("v1-5"));  // waits for the first scan
  EXPECT_THAT(names(catalog.models()), ElementsAre("sd/Other.v2.safetensors", "v1-5.safetensors"));
  EXPECT_THAT(names(catalog.vaes()), ElementsAre("fine.vae.safetensors", "v1-5.vae.safetensors"));
  wait_until([&] { return all_hashed(catalog); });
  EXPECT_GE(changes, 4);
  const CatalogEntry entry = catalog.models().front();
  EXPECT_EQ(entry.model_name, "sd_Other.v2");
  EXPECT_EQ(entry.info.sha256, file_sha256(entry.path));
  EXPECT_EQ(entry.title, "sd/Other.v2.safetensors [" + entry.info.sha256.substr(0, 10) + "]");
  EXPECT_EQ(entry.refusal, "");
  EXPECT_TRUE(entry.info.supported);
}

TEST_F(Catalog, EveryNameThatClientsUseSelects) {
  model("models/Stable-diffusion/sd/Other.v2.safetensors");
  model("models/Stable-diffusion/v1-5.safetensors");
  {  // another hash
    std::string bytes = read_file(folder_ / "models/Stable-diffusion/v1-5.safetensors");
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_file_atomic(folder_ / "models/Stable-diffusion/v1-5.safetensors", bytes);
  }
  const ModelCatalog catalog({folder_.path()}, {});
  wait_until([&] { return !catalog.models().empty() && all_hashed(catalog); });
  const std::string hash = catalog.models().front().info.sha256;
  for (const std::string& name :
       {std::string("sd/Other.v2.safetensors"), std::string("sd\\Other.v2.safetensors"),
        std::string("sd_Other.v2"), std::string("SD_other.V2"),
        "sd/Other.v2.safetensors [" + hash.substr(0, 10) + "]",
        "sd\\Other.v2.safetensors [" + hash.substr(0, 10) + "]", hash, hash.substr(0, 8),
        std::string("sd/Other.v2.safetensors [0000000000]")}) {
    const auto found = catalog.find_model(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(found->model_name, "sd_Other.v2") << name;
  }
  for (const std::string& name : {std::string(""), hash.substr(0, 7), std::string("/etc/passwd"),
                                  (folder_ / "models/Stable-diffusion/v1-5.safetensors").string(),
                                  std::string("../Stable-diffusion/v1-5.safetensors"),
                                  std::string("Other"), std::string("v1")}) {
    EXPECT_FALSE(catalog.find_model(name)) << name;
  }
}

TEST_F(Catalog, FoldersOfComfyUiAndPlainOnes) {
  model("comfy/models/checkpoints/a.safetensors");
  vae("comfy/models/vae/b.safetensors");
  model("plain/c.ckpt.safetensors");
  vae("plain/d.safetensors");  // told by what is in it
  write_tiny_folder(folder_ / "plain/diffused", tiny_sd1());
  const ModelCatalog catalog({folder_ / "comfy", folder_ / "plain/"}, {});
  catalog.find_model("a");
  EXPECT_THAT(names(catalog.models()),
              ElementsAre("a.safetensors", "c.ckpt.safetensors", "diffused"));
  EXPECT_THAT(names(catalog.vaes()), ElementsAre("b.safetensors", "d.safetensors"));
  EXPECT_EQ(catalog.find_model("diffused")->info.layout, ModelLayout::Diffusers);
}

TEST_F(Catalog, FoldersOfUpscalersAreNoModels) {
  model("plain.safetensors");
  for (const char* name : {"ESRGAN", "RealESRGAN", "upscale_models"}) {
    model(std::string(name) + "/4x.safetensors");
  }
  ModelCatalog catalog({folder_.path()}, [] {});
  catalog.refresh();
  EXPECT_THAT(names(catalog.models()), ElementsAre("plain.safetensors"));
}

TEST_F(Catalog, WhatCannotBeUsedSaysWhy) {
  model("models/Stable-diffusion/good.safetensors");
  std::ofstream(folder_ / "models/Stable-diffusion/cut.safetensors")
      << read_file(folder_ / "models/Stable-diffusion/good.safetensors").substr(0, 5000);
  write_tiny_safetensors(folder_ / "models/Stable-diffusion/lora.safetensors",
                         {{"lora_unet_x.lora_down.weight", tiny_tensor({4, 8})},
                          {"lora_unet_x.lora_up.weight", tiny_tensor({8, 4})},
                          {"lora_unet_x.alpha", tiny_tensor({1})}});
  model("models/VAE/whole-model.safetensors");
  ModelCatalog catalog({folder_.path()}, {});
  ASSERT_TRUE(catalog.find_model("good"));
  EXPECT_THAT(catalog.find_model("cut")->refusal, HasSubstr("cut.safetensors"));
  EXPECT_THAT(catalog.find_model("lora")->refusal, HasSubstr("LoRA"));
  EXPECT_THAT(catalog.find_vae("whole-model")->refusal, HasSubstr("is no VAE"));

  // The copy is finished meanwhile; another one vanishes.
  fs::copy_file(folder_ / "models/Stable-diffusion/good.safetensors",
                folder_ / "models/Stable-diffusion/cut.safetensors",
                fs::copy_options::overwrite_existing);
  fs::remove(folder_ / "models/Stable-diffusion/lora.safetensors");
  catalog.refresh();
  EXPECT_EQ(catalog.find_model("cut")->refusal, "");
  EXPECT_FALSE(catalog.find_model("lora"));
}

TEST_F(Catalog, AChangedFileIsHashedAgain) {
  const fs::path path = model("models/Stable-diffusion/a.safetensors");
  ModelCatalog catalog({folder_.path()}, {});
  wait_until([&] { return !catalog.models().empty() && all_hashed(catalog); });
  const std::string before = catalog.models().front().info.sha256;
  std::string bytes = read_file(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file_atomic(path, bytes);
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(2));
  catalog.refresh();
  wait_until([&] { return all_hashed(catalog); });
  EXPECT_NE(catalog.models().front().info.sha256, before);
}

TEST_F(Catalog, LinksAreFollowedAndLoopsAreNot) {
  TemporaryFolder elsewhere;
  fs::copy_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", elsewhere / "real.safetensors");
  create_folders(folder_ / "models/Stable-diffusion/sub");
  fs::create_symlink(elsewhere / "real.safetensors",
                     folder_ / "models/Stable-diffusion/linked.safetensors");
  fs::create_symlink(elsewhere / "nothing.safetensors",
                     folder_ / "models/Stable-diffusion/dangling.safetensors");
  fs::create_directory_symlink(folder_ / "models/Stable-diffusion",
                               folder_ / "models/Stable-diffusion/sub/loop");
  const ModelCatalog catalog({folder_.path(), folder_ / "not-there"}, {});
  ASSERT_TRUE(catalog.find_model("linked"));
  EXPECT_THAT(names(catalog.models()), ElementsAre("linked.safetensors"));
}

TEST_F(Catalog, TheSameNameInTwoFoldersGetsItsFoldersName) {
  model("one/a.safetensors");
  model("two/a.safetensors");
  const auto found = find_models({folder_ / "one", folder_ / "two", folder_ / "one"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "a.safetensors");
  EXPECT_EQ(found[1].name, "two/a.safetensors");
}

TEST_F(Catalog, TheDefaultModelComesFirst) {
  model("models/Stable-diffusion/a.safetensors");
  ::setenv("PROMPT_TRAVEL_DEFAULT_MODEL", model("own/z.safetensors").c_str(), 1);
  const ModelCatalog catalog({folder_.path()}, {});
  ASSERT_TRUE(catalog.find_model("z"));
  EXPECT_THAT(names(catalog.models()), ElementsAre("z.safetensors", "a.safetensors"));
  EXPECT_TRUE(catalog.models().front().is_default);
}

TEST_F(Catalog, FilesThatComeAndGoDoNotDisturbTheScan) {
  std::atomic<bool> stop{false};
  create_folders(folder_ / "models/Stable-diffusion");
  std::thread restless([&] {
    for (int i = 0; !stop; ++i) {
      const fs::path path =
          folder_ / ("models/Stable-diffusion/x" + std::to_string(i % 3) + ".safetensors");
      std::ofstream(path) << std::string(static_cast<std::size_t>(i % 7) * 1000, 'x');
      std::error_code ignored;
      fs::remove(
          folder_ / ("models/Stable-diffusion/x" + std::to_string((i + 1) % 3) + ".safetensors"),
          ignored);
    }
  });
  model("models/Stable-diffusion/steady.safetensors");
  ModelCatalog catalog({folder_.path()}, {});
  for (int i = 0; i < 50; ++i) {
    catalog.refresh();
    EXPECT_TRUE(catalog.find_model("steady"));
  }
  stop = true;
  restless.join();
}

}  // namespace
}  // namespace ptravel
