#include "notation/styles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using ::testing::HasSubstr;

std::vector<PromptStyle> styles_of(const std::string& text) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "styles.csv", text);
  return read_styles(folder / "styles.csv");
}

std::string problem_of(const std::string& text) {
  try {
    styles_of(text);
  } catch (const Error& error) {
    return error.problems().at(0).field + ": " + error.problems().at(0).message;
  }
  return "";
}

TEST(Styles, AreReadAsTheWebUiWritesThem) {
  const auto styles = styles_of(
      "\xEF\xBB\xBFname,prompt,negative_prompt\r\n"
      "oil,\"oil painting, \"\"thick\"\" paint\",\"photo\r\nblurry\"\r\n"
      "plain,,\r\n"
      "\r\n"
      "frame,a picture of {prompt},");
  ASSERT_EQ(styles.size(), 3U);
  EXPECT_EQ(styles[0].name, "oil");
  EXPECT_EQ(styles[0].prompt, "oil painting, \"thick\" paint");
  EXPECT_EQ(styles[0].negative_prompt, "photo  blurry");
  EXPECT_EQ(styles[1].prompt, "");
  EXPECT_EQ(styles[2].prompt, "a picture of {prompt}");
}

TEST(Styles, OldFilesHaveAnotherHeader) {
  const auto styles = styles_of("name,text\nink,ink drawing\n");
  ASSERT_EQ(styles.size(), 1U);
  EXPECT_EQ(styles[0].prompt, "ink drawing");
}

TEST(Styles, BrokenFilesAreNamed) {
  EXPECT_THAT(problem_of("a,b\n1,2\n"), HasSubstr("styles_file: "));
  EXPECT_THAT(problem_of(""), HasSubstr("no columns"));
  EXPECT_THAT(problem_of("name,prompt\nx,\"open\n"),
              HasSubstr("row 2: has a quote that does not end"));
  EXPECT_THAT(problem_of("name,prompt\nx,\"a\"b\n"), HasSubstr("row 2: has text behind"));
}

TEST(Styles, TakeThePromptsPlaceOrFollowIt) {
  EXPECT_EQ(with_style("a cat", "{prompt}, ink, {prompt}"), "a cat, ink, a cat");
  EXPECT_EQ(with_style(" a cat ", " ink "), "a cat, ink");
  EXPECT_EQ(with_style("", "ink"), "ink");
  EXPECT_EQ(with_style("a cat", ""), "a cat");
  EXPECT_EQ(with_style("{prompt}", "{prompt}!"), "{prompt}!");
}

TEST(Styles, StandAroundEachStage) {
  EXPECT_EQ(with_style_in_stages("a cat\n\na dog\n", "{prompt}, ink"), "a cat, ink\na dog, ink");
  EXPECT_EQ(with_style_in_stages("", "ink"), "ink");
}

}  // namespace
}  // namespace ptravel
