#include <set>

#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "ptravel/sampling.h"
#include "schedule/sampling_names.h"

namespace ptravel {
namespace {

TEST(SamplerInfos, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const SamplerInfo& info : sampler_infos()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(names.insert(info.label).second) << info.label;
  }
  EXPECT_EQ(sampler_infos().front().label, "DPM++ 2M");
}

TEST(SamplerInfos, EveryNameFindsItsRow) {
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

TEST(SamplerInfos, OldNamesAreSplit) {
  const SamplerChoice karras = resolve_sampler("DPM++ 2M SDE Heun Karras", "Exponential");
  EXPECT_EQ(karras.sampler, "DPM++ 2M SDE Heun");
  EXPECT_EQ(karras.schedule, "karras");
  const SamplerChoice sgm = resolve_sampler("Euler a SGM Uniform", "");
  EXPECT_EQ(sgm.sampler, "Euler a");
  EXPECT_EQ(sgm.schedule, "sgm_uniform");
  EXPECT_EQ(resolve_sampler("DDIM", "automatic").sampler, "DDIM");
  EXPECT_EQ(resolve_sampler("k_lms", "Beta").schedule, "beta");
}

TEST(SamplerInfos, UnknownNamesListTheChoices) {
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

TEST(SamplerInfos, SecondOrderSamplersPlanTwoCallsPerStep) {
  EXPECT_EQ(planned_calls(find_sampler("Euler"), 20), 20);
  for (const char* name : {"Heun", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ SDE", "Restart"}) {
    EXPECT_EQ(planned_calls(find_sampler(name), 20), 40) << name;
  }
}

TEST(SamplerInfos, SchedulesActWhereTheyCan) {
  const auto used = [](const char* sampler, const char* schedule) {
    return schedule_in_use(find_sampler(sampler), schedule);
  };
  EXPECT_EQ(used("Euler", "Automatic"), "uniform");
  EXPECT_EQ(used("Euler", "Trailing"), "trailing");
  EXPECT_EQ(used("DDIM", "Trailing"), "trailing");
  EXPECT_EQ(used("DDIM", "Karras"), "timesteps");
  EXPECT_EQ(used("UniPC", "Trailing"), "timesteps");
  EXPECT_EQ(used("TCD", ""), "distilled");
  EXPECT_EQ(used("TCD", "trailing"), "trailing");
}

TEST(SamplerInfos, StepsAreCountedByTheSpacing) {
  SamplingSettings settings;
  settings.num_steps = 4;
  settings.denoising_strength = 0.5;
  const auto counted = [&](const char* sampler, const char* schedule, bool img2img) {
    settings.sampler = sampler;
    settings.schedule = schedule;
    return reported_steps(settings, img2img);
  };
  EXPECT_EQ(counted("DDIM", "automatic", false), 3);
  EXPECT_EQ(counted("DDIM", "trailing", false), 4);
  EXPECT_EQ(counted("TCD", "automatic", false), 4);
  EXPECT_EQ(counted("DDIM", "automatic", true), 1);
  EXPECT_EQ(counted("DDIM", "trailing", true), 3);
  EXPECT_EQ(counted("Euler", "trailing", true), 3);
}

TEST(SamplerInfos, EnumNamesRoundTrip) {
  for (const auto& [value, name] : kUnipcVariantNames.entries) {
    EXPECT_EQ(kUnipcVariantNames.parse(name), value);
  }
  for (const auto& [value, name] : kUnipcSkipNames.entries) {
    EXPECT_EQ(kUnipcSkipNames.parse(name), value);
  }
}

}  // namespace
}  // namespace ptravel
