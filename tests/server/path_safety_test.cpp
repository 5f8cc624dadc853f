#include <filesystem>

#include "media/image_file.h"
#include "tests/server/api_world.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::string problem_for(const ApiWorld& world, const char* field, const Json& value) {
  Json request = quick_request();
  request[field] = value;
  return problem_of(world.post("/api/v1/jobs", {{"request", request}}), field);
}

std::string upload(const ApiWorld& world) {
  const HttpResponse made = world.call("POST", "/api/v1/pictures", encode_png(Image(8, 8)));
  EXPECT_EQ(made.status, 201);
  return ApiWorld::json_of(made).at("id");
}

TEST(PathSafety, NoPathIsAModelOrAPicture) {
  const ApiWorld world;
  const std::string secret = (world.folder / "secret.png").string();
  write_file_atomic(secret, encode_png(Image(8, 8)));
  write_file_atomic(world.folder / "models" / "inside.safetensors", "no model");
  for (const std::string& path :
       {secret, std::string("/etc/passwd"), std::string("../secret.png"),
        std::string("../../etc/passwd"), std::string("upload:../../secret"),
        std::string("upload:/etc/passwd"), std::string(PTRAVEL_DEFAULT_MODEL),
        (world.folder / "models" / "inside.safetensors").string(),
        std::string("models/../secret.png"), std::string("file:///etc/passwd"),
        std::string("http://127.0.0.1/a.png")}) {
    for (const char* field : {"model", "vae", "init_image"}) {
      EXPECT_NE(problem_for(world, field, path), "") << field << " " << path;
    }
  }
}

TEST(PathSafety, TheOutputFolderIsTheServers) {
  const ApiWorld world;
  EXPECT_NE(problem_for(world, "out", "/tmp/elsewhere"), "");
  EXPECT_NE(problem_for(world, "out", "../elsewhere"), "");
  EXPECT_EQ(problem_for(world, "out", "outputs"), "");  // what the server itself shows
}

TEST(PathSafety, TheModelsFoldersAreTheServers) {
  const ApiWorld world;
  EXPECT_NE(problem_for(world, "models_dir", "/etc"), "");
  EXPECT_EQ(problem_for(world, "models_dir", ""), "");
}

TEST(PathSafety, SoundsAreOfTheCommandLine) {
  const ApiWorld world;
  EXPECT_NE(problem_for(world, "soundtrack", "/etc/passwd"), "");
  EXPECT_NE(problem_for(world, "beats", __FILE__), "");
  EXPECT_EQ(problem_for(world, "soundtrack", ""), "");
}

TEST(PathSafety, UploadsAreFoundByIdAndNeverThroughLinks) {
  const ApiWorld world;
  const std::string id = upload(world);
  EXPECT_EQ(problem_for(world, "init_image", "upload:" + id), "");
  write_file_atomic(world.folder / "secret.png", encode_png(Image(9, 9)));
  const std::string other(64, 'a');
  fs::create_symlink(world.folder / "secret.png", world.options.out / "uploads" / (other + ".png"));
  EXPECT_NE(problem_for(world, "init_image", "upload:" + other), "");
  EXPECT_EQ(world.status("GET", "/api/v1/pictures/" + other), 404);
  EXPECT_EQ(world.status("GET", "/api/v1/pictures/" + id), 200);
  EXPECT_EQ(world.status("GET", "/api/v1/pictures/queue.sqlite"), 404);
}

TEST(PathSafety, NoPathOfThisMachineIsInAJob) {
  ApiWorld world;
  Json request = quick_request();
  const std::string id = upload(world);
  request["init_image"] = "upload:" + id;
  const std::string job = world.post("/api/v1/jobs", {{"request", request}}).dump();
  EXPECT_EQ(job.find(world.folder.path().string()), std::string::npos) << job;
  EXPECT_EQ(job.find(PTRAVEL_DEFAULT_MODEL), std::string::npos) << job;
  EXPECT_NE(job.find("upload:" + id), std::string::npos) << job;
  world.call("GET", "/api/v1/events");
  const std::string list = world.get("/api/v1/jobs").dump();
  EXPECT_EQ(list.find(world.folder.path().string()), std::string::npos) << list;
}

TEST(PathSafety, MachineSettingsAreTheServersWhereItWasToldSo) {
  const ApiWorld fixed([](ServeOptions& options) {
    options.device = DeviceChoice::Cpu;
    options.precision = Precision::Fp32;
    options.threads = 1;
  });
  EXPECT_NE(problem_for(fixed, "device", "cuda"), "");
  EXPECT_NE(problem_for(fixed, "precision", "bf16"), "");
  EXPECT_NE(problem_for(fixed, "threads", 2), "");
  Json request = quick_request();
  const Json job = fixed.post("/api/v1/jobs", {{"request", request}});
  EXPECT_EQ(job.at("request").at("device"), "cpu");
  EXPECT_EQ(job.at("request").at("precision"), "fp32");
  const ApiWorld open;
  EXPECT_EQ(problem_for(open, "precision", "fp32"), "");
}

TEST(PathSafety, PresetsStayInTheirFolder) {
  const ApiWorld world;
  const std::string body = R"({"request": {"steps": 5}})";
  for (const char* name : {"..", ".hidden", "a\\b", "", " a", "a\n"}) {
    const HttpRouter::Match match =
        world.router().find("PUT", std::string("/api/v1/presets/") + name);
    if (match.route != nullptr) {
      EXPECT_GE(world.status("PUT", std::string("/api/v1/presets/") + name, body), 400) << name;
    }
  }
  EXPECT_EQ(world.status("PUT", "/api/v1/presets/" + std::string(81, 'a'), body), 422);
  EXPECT_EQ(world.status("PUT", "/api/v1/presets/Für Bäume", body), 200);
  EXPECT_TRUE(fs::exists(world.options.out / "presets" / "Für Bäume.json"));
}

}  // namespace
}  // namespace ptravel
