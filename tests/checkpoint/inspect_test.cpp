#include <cstdlib>

#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/model.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

/// Points the cache at a folder of the test.
class Inspect : public testing::Test {
 protected:
  Inspect() { ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1); }
  ~Inspect() override { ::unsetenv("XDG_CACHE_HOME"); }
  TemporaryFolder folder_;
};

TEST_F(Inspect, SaysWhatAModelIs) {
  TinyTensors tensors = tiny_sd1();
  tensors["model_ema.decay"] = tiny_tensor({});
  tensors["alphas_cumprod"] = tiny_tensor({1000});
  write_tiny_safetensors(folder_ / "m.safetensors", tensors, {{"author", "somebody"}});
  const ModelInfo info = inspect_model(folder_ / "m.safetensors", Hashing::No);
  EXPECT_EQ(info.family, ModelFamily::Sd1);
  EXPECT_EQ(info.layout, ModelLayout::Safetensors);
  EXPECT_TRUE(info.supported);
  EXPECT_TRUE(info.has_ema);
  EXPECT_EQ(info.tensors, tensors.size());
  EXPECT_EQ(info.metadata.at("author"), "somebody");
  EXPECT_TRUE(info.sha256.empty());
  std::uint64_t expected = 0;
  for (const auto& [name, tensor] : tensors) {
    expected += tensor.numbers.size();
  }
  std::uint64_t counted = 0;
  for (const ModelPartInfo& part : info.parts) {
    counted += part.parameters;
  }
  EXPECT_EQ(counted, expected);
  const std::string text = describe(info);
  for (const char* part :
       {"Stable Diffusion 1.x", "unet", "vae", "text encoder", "F16", "epsilon"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(Inspect, DescribesWhatCannotBeLoaded) {
  write_tiny_safetensors(folder_ / "l.safetensors",
                         {{"lora_unet_a.lora_up.weight", tiny_tensor({2, 2})}});
  const ModelInfo info = inspect_model(folder_ / "l.safetensors", Hashing::No);
  EXPECT_EQ(info.family, ModelFamily::Lora);
  EXPECT_FALSE(info.supported);
  EXPECT_NE(describe(info).find("not a complete model"), std::string::npos);
  write_bytes(
      folder_ / "f8.safetensors",
      safetensors_bytes(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", "xx"));
  EXPECT_EQ(inspect_model(folder_ / "f8.safetensors", Hashing::No).parts.at(0).dtypes.at("F8_E4M3"),
            2U);
}

TEST_F(Inspect, TellsWhatAFileSaysOfItself) {
  write_tiny_safetensors(folder_ / "m.safetensors", tiny_sd1(),
                         {{"modelspec.title", "A\nmodel"},
                          {"modelspec.author", "somebody"},
                          {"modelspec.license", "CreativeML Open RAIL++-M"},
                          {"modelspec.architecture", "stable-diffusion-xl-v1-base"},
                          {"modelspec.trigger_phrase", "in the style of nobody"},
                          {"ss_tag_frequency",
                           R"({"1_a":{"cat":3," dog":5},"2_b":{"cat":4,"":9,"bird":"x"},"c":1})"}});
  const ModelInfo info = inspect_model(folder_ / "m.safetensors", Hashing::No);
  EXPECT_EQ(info.words.title, "A model");
  EXPECT_EQ(info.words.author, "somebody");
  EXPECT_EQ(info.words.license, "CreativeML Open RAIL++-M");
  EXPECT_EQ(info.words.trigger_phrase, "in the style of nobody");
  EXPECT_EQ(info.words.frequent_tags, (std::vector<std::string>{"cat", "dog"}));
  ASSERT_EQ(info.notes.size(), 1U);
  EXPECT_NE(
      info.notes[0].find("says stable-diffusion-xl-v1-base, its tensors are those of a Stable "
                         "Diffusion 1.x model; the tensors are believed"),
      std::string::npos);
  EXPECT_EQ(info.noise_levels, "Stable Diffusion's");
  std::uint64_t text = 0, others = 0, narrow = 0;
  for (const ModelPartInfo& part : info.parts) {
    const bool is_text = part.name == "text encoder";
    text += is_text ? part.parameters : 0;
    others += part.name == "unet" || part.name == "vae" ? part.parameters : 0;
    narrow += is_text && part.dtypes.contains("F16") ? part.dtypes.at("F16") : 0;
  }
  EXPECT_GT(others, 0U);
  EXPECT_EQ(info.memory_fp32, 4 * (text + others) - 2 * narrow);
  EXPECT_EQ(info.memory_16bit, 4 * text + 2 * others - 2 * narrow);
  const std::string told = describe(info);
  for (const char* part :
       {"title         A model", "license       CreativeML", "trigger words in the",
        "frequent tags cat, dog", "note          Its metadata", "memory  "}) {
    EXPECT_NE(told.find(part), std::string::npos) << part << "\n" << told;
  }
}

TEST_F(Inspect, LeavesOutMetadataThatCannotBeRead) {
  for (const char* tags : {"", "[1,2]", "{", R"({"a":{"b":{}}})", R"({"a":[1]})"}) {
    write_tiny_safetensors(folder_ / "m.safetensors", tiny_sd1(),
                           {{"ss_tag_frequency", tags},
                            {"modelspec.title", std::string(2000, 'x')},
                            {"modelspec.architecture", "something else"}});
    const ModelInfo info = inspect_model(folder_ / "m.safetensors", Hashing::No);
    EXPECT_TRUE(info.words.frequent_tags.empty()) << tags;
    EXPECT_EQ(info.words.title, std::string(500, 'x') + "...");
    EXPECT_TRUE(info.notes.empty());
  }
}

TEST_F(Inspect, LabelsEveryFamily) {
  for (int i = 0; i <= static_cast<int>(ModelFamily::Unknown); ++i) {
    EXPECT_FALSE(family_label(static_cast<ModelFamily>(i)).empty()) << i;
  }
  EXPECT_EQ(layout_name(ModelLayout::Diffusers), "diffusers");
  EXPECT_EQ(prediction_name(Prediction::V), "v");
}

TEST_F(Inspect, HashesAndRemembers) {
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const auto path = folder_ / "abc";
  write_bytes(path, "abc");
  EXPECT_EQ(file_sha256(path), abc);
  const auto cache = folder_ / "cache/prompt-travel/hashes.json";
  std::string content = read_file(cache);
  ASSERT_NE(content.find(abc), std::string::npos);
  // What is remembered is used while size and time are the same, and no longer.
  content.replace(content.find(abc), 4, "0000");
  write_bytes(cache, content);
  EXPECT_EQ(file_sha256(path).substr(0, 4), "0000");
  write_bytes(path, "abcd");
  EXPECT_NE(file_sha256(path).substr(0, 4), "0000");
}

TEST_F(Inspect, DoesWithoutABrokenCache) {
  write_bytes(folder_ / "abc", "abc");
  for (const char* content : {"not json", "[]", R"({"x":1})"}) {
    write_bytes(folder_ / "cache/prompt-travel/hashes.json", content);
    EXPECT_EQ(file_sha256(folder_ / "abc").size(), 64U);
  }
  std::filesystem::remove_all(folder_ / "cache");
  write_bytes(folder_ / "cache", "a file where the folder should be");
  EXPECT_EQ(file_sha256(folder_ / "abc").size(), 64U);
  expect_error(ErrorCode::NotFound, "gone", [&] { file_sha256(folder_ / "gone"); });
}

}  // namespace
}  // namespace ptravel
