#include "media/image_file.h"
#include "tests/server/api_world.h"

namespace ptravel {
namespace {

constexpr const char* kParameters =
    "girl, red hair\nNegative prompt: blurry\nSteps: 12, Sampler: DPM++ 2M, Schedule type: Karras, "
    "CFG scale: 6, Seed: 77, Size: 64x32, Model hash: 0123456789, Model: other";

std::string picture_with(const std::string& parameters) {
  const std::vector<ImageText> texts = {{"parameters", parameters}};
  return encode_png(Image(16, 8), texts);
}

TEST(V1Pictures, AreKeptByTheirContent) {
  const ApiWorld world;
  const std::string bytes = encode_png(Image(16, 8));
  const Json first = ApiWorld::json_of(world.call("POST", "/api/v1/pictures", bytes));
  EXPECT_EQ(first.at("width"), 16);
  EXPECT_EQ(first.at("height"), 8);
  EXPECT_EQ(first.at("parameters"), nullptr);
  EXPECT_EQ(first.at("init_image"), "upload:" + first.at("id").get<std::string>());
  EXPECT_EQ(ApiWorld::json_of(world.call("POST", "/api/v1/pictures", bytes)), first);
  const HttpResponse back =
      world.call("GET", "/api/v1/pictures/" + first.at("id").get<std::string>());
  EXPECT_EQ(header_of(back, "Content-Type"), "image/png");
  EXPECT_EQ(read_file(std::get<HttpFile>(back.body).path), bytes);
  const HttpResponse small =
      world.call("GET", "/api/v1/pictures/" + first.at("id").get<std::string>(), "", {{"w", "32"}});
  EXPECT_EQ(decode_image(std::get<std::string>(small.body), "a").image.width, 16);
}

TEST(V1Pictures, ParametersBecomeSettings) {
  const ApiWorld world;
  const Json answer =
      ApiWorld::json_of(world.call("POST", "/api/v1/pictures", picture_with(kParameters)))
          .at("parameters");
  EXPECT_EQ(answer.at("text"), kParameters);
  EXPECT_EQ(answer.at("model"), "other");
  EXPECT_EQ(answer.at("model_hash"), "0123456789");
  const Json& request = answer.at("request");
  EXPECT_EQ(request.at("prompt"), "girl, red hair");
  EXPECT_EQ(request.at("steps"), 12);
  EXPECT_EQ(request.at("seed"), 77);
  EXPECT_EQ(request.at("scheduler"), "Karras");
  EXPECT_EQ(request.at("width"), 64);
  EXPECT_FALSE(request.contains("model"));
  EXPECT_EQ(answer.at("problems"), Json::array());
  // What comes out can be drawn.
  EXPECT_EQ(world.post("/api/v1/dry-run", {{"request", request}}).at("problems"), Json::array());
}

TEST(V1Pictures, TextsThatAreNoSettingsDoNotRefuseThePicture) {
  const ApiWorld world;
  for (const char* text :
       {"a: b, c: d, e: f", "girl\nSteps: 4, Sampler: Euler a, Prompt Travel: 0.1.0",
        "girl\nSteps: x, Sampler: Nope, Seed: y, Size: 1x"}) {
    const HttpResponse response = world.call("POST", "/api/v1/pictures", picture_with(text));
    ASSERT_EQ(response.status, 201) << text;
    const Json answer = ApiWorld::json_of(response).at("parameters");
    EXPECT_EQ(answer.at("text"), text);
    EXPECT_EQ(answer.at("request"), nullptr);
    EXPECT_NE(problem_of(answer, "parameters"), "") << answer;
  }
}

TEST(V1Pictures, WhatCannotBeDrawnIsToldAndTheRestIsTaken) {
  const ApiWorld world;
  const Json answer =
      ApiWorld::json_of(world.call("POST", "/api/v1/pictures",
                                   picture_with("cat\nSteps: 9, Sampler: Strange, Seed: 1")))
          .at("parameters");
  EXPECT_NE(problem_of(answer, "sampler"), "") << answer.dump();
  EXPECT_EQ(answer.at("request").at("steps"), 9) << answer.dump();
}

TEST(V1Pictures, WhatIsNoPictureOrTooLargeIsRefused) {
  const ApiWorld world([](ServeOptions& options) {
    options.limits.upload_bytes = 4000;
    options.limits.upload_pixels = 10'000;
  });
  const auto problem = [&](const std::string& bytes) {
    const HttpResponse answer = world.call("POST", "/api/v1/pictures", bytes);
    EXPECT_EQ(answer.status, 422);
    return problem_of(ApiWorld::json_of(answer), "picture");
  };
  EXPECT_NE(problem(""), "");
  EXPECT_NE(problem("no picture at all"), "");
  EXPECT_NE(problem(std::string(5000, 'x')), "");
  EXPECT_NE(problem(encode_png(Image(101, 100))), "");
  const std::string whole = encode_png(Image(64, 64));
  EXPECT_NE(problem(whole.substr(0, whole.size() / 2)), "");
  EXPECT_FALSE(std::filesystem::exists(world.options.out / "uploads" / "x"));
}

TEST(V1Presets, AreKeptListedAndDeleted) {
  ApiWorld world;
  EXPECT_EQ(world.get("/api/v1/presets").at("presets"), Json::array());
  EXPECT_EQ(world.status("PUT", "/api/v1/presets/slow", R"({"request": {"steps": 50}})"), 200);
  EXPECT_EQ(world.status("PUT", "/api/v1/presets/fast", R"({"request": {"steps": 5}})"), 200);
  world.reopen();
  const Json list = world.get("/api/v1/presets").at("presets");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list.at(0).at("name"), "fast");
  EXPECT_EQ(list.at(1).at("request").at("steps"), 50);
  EXPECT_EQ(world.status("PUT", "/api/v1/presets/bad", R"({"request": {"stepz": 5}})"), 422);
  EXPECT_EQ(world.status("DELETE", "/api/v1/presets/fast"), 200);
  EXPECT_EQ(world.status("DELETE", "/api/v1/presets/fast"), 404);
}

}  // namespace
}  // namespace ptravel
