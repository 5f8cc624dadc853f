#include "request/mode_infos.h"

#include <map>

#include <gtest/gtest.h>

#include "request/compat.h"
#include "request/request_names.h"

namespace ptravel {
namespace {

TEST(ModeInfos, EveryModeHasARow) {
  EXPECT_EQ(mode_infos().size(), kTravelModeNames.entries.size());
  for (const auto& [mode, name] : kTravelModeNames.entries) {
    EXPECT_EQ(mode_info(mode).mode, mode) << name;
  }
}

TEST(ModeInfos, OptionsAreSettingsThatNotEveryModeHas) {
  std::map<std::string_view, std::size_t> modes_of;
  for (const ModeInfo& info : mode_infos()) {
    for (const std::string_view option : info.options) {
      EXPECT_NE(find_request_field(option), nullptr) << option;
      ++modes_of[option];
    }
  }
  for (const auto& [option, modes] : modes_of) {
    EXPECT_LT(modes, mode_infos().size()) << option;
  }
  for (const RequestField& field : request_fields()) {
    if (field.name.starts_with("grad_") || field.name.starts_with("replace_")) {
      EXPECT_TRUE(modes_of.contains(field.name)) << field.name;
    }
  }
}

TEST(ModeInfos, WhatReplaceIsLikeDependsOnItsOrder) {
  TravelRequest request;
  request.mode = TravelMode::Replace;
  const ModeInfo& replace = mode_info(request.mode);
  EXPECT_TRUE(replace.keeps_log(request));
  EXPECT_FALSE(replace.walks_by_picture(request));
  EXPECT_EQ(replace.gradients_per_frame(request), 0);
  request.replace_order = ReplaceOrder::GradMax;
  EXPECT_TRUE(replace.walks_by_picture(request));
  EXPECT_EQ(replace.gradients_per_frame(request), 1);
  request.replace_dim = ReplaceDim::Token;
  EXPECT_FALSE(replace.walks_by_picture(request));
  EXPECT_FALSE(replace.keeps_log(request));
}

TEST(ModeInfos, GradTakesAsManyGradientsAsItsSteps) {
  TravelRequest request;
  request.grad_iter = 7;
  EXPECT_EQ(mode_info(TravelMode::Grad).gradients_per_frame(request), 7);
  EXPECT_TRUE(mode_info(TravelMode::Grad).doubles_single_stage);
  EXPECT_FALSE(mode_info(TravelMode::Linear).doubles_single_stage);
}

TEST(Compat, NoVersionMeansNoQuirks) {
  const CompatQuirks& none = compat_quirks(Compat::None);
  EXPECT_EQ(none.negative_between, NegativeBetween::Mixed);
  EXPECT_TRUE(none.has_grad && none.has_embryo && none.replaces_encodings);
  EXPECT_FALSE(compat_quirks(Compat::Newest).has_grad);
  EXPECT_FALSE(compat_quirks(Compat::First).has_embryo);
}

}  // namespace
}  // namespace ptravel
