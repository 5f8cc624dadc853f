// What lies in the models folders beside checkpoints, as /sdapi/v1 lists it.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/sdapi/sdapi_server.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

TEST(SdapiAddons, ListsOfWhatIsNotHereAreEmpty) {
  for (const char* name :
       {"loras", "hypernetworks", "face-restorers", "realesrgan-models", "extensions", "sd-vae"}) {
    EXPECT_EQ(sdapi_server().got(name), Json::array()) << name;
  }
  EXPECT_EQ(sdapi_server().got("embeddings"), Json::parse(R"({"loaded": {}, "skipped": {}})"));
}

TEST(SdapiAddons, StylesAreListedAndPutAroundPrompts) {
  const SdapiServer styled;
  EXPECT_EQ(styled.got("prompt-styles"), Json::array());
  write_file_atomic(styled.folder() / "models/styles.csv",
                    "name,prompt,negative_prompt\nink,\"{prompt}, ink\",photo\n");
  EXPECT_EQ(
      styled.got("prompt-styles"),
      Json::parse(R"([{"name": "ink", "prompt": "{prompt}, ink", "negative_prompt": "photo"}])"));
  const Json answer = styled.posted("txt2img", {{"prompt", "a cat"},
                                                {"negative_prompt", "blurry"},
                                                {"styles", {"ink", "gone"}},
                                                {"steps", 1},
                                                {"width", 64},
                                                {"height", 64}});
  const Json info = Json::parse(answer.at("info").get<std::string>());
  EXPECT_EQ(info.at("prompt"), "a cat, ink");
  EXPECT_EQ(info.at("negative_prompt"), "blurry, photo");
  EXPECT_EQ(info.at("styles"), Json::parse(R"(["ink", "gone"])"));
  write_file_atomic(styled.folder() / "models/styles.csv", "name,prompt\nink,\"open\n");
  const std::string problem = SdapiServer::json(styled.get("/sdapi/v1/prompt-styles"), 422).dump();
  EXPECT_THAT(problem, testing::HasSubstr("row 2: has a quote that does not end"));
  EXPECT_THAT(problem, testing::HasSubstr("styles.csv"));
  EXPECT_EQ(problem.find(styled.folder().string()), std::string::npos) << problem;
}

TEST(SdapiAddons, AddOnsAreListed) {
  const SdapiServer served;
  const auto put = [&](const std::string& from, const std::string& to) {
    std::filesystem::create_directories((served.folder() / "models" / to).parent_path());
    std::filesystem::copy_file(PTRAVEL_TEST_DATA "/addons/" + from,
                               served.folder() / "models" / to);
  };
  put("lora/no_alpha.safetensors", "Lora/fine/style.safetensors");
  put("embeddings/concept.bin", "embeddings/concept.bin");
  put("hypernetworks/plain.pt", "hypernetworks/plain.pt");
  const Json loras = served.got("loras");
  ASSERT_EQ(loras.size(), 1U);
  EXPECT_EQ(loras[0].at("name"), "style");
  EXPECT_EQ(loras[0].at("path"), "fine/style.safetensors");
  EXPECT_EQ(served.got("hypernetworks"), Json::parse(R"([{"name": "plain", "path": "plain.pt"}])"));
  const Json embeddings = served.got("embeddings");
  EXPECT_EQ(embeddings.at("skipped"), Json::object());
  EXPECT_GT(embeddings.at("loaded").at("concept").at("vectors"), 0);
  write_tiny_safetensors(served.folder() / "models/embeddings/wide.safetensors",
                         {{"emb_params", tiny_tensor({2, 320})}});
  const Json more = served.got("embeddings");
  EXPECT_EQ(more.at("skipped").at("wide").at("shape"), 320);
  EXPECT_FALSE(more.at("loaded").contains("wide")) << more.dump();
  EXPECT_TRUE(more.at("loaded").contains("concept")) << more.dump();
}

}  // namespace
}  // namespace ptravel
