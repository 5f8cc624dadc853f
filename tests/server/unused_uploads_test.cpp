// Which uploaded pictures a server that starts removes.
#include "serving/unused_uploads.h"

#include "media/image_file.h"
#include "tests/server/api_world.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Uploads a picture of this width and dates it eight days back; returns its id.
std::string old_picture(const ApiWorld& world, int width) {
  const Json answer =
      ApiWorld::json_of(world.call("POST", "/api/v1/pictures", encode_png(Image(width, 8))));
  const std::string id = answer.at("id");
  const fs::path path = world.options.out / "uploads" / (id + ".png");
  fs::last_write_time(path, fs::file_time_type::clock::now() - 24h * 8);
  return id;
}

void remove_unused(ApiWorld& world) {
  remove_unused_uploads(world.context().uploads, world.queue(), world.options.out / "presets");
}

std::string submitted(const ApiWorld& world, const std::string& picture) {
  Json request = quick_request();
  request["init_image"] = "upload:" + picture;
  request["denoise_strength"] = 0.5;
  return world.post("/api/v1/jobs", {{"request", request}}).at("id");
}

TEST(UnusedUploads, GoAfterAWeek) {
  ApiWorld world;
  const std::string picture = old_picture(world, 16);
  const fs::path other = world.options.out / "uploads" / "notes.txt";
  write_file_atomic(other, "of somebody else");
  fs::last_write_time(other, fs::file_time_type::clock::now() - 24h * 8);
  const std::string recent =
      ApiWorld::json_of(world.call("POST", "/api/v1/pictures", encode_png(Image(32, 8)))).at("id");
  remove_unused(world);
  EXPECT_FALSE(world.context().uploads.find(picture));
  EXPECT_TRUE(world.context().uploads.find(recent));
  EXPECT_TRUE(fs::exists(other));
}

TEST(UnusedUploads, StayForAWeekMoreWhenTheyComeAgain) {
  ApiWorld world;
  const std::string picture = old_picture(world, 16);
  world.call("POST", "/api/v1/pictures", encode_png(Image(16, 8)));
  remove_unused(world);
  EXPECT_TRUE(world.context().uploads.find(picture));
}

TEST(UnusedUploads, StayForJobsAndForTheTrash) {
  ApiWorld world;
  const std::string kept = old_picture(world, 16);
  const std::string trashed = old_picture(world, 32);
  submitted(world, kept);
  const std::string deleted = submitted(world, trashed);
  ASSERT_LT(world.status("DELETE", "/api/v1/jobs/" + deleted), 300);
  remove_unused(world);
  EXPECT_TRUE(world.context().uploads.find(kept));
  EXPECT_TRUE(world.context().uploads.find(trashed));
}

TEST(UnusedUploads, StayForPresets) {
  ApiWorld world;
  const std::string picture = old_picture(world, 16);
  const Json preset = {{"request", {{"init_image", "upload:" + picture}}}};
  ASSERT_EQ(world.status("PUT", "/api/v1/presets/mine", preset.dump()), 200);
  remove_unused(world);
  EXPECT_TRUE(world.context().uploads.find(picture));
  ASSERT_EQ(world.status("DELETE", "/api/v1/presets/mine"), 200);
  remove_unused(world);
  EXPECT_FALSE(world.context().uploads.find(picture));
}

}  // namespace
}  // namespace ptravel
