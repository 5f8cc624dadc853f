#include "tensor/library_errors.h"

#include <new>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::HasSubstr;

template <typename Work>
Error error_of(const Work& work) {
  try {
    with_own_errors("working", work);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Cancelled, "nothing was thrown"};
}

TEST(LibraryErrors, MemoryThatLibTorchDoesNotGetSaysWhatWasAskedFor) {
  const Error error = error_of([] { at::empty({std::int64_t{1} << 58}, at::kByte); });
  EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
  EXPECT_THAT(error.what(), HasSubstr("[working] not enough memory"));
  EXPECT_THAT(error.what(), HasSubstr(std::to_string(std::int64_t{1} << 58) + " bytes"));
}

TEST(LibraryErrors, WhatLibTorchFindsWrongIsInternalAndWithoutABacktrace) {
  const Error error = error_of([] { at::ones({2, 3}).matmul(at::ones({2, 3})); });
  EXPECT_EQ(error.code(), ErrorCode::Internal);
  EXPECT_THAT(error.what(), HasSubstr("cannot be multiplied"));
  EXPECT_THAT(error.what(), testing::Not(HasSubstr("frame #0")));
}

TEST(LibraryErrors, OursAndTheStandardLibrarys) {
  EXPECT_EQ(error_of([] { throw Error(ErrorCode::Corrupt, "x"); }).code(), ErrorCode::Corrupt);
  EXPECT_EQ(error_of([] { throw std::bad_alloc(); }).code(), ErrorCode::OutOfMemory);
  EXPECT_EQ(with_own_errors("working", [] { return 7; }), 7);
}

}  // namespace
}  // namespace ptravel
