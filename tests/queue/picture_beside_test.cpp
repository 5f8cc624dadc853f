#include "queue/picture_beside.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

TEST(PictureBeside, OfAFileTheWebUisFirst) {
  const TemporaryFolder folder;
  const fs::path file = folder / "x.safetensors";
  write_bytes(file, "a");
  EXPECT_EQ(picture_beside(file), "");
  write_bytes(folder / "x.webp", "a");
  EXPECT_EQ(picture_beside(file), folder / "x.webp");
  write_bytes(folder / "x.preview.png", "a");
  EXPECT_EQ(picture_beside(file), folder / "x.preview.png");
  write_bytes(folder / "x.png", "a");
  EXPECT_EQ(picture_beside(file), folder / "x.png");
  EXPECT_EQ(picture_beside(folder / "x.png"), folder / "x.png");
}

TEST(PictureBeside, OfAFolderUnderItsWholeName) {
  const TemporaryFolder folder;
  create_folders(folder / "v1.5");
  write_bytes(folder / "v1.png", "of another one");
  EXPECT_EQ(picture_beside(folder / "v1.5"), "");
  write_bytes(folder / "v1.5.jpg", "a");
  EXPECT_EQ(picture_beside(folder / "v1.5"), folder / "v1.5.jpg");
}

}  // namespace
}  // namespace ptravel
