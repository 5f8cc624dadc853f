// All ways of writing a film down, together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "ptravel/notation.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Prepare : public ::testing::Test {
 protected:
  Prepare() {
    create_folders(folder_ / "models/wildcards");
    write_file_atomic(folder_ / "styles.csv",
                      "name,prompt,negative_prompt\nink,\"{prompt}, ink\",photo\nbare,,\n");
    write_file_atomic(folder_ / "models/wildcards/colour.txt", "red\n");
    request_.models_dir = (folder_ / "models").string();
    request_.prompt = "a cat\n# nothing\na dog";
  }
  std::string problem() const {
    try {
      prepare_request(request_);
    } catch (const Error& error) {
      return error.problems().at(0).field + ": " + error.problems().at(0).message;
    }
    return "";
  }

  TemporaryFolder folder_;
  TravelRequest request_;
};

TEST_F(Prepare, ARequestThatSaysNothingInOtherWordsStays) {
  request_.negative_prompt = "blurry";
  const PreparedRequest prepared = prepare_request(request_);
  EXPECT_EQ(prepared.request, request_);
  EXPECT_THAT(prepared.notes, ElementsAre());
}

TEST_F(Prepare, EverythingIsPutIntoThePrompts) {
  request_.prompt = "[1s] a __colour__ cat\na dog\n\"\"";
  request_.prompt_before = "oil painting";
  request_.prompt_after = "soft light,";
  request_.style = "ink\nbare";
  const PreparedRequest prepared = prepare_request(request_);
  EXPECT_EQ(prepared.request.prompt,
            "oil painting, a red cat, soft light,, ink\noil painting, a dog, soft light,, ink\n"
            "oil painting, soft light,, ink");
  EXPECT_EQ(prepared.request.negative_prompt, "photo");
  EXPECT_EQ(prepared.request.travel_steps, "9,30");
  EXPECT_TRUE(prepared.request.seed.at(0).given());
  EXPECT_EQ(prepared.request.style + prepared.request.prompt_before +
                prepared.request.prompt_after + prepared.request.styles_file,
            "");
  ASSERT_EQ(prepared.notes.size(), 2U);
  EXPECT_THAT(prepared.notes[1], HasSubstr("colour: red"));
  EXPECT_EQ(prepare_request(prepared.request).request, prepared.request);
}

TEST_F(Prepare, PromptsOfTheSecondPassGetTheSameWhereTheyAreGiven) {
  request_.prompt_before = "oil painting";
  request_.style = "ink";
  EXPECT_EQ(prepare_request(request_).request.hires_prompt, "");
  EXPECT_EQ(prepare_request(request_).request.hires_negative_prompt, "");
  request_.hires_prompt = "a __colour__ cat\na dog";
  request_.hires_negative_prompt = "blurry";
  const TravelRequest prepared = prepare_request(request_).request;
  EXPECT_EQ(prepared.hires_prompt, "oil painting, a red cat, ink\noil painting, a dog, ink");
  EXPECT_EQ(prepared.hires_negative_prompt, "blurry, photo");
}

TEST_F(Prepare, UnknownStylesAreRefusedWithThoseThatAreThere) {
  request_.style = "Ink";
  EXPECT_THAT(problem(), HasSubstr("style: \"Ink\" is not in"));
  EXPECT_THAT(problem(), HasSubstr("expected one of \"ink\", \"bare\""));
  request_.styles_file = (folder_ / "gone.csv").string();
  EXPECT_THAT(problem(), HasSubstr("styles_file: "));
}

TEST_F(Prepare, AWildcardsFolderMustBeOne) {
  request_.prompt = "__colour__";
  request_.wildcards_dir = (folder_ / "gone").string();
  EXPECT_THAT(problem(), HasSubstr("wildcards_dir: "));
}

}  // namespace
}  // namespace ptravel
