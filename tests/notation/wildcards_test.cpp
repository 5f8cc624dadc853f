#include "notation/wildcards.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WildcardFiles : public ::testing::Test {
 protected:
  void file(const std::string& name, const std::string& text) const {
    create_folders((folder_ / name).parent_path());
    write_file_atomic(folder_ / name, text);
  }
  Wildcards wildcards(std::uint64_t seed) const { return {{folder_.path()}, seed}; }
  std::string problem_of(const std::string& text) const {
    try {
      wildcards(1).draw(text, "prompt");
    } catch (const Error& error) {
      return error.problems().at(0).field + ": " + error.problems().at(0).message;
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(WildcardFiles, TheSameSeedDrawsTheSameAndAllLinesCome) {
  file("colour.txt", "# colours\nred\n\n  blue \r\ngreen\n");
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    const std::string drawn = wildcards(seed).draw("a __colour__ cat", "prompt");
    EXPECT_EQ(drawn, wildcards(seed).draw("a __colour__ cat", "prompt"));
    seen.insert(drawn);
  }
  EXPECT_THAT(seen, ElementsAre("a blue cat", "a green cat", "a red cat"));
}

TEST_F(WildcardFiles, EveryPlaceIsDrawnOnItsOwn) {
  file("n.txt", "1\n2\n3\n4\n5\n6\n7\n8\n");
  Wildcards drawn = wildcards(3);
  std::set<std::string> texts;
  for (int i = 0; i < 8; ++i) {
    texts.insert(drawn.draw("__n__", "prompt"));
  }
  EXPECT_GT(texts.size(), 2U);
  EXPECT_EQ(drawn.drawn().size(), 8U);
}

TEST_F(WildcardFiles, LinesAndFoldersNest) {
  file("animal.txt", "a __animals/big__\n");
  file("animals/big.txt", "whale\n");
  EXPECT_EQ(wildcards(1).draw("__animal__, __animals/big__", "prompt"), "a whale, whale");
}

TEST_F(WildcardFiles, WhatHasNoFileStaysAndIsTold) {
  Wildcards drawn = wildcards(1);
  EXPECT_EQ(drawn.draw("def __init__ __gone__ __gone__ a__b", "prompt"),
            "def __init__ __gone__ __gone__ a__b");
  EXPECT_THAT(drawn.missing(), ElementsAre("init", "gone"));
}

TEST_F(WildcardFiles, NamesNeverLeaveTheFolder) {
  file("secret.txt", "secret\n");
  create_folders(folder_ / "inner");
  Wildcards inner({folder_ / "inner"}, 1);
  for (const char* text : {"__../secret__", "__/etc/passwd__", "__a/../../secret__"}) {
    EXPECT_EQ(inner.draw(text, "prompt"), text);
    EXPECT_FALSE(Wildcards::occurs_in(text)) << text;
  }
}

TEST_F(WildcardFiles, CirclesAndEmptyFilesAreRefused) {
  file("a.txt", "__b__\n");
  file("b.txt", "x __a__\n");
  file("empty.txt", "# nothing\n");
  EXPECT_THAT(problem_of("__a__"),
              HasSubstr("prompt: wildcard __a__ leads to itself: __a__ -> __b__ -> __a__"));
  EXPECT_THAT(problem_of("__empty__"), HasSubstr("without lines"));
}

}  // namespace
}  // namespace ptravel
