#include "diffusion/sampler_table.h"

#include <set>

#include <gtest/gtest.h>

#include "diffusion/sampling_names.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

TEST(SamplerTable, RowsAreComplete) {
  std::set<std::string_view> names;
  for (const SamplerRow& row : sampler_rows()) {
    EXPECT_NE(row.by_sigmas == nullptr, row.by_timesteps == nullptr) << row.info.name;
    EXPECT_EQ(row.info.timesteps, row.by_timesteps != nullptr) << row.info.name;
    EXPECT_TRUE(names.insert(row.info.name).second) << row.info.name;
    EXPECT_TRUE(names.insert(row.info.label).second) << row.info.label;
  }
  EXPECT_EQ(sampler_rows().size(), 20u);
  EXPECT_EQ(sampler_infos().size(), sampler_rows().size());
  EXPECT_EQ(sampler_infos().front().label, "DPM++ 2M");
}

TEST(SamplerTable, EveryNameFindsItsRow) {
  for (const SamplerInfo& info : sampler_infos()) {
    EXPECT_EQ(find_sampler(info.label).name, info.name);
    EXPECT_EQ(find_sampler(info.name).name, info.name);
    for (const std::string_view alias : info.aliases) {
      EXPECT_EQ(find_sampler(alias).name, info.name);
    }
  }
  EXPECT_EQ(find_sampler("eULER A").name, "euler_ancestral");
  for (const ScheduleInfo& info : schedule_infos()) {
    EXPECT_EQ(find_schedule(info.label).name, info.name);
    EXPECT_EQ(find_schedule(info.name).name, info.name);
  }
  EXPECT_EQ(find_schedule("").name, "automatic");
}

TEST(SamplerTable, OldNamesAreSplit) {
  const SamplerChoice karras = resolve_sampler("DPM++ 2M SDE Heun Karras", "Exponential");
  EXPECT_EQ(karras.sampler, "DPM++ 2M SDE Heun");
  EXPECT_EQ(karras.schedule, "karras");
  const SamplerChoice sgm = resolve_sampler("Euler a SGM Uniform", "");
  EXPECT_EQ(sgm.sampler, "Euler a");
  EXPECT_EQ(sgm.schedule, "sgm_uniform");
  EXPECT_EQ(resolve_sampler("DDIM", "automatic").sampler, "DDIM");
  EXPECT_EQ(resolve_sampler("k_lms", "Beta").schedule, "beta");
}

TEST(SamplerTable, UnknownNamesListTheChoices) {
  for (const char* name : {"", " ", "Karras", " Karras", "Euler b", "Euler b Karras"}) {
    try {
      resolve_sampler(name, "");
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
      EXPECT_NE(std::string(error.what()).find("DPM++ 2M SDE Heun"), std::string::npos);
    }
  }
  EXPECT_THROW(resolve_sampler("Euler", "quadratic"), Error);
  EXPECT_THROW(resolve_sampler("Euler Karras", "quadratic"), Error);
}

TEST(SamplerTable, SecondOrderSamplersPlanTwoCallsPerStep) {
  EXPECT_EQ(planned_calls(find_sampler("Euler"), 20), 20);
  for (const char* name : {"Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ SDE", "Restart"}) {
    EXPECT_EQ(planned_calls(find_sampler(name), 20), 40) << name;
  }
}

TEST(SamplerTable, EnumNamesRoundTrip) {
  for (const auto& [value, name] : kUnipcVariantNames.entries) {
    EXPECT_EQ(kUnipcVariantNames.parse(name), value);
  }
  for (const auto& [value, name] : kUnipcSkipNames.entries) {
    EXPECT_EQ(kUnipcSkipNames.parse(name), value);
  }
}

}  // namespace
}  // namespace ptravel
