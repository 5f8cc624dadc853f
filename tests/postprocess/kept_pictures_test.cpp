// Pictures of networks that a stopped call has left for the next one.

#include "postprocess/kept_pictures.h"

#include <cerrno>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file_system.h"
#include "postprocess/film_finisher.h"
#include "tests/postprocess/pictures.h"
#include "tests/postprocess/tiny_networks.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Kept : public testing::Test {
 protected:
  /// Two pictures of a recipe, by an object of their own; whether they had to be made.
  bool made(const std::string& recipe, const std::string& maker = "program 1") {
    KeptPictures kept(path_, maker);
    const auto pictures = kept.get(recipe, 2, [] {
      return std::vector<Image>{textured(9, 7), textured(9, 7, 1)};
    });
    EXPECT_EQ(pictures, (std::vector<Image>{textured(9, 7), textured(9, 7, 1)}));
    EXPECT_EQ(kept.made() + kept.reused(), 2);
    return kept.made() > 0;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path_)) {
      files.push_back(entry.path());
    }
    return files;
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_ / "kept";
};

TEST_F(Kept, AreThereForTheSameRecipeOnly) {
  EXPECT_TRUE(made("a"));
  EXPECT_FALSE(made("a"));
  EXPECT_TRUE(made("b"));
  EXPECT_TRUE(made("a", "program 2"));
  EXPECT_EQ(files().size(), 6U);
}

TEST_F(Kept, AreMadeAgainWhereTheyAreDamaged) {
  for (const auto damage :
       {+[](const fs::path& file) { fs::resize_file(file, 60); },
        +[](const fs::path& file) { fs::resize_file(file, 0); },
        // Only its last bytes: all pixels are there.
        +[](const fs::path& file) { fs::resize_file(file, fs::file_size(file) - 6); },
        +[](const fs::path& file) { fs::remove(file); },
        +[](const fs::path& file) { std::fstream(file).seekp(100).write("wrong", 5); }}) {
    ASSERT_TRUE(made("a"));
    damage(files().front());
    EXPECT_TRUE(made("a"));
    EXPECT_FALSE(made("a"));
    KeptPictures(path_, "").remove();
  }
}

TEST_F(Kept, AreKnownByWhatTheySayNotByTheirNames) {
  ASSERT_TRUE(made("a"));
  const fs::path of_a = files().front();
  const bool first = of_a.string().ends_with("-0.png");
  ASSERT_TRUE(made("b"));
  for (const fs::path& file : files()) {
    if (file != of_a && file.string().ends_with(first ? "-0.png" : "-1.png")) {
      fs::copy_file(file, of_a, fs::copy_options::overwrite_existing);
    }
  }
  EXPECT_TRUE(made("a"));
}

TEST_F(Kept, AreGoneWithTheirFolderAtTheEnd) {
  ASSERT_TRUE(made("a"));
  KeptPictures(path_, "").remove();
  EXPECT_FALSE(fs::exists(path_));
  KeptPictures(path_, "").remove();  // nothing is there
}

TEST_F(Kept, AFullDiskEndsTheKeepingAndNotTheWork) {
  class FullDisk : public FileSystem {
    std::int64_t write(int, const void*, std::size_t) override {
      errno = ENOSPC;
      return -1;
    }
  } full;
  const FileSystemScope scope(full);
  KeptPictures kept(path_, "");
  int calls = 0;
  for (const char* recipe : {"a", "b", "a"}) {
    kept.get(recipe, 1, [&] {
      ++calls;
      return std::vector<Image>{textured(9, 7)};
    });
  }
  EXPECT_EQ(calls, 3);
  ASSERT_TRUE(kept.failure());
  EXPECT_THAT(*kept.failure(), HasSubstr("No space left"));
}

/// Makes films with networks of a folder, with what is kept.
class KeptFilm : public Kept {
 protected:
  KeptFilm() {
    RifeConfig rife;
    rife.widths = {8, 4, 4, 4};
    write_tiny_safetensors(folder_ / "rife.safetensors", tiny_rife(rife));
    write_tiny_safetensors(folder_ / "2x.safetensors", tiny_compact({4, 1, 2}));
    wanted_.interpolate = 3;
    wanted_.interpolator = (folder_ / "rife.safetensors").string();
    wanted_.upscaler = (folder_ / "2x.safetensors").string();
  }

  /// Frames 0, 1, 2 with one repeated; stops after `most` pictures.
  std::vector<Image> film(KeptPictures* kept, int most = 1000) const {
    std::vector<Image> pictures;
    Progress progress;
    try {
      FilmFinisher(wanted_).finish(
          {0, 1, 1, 2}, [](std::int64_t i) { return textured(40, 33, 3.0 * i); },
          [&](const Image& picture) {
            pictures.push_back(picture);
            if (--most == 0) {
              progress.cancel();
            }
          },
          progress, kept);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Cancelled);
    }
    return pictures;
  }

  FilmFinish wanted_;
};

TEST_F(KeptFilm, GoesOnWhereItWasStopped) {
  const std::vector<Image> whole = film(nullptr);
  ASSERT_EQ(whole.size(), 10U);
  KeptPictures first(path_, "");
  EXPECT_EQ(film(&first, 3).size(), 3U);
  EXPECT_EQ(first.made(), 5);  // two in between, three enlarged
  KeptPictures second(path_, "");
  EXPECT_TRUE(film(&second) == whole);
  EXPECT_EQ(second.reused(), 5);
  EXPECT_EQ(second.made(), 6);  // of four in between and seven enlarged
  KeptPictures third(path_, "");
  EXPECT_TRUE(film(&third) == whole);
  EXPECT_EQ(third.made(), 0);
}

TEST_F(KeptFilm, OtherNetworksAndSettingsHavePicturesOfTheirOwn) {
  KeptPictures first(path_, "");
  film(&first);
  const auto made_with = [&] {
    KeptPictures kept(path_, "");
    EXPECT_TRUE(film(&kept) == film(nullptr));
    return kept.made();
  };
  wanted_.upscale_by = 1.5;
  EXPECT_EQ(made_with(), 7);
  wanted_.interpolate = 2;
  EXPECT_EQ(made_with(), 4);  // two in between; the frames are there
  TinyTensors other = tiny_compact({4, 1, 2});
  other["body.0.bias"] = changed(other["body.0.bias"], [](double x) { return x + 0.2; });
  write_tiny_safetensors(folder_ / "2x.safetensors", other);
  EXPECT_EQ(made_with(), 5);
}

TEST_F(KeptFilm, WhatTakesNoTimeIsNotKept) {
  wanted_.interpolator.clear();
  wanted_.upscaler = "lanczos";
  EXPECT_FALSE(FilmFinisher(wanted_).has_networks());
  KeptPictures kept(path_, "");
  film(&kept);
  EXPECT_EQ(kept.made(), 0);
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace ptravel
