#include "tensor/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

CudaState state_of(CudaStatus status) {
  CudaState state;
  state.status = status;
  state.built_for = 13000;
  return state;
}

TEST(Devices, ExplainSaysWhatIsMissing) {
  EXPECT_THAT(explain(state_of(CudaStatus::NotBuilt)), HasSubstr("built without CUDA"));
  EXPECT_THAT(explain(state_of(CudaStatus::NoDriver)),
              AllOf(HasSubstr("CUDA 13.0"), HasSubstr("no NVIDIA driver")));
  CudaState old = state_of(CudaStatus::OldDriver);
  old.driver_supports = 12040;
  old.driver = "550.54.14";
  EXPECT_THAT(explain(old),
              AllOf(HasSubstr("CUDA 13.0"), HasSubstr("550.54.14"), HasSubstr("CUDA 12.4")));
  EXPECT_THAT(explain(state_of(CudaStatus::NoCard)),
              AllOf(HasSubstr("shows no card"), HasSubstr("CUDA_VISIBLE_DEVICES")));
  CudaState failed = state_of(CudaStatus::Failed);
  failed.failure = "system not yet initialized";
  EXPECT_THAT(explain(failed), HasSubstr("system not yet initialized"));
  EXPECT_EQ(explain(state_of(CudaStatus::Ready)), "");
}

TEST(Devices, AStateWithoutCardsSaysWhy) {
  const CudaState state = cuda_state();
  EXPECT_EQ(state.status == CudaStatus::Ready, !state.cards.empty());
  EXPECT_EQ(explain(state).empty(), state.status == CudaStatus::Ready);
  EXPECT_EQ(state.status == CudaStatus::NotBuilt, state.built_for == 0);
}

TEST(Devices, ACpuHasNoMemoryOfItsOwnAndAClock) {
  const at::Device cpu(at::kCPU);
  EXPECT_FALSE(device_memory(cpu).has_value());
  wait_for_device(cpu);
  release_unused_memory(cpu);
  reset_peak_memory(cpu);
  DeviceTimer timer(cpu);
  const double first = timer.seconds();
  EXPECT_GE(first, 0);
  EXPECT_GE(timer.seconds(), first);
}

}  // namespace
}  // namespace ptravel
