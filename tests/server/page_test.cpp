#include "server/page_assets.h"
#include "tests/server/api_world.h"

namespace ptravel {
namespace {

TEST(Page, EveryFileIsServedAsItIs) {
  const ApiWorld world;
  ASSERT_NE(find_page_file("/index.html"), nullptr);
  for (const PageFile& file : page_files()) {
    const HttpResponse response = world.call("GET", std::string(file.path));
    EXPECT_EQ(response.status, 200) << file.path;
    EXPECT_EQ(std::get<std::string>(response.body), file.bytes) << file.path;
    EXPECT_NE(header_of(response, "Content-Type"), "application/octet-stream") << file.path;
    EXPECT_EQ(header_of(response, "Content-Encoding"), "") << file.path;
  }
  EXPECT_EQ(world.status("GET", "/assets/nothing.js"), 404);
}

TEST(Page, IsPackedForWhoTakesThat) {
  const ApiWorld world;
  const auto get = [&](const std::string& accepted) {
    return world.call("GET", "/", "", {}, {{"accept-encoding", accepted}});
  };
  const std::string page(find_page_file("/index.html")->bytes);
  EXPECT_EQ(std::get<std::string>(get("br, gzip;q=0.5").body),
            find_page_file("/index.html")->gzipped);
  EXPECT_EQ(header_of(get("*"), "Content-Encoding"), "gzip");
  EXPECT_NE(header_of(get("gzip"), "ETag"), header_of(get(""), "ETag"));
  for (const char* refused : {"", "br", "gzip;q=0", "gzip;q=0, *", "*;q=0"}) {
    EXPECT_EQ(std::get<std::string>(get(refused).body), page) << refused;
  }
}

TEST(Page, PolicyLeavesNothingToOtherServers) {
  const ApiWorld world;
  const std::string policy = header_of(world.call("GET", "/"), "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'self'")) << policy;
  EXPECT_EQ(policy.find("http"), std::string::npos) << policy;
  for (const char* loose : {"*", "unsafe", "data:", "blob:"}) {
    EXPECT_EQ(policy.find(loose), std::string::npos) << loose << " in " << policy;
  }
  EXPECT_EQ(header_of(world.call("GET", "/"), "Cache-Control"), "no-cache");
}

}  // namespace
}  // namespace ptravel
