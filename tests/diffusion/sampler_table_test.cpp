#include "diffusion/sampler_table.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(SamplerTable, EverySamplerHasOneFunctionOfItsKind) {
  ASSERT_EQ(sampler_entries().size(), sampler_infos().size());
  for (const SamplerEntry& row : sampler_entries()) {
    EXPECT_NE(row.by_sigmas == nullptr, row.by_timesteps == nullptr) << row.info.name;
    EXPECT_EQ(row.info.timesteps, row.by_timesteps != nullptr) << row.info.name;
    EXPECT_EQ(&find_sampler_entry(row.info.label), &row) << row.info.name;
  }
}

}  // namespace
}  // namespace ptravel
