// What people put around a checkpoint, as lists show it: names, families, words, pictures.

#include "queue/addon_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Addons : public testing::Test {
 protected:
  /// A LoRA for texts of this width.
  void lora(const std::string& name,
            std::int64_t width,
            const std::map<std::string, std::string>& metadata = {}) {
    const std::string layer =
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.";
    write_tiny_safetensors(folder_ / "Lora" / (name + ".safetensors"),
                           {{layer + "lora_down.weight", tiny_tensor({2, width})},
                            {layer + "lora_up.weight", tiny_tensor({32, 2})}},
                           metadata);
  }
  void data(const std::string& from, const std::string& to) {
    fs::create_directories((folder_ / to).parent_path());
    fs::copy_file(PTRAVEL_TEST_DATA "/addons/" + from, folder_ / to);
  }
  void beside(const std::string& name, const std::string& text = "x") {
    write_bytes(folder_ / "Lora" / name, text);
  }
  AddonEntry found(FileKind kind, const std::string& name) {
    catalog_.list();
    const auto entry = catalog_.find(kind, name);
    EXPECT_TRUE(entry) << name;
    return entry.value_or(AddonEntry());
  }
  AddonEntry found(const std::string& name) { return found(FileKind::Lora, name); }

  TemporaryFolder folder_;
  AddonCatalog catalog_{{folder_.path()}};
};

TEST_F(Addons, AreListedByKindAndName) {
  EXPECT_THAT(catalog_.list(), IsEmpty());
  lora("style/b", 768);
  lora("A", 2048);
  data("embeddings/concept.bin", "embeddings/concept.bin");
  data("embeddings/pixfile.png", "embeddings/pixfile.png");
  data("embeddings/justpicture.png", "embeddings/justpicture.png");
  data("hypernetworks/plain.pt", "hypernetworks/plain.pt");
  std::vector<std::string> names;
  for (const AddonEntry& entry : catalog_.list()) {
    names.push_back(entry.folder + ":" + entry.name);
    EXPECT_EQ(entry.refusal, "") << entry.name;
    EXPECT_GT(entry.bytes, 0U);
    EXPECT_THAT(entry.text_widths, testing::Not(IsEmpty())) << entry.name;
  }
  EXPECT_THAT(names, ElementsAre(":A", "style:b", ":concept", ":pixels", ":plain"));
}

TEST_F(Addons, FamiliesShowInTheTextsThatTheyAreMadeFor) {
  lora("one", 768);
  lora("two", 1024);
  lora("xl", 2048);
  lora("tiny", 192);
  EXPECT_EQ(found("one").family, "Stable Diffusion 1.x");
  EXPECT_EQ(found("two").family, "Stable Diffusion 2.x");
  EXPECT_EQ(found("xl").family, "SDXL");
  EXPECT_EQ(found("tiny").family, "texts of width 192");
  EXPECT_THAT(found("tiny").text_widths, ElementsAre(192));
}

TEST_F(Addons, ModelsTellTheWidthOfTheirTexts) {
  write_tiny_safetensors(folder_ / "model.safetensors", tiny_sd1());
  EXPECT_EQ(catalog_.text_width_of(folder_ / "model.safetensors"), TinySizes().context);
  TinySizes wide;
  wide.context = 96;
  write_tiny_safetensors(folder_ / "model.safetensors", tiny_sd1(wide));
  EXPECT_EQ(catalog_.text_width_of(folder_ / "model.safetensors"), 96);
  write_tiny_folder(folder_ / "folder", tiny_sd1());
  EXPECT_EQ(catalog_.text_width_of(folder_ / "folder"), TinySizes().context);
  EXPECT_EQ(catalog_.text_width_of(folder_ / "nothing"), 0);
}

TEST_F(Addons, WordsOfTheFileAndThoseBesideIt) {
  lora("own", 768, {{"ss_output_name", "Other Name"}, {"modelspec.trigger_phrase", "snow"}});
  EXPECT_EQ(found("own").alias, "Other Name");
  EXPECT_EQ(found("own").activation, "snow");
  EXPECT_FALSE(found("own").preferred_weight);
  beside("own.json", R"({"description": "cold", "activation text": "ice", "sd version": "SDXL",
                         "preferred weight": 0.7, "notes": "n", "other": [1]})");
  const AddonEntry entry = found("own");
  EXPECT_EQ(entry.description, "cold");
  EXPECT_EQ(entry.activation, "ice");
  EXPECT_EQ(entry.preferred_weight, 0.7);
  EXPECT_EQ(entry.notes, "n");
  EXPECT_EQ(entry.family, "Stable Diffusion 1.x") << "what the file shows is believed";
  for (const char* wrong :
       {"", "[1]", "{", R"({"description": 1, "preferred weight": "x", "activation text": null})",
        R"({"preferred weight": 0})", R"({"preferred weight": 1e300})"}) {
    beside("own.json", wrong);
    EXPECT_EQ(found("own").description, "") << wrong;
    EXPECT_EQ(found("own").activation, "snow") << wrong;
    EXPECT_FALSE(found("own").preferred_weight) << wrong;
  }
}

TEST_F(Addons, AFileThatDoesNotTellIsOfTheFamilyInItsWords) {
  write_tiny_safetensors(
      folder_ / "Lora/te.safetensors",
      {{"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", tiny_tensor({2, 768})},
       {"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight", tiny_tensor({32, 2})}});
  EXPECT_THAT(found("te").text_widths, IsEmpty());
  EXPECT_EQ(found("te").family, "");
  beside("te.json", R"({"sd version": "SDXL"})");
  EXPECT_THAT(found("te").text_widths, ElementsAre(2048));
  EXPECT_EQ(found("te").family, "SDXL");
}

TEST_F(Addons, WhatCannotBeUsedSaysWhy) {
  beside("broken.safetensors", "no tensors");
  write_tiny_safetensors(folder_ / "Lora/model.safetensors", tiny_sd1());
  EXPECT_THAT(found("broken").refusal, HasSubstr("broken.safetensors"));
  EXPECT_THAT(found("model").refusal, HasSubstr("is no LoRA but Stable Diffusion 1.x"));
}

TEST_F(Addons, OfFilesWithOneNameTheOneThatPromptsGet) {
  lora("a/same", 768);
  lora("b/same", 2048);
  EXPECT_EQ(found("same").folder, "b");
  EXPECT_EQ(catalog_.list().size(), 1U);
}

TEST_F(Addons, EmbeddingsOfOneNameAreForTheModelsOfAll) {
  write_tiny_safetensors(folder_ / "embeddings/a/same.safetensors",
                         {{"emb_params", tiny_tensor({2, 768})}});
  write_tiny_safetensors(folder_ / "embeddings/b/same.safetensors",
                         {{"emb_params", tiny_tensor({2, 1024})}});
  EXPECT_EQ(catalog_.list(FileKind::Embedding).size(), 1U);
  EXPECT_THAT(found(FileKind::Embedding, "same").text_widths,
              testing::UnorderedElementsAre(768, 1024));
}

TEST_F(Addons, EmbeddingsFitIntoAChunk) {
  write_tiny_safetensors(folder_ / "embeddings/long.safetensors",
                         {{"emb_params", tiny_tensor({76, 768})}});
  write_tiny_safetensors(folder_ / "embeddings/full.safetensors",
                         {{"emb_params", tiny_tensor({75, 768})}});
  EXPECT_THAT(found(FileKind::Embedding, "long").refusal, HasSubstr("76 vectors"));
  EXPECT_EQ(found(FileKind::Embedding, "full").refusal, "");
}

TEST_F(Addons, EmptyFilesAreNone) {
  data("embeddings/concept.bin", "embeddings/concept.bin");
  write_bytes(folder_ / "embeddings/empty.pt", "");
  EXPECT_EQ(catalog_.list().size(), 1U);
}

TEST_F(Addons, AChangedFileIsLookedAtAgain) {
  lora("one", 768);
  EXPECT_EQ(found("one").family, "Stable Diffusion 1.x");
  lora("one", 2048);
  EXPECT_EQ(found("one").family, "SDXL");
  fs::remove(folder_ / "Lora/one.safetensors");
  EXPECT_THAT(catalog_.list(), IsEmpty());
  EXPECT_FALSE(catalog_.find(FileKind::Lora, "one"));
}

TEST_F(Addons, PicturesInTheWebUisOrder) {
  lora("v1.5", 768);
  EXPECT_EQ(found("v1.5").picture, fs::path());
  for (const char* name : {"v1.5.gif", "v1.5.preview.webp", "v1.5.jpeg", "v1.5.preview.jpg",
                           "v1.5.jpg", "v1.5.preview.png", "v1.5.png"}) {
    beside(name);
    EXPECT_EQ(found("v1.5").picture, folder_ / "Lora" / name);
  }
}

}  // namespace
}  // namespace ptravel
