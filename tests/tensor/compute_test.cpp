#include "tensor/compute.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tensor/cpu/kernels.h"

namespace ptravel {
namespace {

TEST(Compute, ResolvesTheCpu) {
  const Compute compute = resolve_compute(DeviceChoice::Cpu, Precision::Fp32);
  EXPECT_TRUE(compute.device.is_cpu());
  EXPECT_EQ(compute.dtype, at::kFloat);
  EXPECT_EQ(resolve_compute(DeviceChoice::Cpu, Precision::Bf16).dtype, at::kBFloat16);
  EXPECT_EQ(resolve_compute(DeviceChoice::Cpu, Precision::Auto).dtype,
            cpu::has_bf16_instructions() ? at::kBFloat16 : at::kFloat);
}

TEST(Compute, RefusesHalfPrecisionOnTheCpu) {
  try {
    resolve_compute(DeviceChoice::Cpu, Precision::Fp16);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
  }
}

TEST(Compute, SaysWhenThereIsNoCuda) {
  if (at::hasCUDA()) {
    EXPECT_TRUE(resolve_compute(DeviceChoice::Cuda, Precision::Auto).device.is_cuda());
  } else {
    EXPECT_THROW(resolve_compute(DeviceChoice::Cuda, Precision::Auto), Error);
  }
}

TEST(Compute, SetsThreads) {
  EXPECT_EQ(set_num_threads(2), 2);
  EXPECT_EQ(at::get_num_threads(), 2);
  EXPECT_GE(set_num_threads(0), 1);
  EXPECT_THROW(set_num_threads(-1), Error);
  set_num_threads(1);
}

}  // namespace
}  // namespace ptravel
