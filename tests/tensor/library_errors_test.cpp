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

TEST(LibraryErrors, MemoryThatACardHasNotIsOneLineWithFigures) {
  const auto error = [](const char* text) {
    return error_of([text] { TORCH_CHECK_WITH(OutOfMemoryError, false, text); });
  };
  const Error two = error(
      "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 7.93 GiB of "
      "which 1.20 GiB is free. Process 12 has 6.5 GiB memory in use. If reserved but unallocated "
      "memory is large\nsee the documentation");
  EXPECT_EQ(two.code(), ErrorCode::OutOfMemory);
  EXPECT_THAT(two.what(), HasSubstr("asked for 2.50 GiB, 1.20 GiB of 7.93 GiB are free"));
  EXPECT_THAT(two.what(), testing::Not(HasSubstr("\n")));
  const Error one = error(
      "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.93 GiB total capacity; 6.07 GiB "
      "already allocated; 11.00 MiB free; 6.20 GiB reserved in total by PyTorch)");
  EXPECT_THAT(one.what(), HasSubstr("asked for 20.00 MiB, 11.00 MiB of 7.93 GiB are free"));
  // In other words LibTorch's are told.
  EXPECT_THAT(error("CUDA out of memory, that is all").what(), HasSubstr("that is all"));
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
