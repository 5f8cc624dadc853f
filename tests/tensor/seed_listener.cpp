// Linked into a test program: every test starts from the same random numbers.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

class SeedListener : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { at::manual_seed(1); }
};

const bool registered = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SeedListener);
  return true;
}();

}  // namespace
