#include "ptravel/error.h"

#include <filesystem>
#include <new>

#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace ptravel {
namespace {

template <typename Exception>
Error caught(const Exception& exception) {
  try {
    throw exception;
  } catch (...) {
    return error_in_flight("working");
  }
}

TEST(Error, ProblemsStayDataAndMakeTheMessage) {
  const std::vector<Problem> problems = {{"width", "63, expected 64"}, {"a: b", "is empty"}};
  const Error error(ErrorCode::InvalidArgument, problems);
  EXPECT_EQ(error.problems(), problems);
  EXPECT_STREQ(error.what(), "width: 63, expected 64\na: b: is empty");
  EXPECT_TRUE(Error(ErrorCode::Io, "[write] width: full").problems().empty());
}

TEST(Error, ProblemsAreCollectedAndOtherFailuresPass) {
  std::vector<Problem> problems;
  collect_problems(problems, [] { throw Error(ErrorCode::InvalidArgument, Problem{"a", "x"}); });
  collect_problems(problems, [] {});
  EXPECT_EQ(problems, (std::vector<Problem>{{"a", "x"}}));
  EXPECT_THROW(collect_problems(problems, [] { throw Error(ErrorCode::Io, "full"); }), Error);
}

TEST(Error, TheStandardLibrarysExceptionsBecomeOurs) {
  EXPECT_EQ(caught(Error(ErrorCode::Corrupt, "x")).code(), ErrorCode::Corrupt);
  EXPECT_EQ(caught(std::bad_alloc()).code(), ErrorCode::OutOfMemory);
  EXPECT_STREQ(caught(std::runtime_error("oh")).what(), "[working] oh");
  EXPECT_EQ(caught(std::runtime_error("oh")).code(), ErrorCode::Internal);
  EXPECT_EQ(caught(7).code(), ErrorCode::Internal);
  const auto code = std::make_error_code(std::errc::no_such_file_or_directory);
  const Error missing = caught(std::filesystem::filesystem_error("stat", "gone.png", code));
  EXPECT_EQ(missing.code(), ErrorCode::NotFound);
  EXPECT_NE(std::string(missing.what()).find("gone.png"), std::string::npos);
}

TEST(Error, CodesAreFoundByTheirNames) {
  for (const ErrorCode code :
       {ErrorCode::InvalidArgument, ErrorCode::NotFound, ErrorCode::Corrupt, ErrorCode::Unsupported,
        ErrorCode::Io, ErrorCode::OutOfMemory, ErrorCode::Cancelled, ErrorCode::Internal}) {
    EXPECT_EQ(error_code_of(error_code_name(code)), code) << error_code_name(code);
  }
  EXPECT_EQ(error_code_of("a later program's"), ErrorCode::Internal);
}

}  // namespace
}  // namespace ptravel
