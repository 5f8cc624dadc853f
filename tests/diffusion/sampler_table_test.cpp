#include "diffusion/sampler_table.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(SamplerTable, EverySamplerHasOneFunctionOfItsKind) {
  ASSERT_EQ(sampler_rows().size(), sampler_infos().size());
  for (const SamplerRow& row : sampler_rows()) {
    EXPECT_NE(row.by_sigmas == nullptr, row.by_timesteps == nullptr) << row.info.name;
    EXPECT_EQ(row.info.timesteps, row.by_timesteps != nullptr) << row.info.name;
    EXPECT_EQ(&find_sampler_row(row.info.label), &row) << row.info.name;
  }
}

}  // namespace
}  // namespace ptravel
