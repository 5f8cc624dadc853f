#include "checkpoint/named_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<FoundFile> files() {
  return {{"/m/sub/net.pth", "sub/net.pth", FileKind::Upscaler},
          {"/m/net.pth", "net.pth", FileKind::Upscaler},
          {"/m/net.pth.pt", "net.pth.pt", FileKind::Upscaler},
          {"/n/rife47.pth", "rife47.pth", FileKind::Upscaler}};
}

std::vector<std::string> named(const std::string& name) {
  std::vector<std::string> names;
  for (const FoundFile& file : files_named(files(), name)) {
    names.push_back(file.name);
  }
  return names;
}

TEST(FilesNamed, TheBetterMatchComesFirst) {
  EXPECT_THAT(named("net.pth"), ElementsAre("net.pth", "net.pth.pt", "sub/net.pth"));
  EXPECT_THAT(named("net"), ElementsAre("net.pth", "sub/net.pth"));
  EXPECT_THAT(named("sub/net"), ElementsAre("sub/net.pth"));
  EXPECT_THAT(named("Net"), IsEmpty());
  EXPECT_THAT(named(""), IsEmpty());
}

TEST(UnknownName, IsToldWithTheNearestOnes) {
  expect_error(
      ErrorCode::NotFound,
      "[upscale] rife: is no file and no network of the models folders, expected a path or "
      "one of sub/net.pth, net.pth, net.pth.pt, rife47.pth",
      [] { throw_unknown_name("upscale", "network", "rife", files(), FileKind::Lora); });
  std::vector<FoundFile> many(20, {"/x", "x", FileKind::Lora});
  many.push_back({"/m/rife47.pth", "rife47.pth", FileKind::Lora});
  expect_error(ErrorCode::NotFound, "one of rife47.pth, x, x, x, x, x, x, x and 13 more",
               [&] { throw_unknown_name("upscale", "network", "rife", many, FileKind::Lora); });
  expect_error(ErrorCode::NotFound,
               "expected a path (there are none in Lora, LyCORIS, loras of the models folders)",
               [] { throw_unknown_name("upscale", "network", "rife", {}, FileKind::Lora); });
}

}  // namespace
}  // namespace ptravel
