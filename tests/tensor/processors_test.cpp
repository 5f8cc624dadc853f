#include "tensor/processors.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>

#include "base/files.h"
#include "ptravel/processors.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

TEST(Processors, AreThoseThatTheThreadMayRunOn) {
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    for (int i = 0; CPU_COUNT(&one) == 0; ++i) {
      if (CPU_ISSET(i, &all)) {
        CPU_SET(i, &one);
      }
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(usable_processors(), 1);
  }).join();
}

TEST(Processors, AQuotaOfAnyGroupAroundTheProcessLimitsThem) {
  const TemporaryFolder root;
  create_folders(root / "pods/one/inner");
  EXPECT_EQ(processor_quota(root.path(), "/pods/one/inner"), std::nullopt);
  write_file_atomic(root / "pods/one/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(processor_quota(root.path(), "/pods/one/inner"), std::nullopt);
  write_file_atomic(root / "pods/one/inner/cpu.max", "450000 100000\n");
  EXPECT_EQ(processor_quota(root.path(), "/pods/one/inner"), 4);
  write_file_atomic(root / "pods/cpu.max", "250000 100000\n");
  EXPECT_EQ(processor_quota(root.path(), "/pods/one/inner"), 2);
  write_file_atomic(root / "cpu.max", "5000 100000\n");
  EXPECT_EQ(processor_quota(root.path(), "/pods/one/inner"), 1);
  EXPECT_EQ(processor_quota(root.path(), "/not/seen/from/here"), 1);
  EXPECT_EQ(processor_quota(root.path(), "/"), 1);
  write_file_atomic(root / "cpu.max", "lots\n");
  EXPECT_EQ(processor_quota(root.path(), "/"), std::nullopt);
}

}  // namespace
}  // namespace ptravel
