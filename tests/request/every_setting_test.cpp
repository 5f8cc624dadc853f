// Every row of the table at a value that is not its default, through every form that a request has.

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ptravel/request.h"
#include "ptravel/text_input.h"
#include "request/frame_metadata.h"
#include "request/frame_settings.h"
#include "request/request_table.h"
#include "request/stages.h"
#include "tests/support/setting_samples.h"

namespace ptravel {

/// Parameters of the tests below are printed by name.
static void PrintTo(const RequestField& field, std::ostream* out) { *out << field.name; }

namespace {

using Scope = RequestField::Scope;

class EverySetting : public testing::TestWithParam<RequestField> {
 protected:
  const RequestField& field() const { return GetParam(); }

  std::string sample() const {
    const auto value = other_value(field());
    EXPECT_TRUE(value) << field().name << " has no example and no other value";
    return value.value_or("");
  }

  /// The defaults with the sample.
  TravelRequest changed(TravelRequest request = {}) const {
    EXPECT_FALSE(set_request_field(request, field().name, sample()));
    return request;
  }

  std::string text_of(const TravelRequest& request) const {
    return request_field_text(request, field().name);
  }
};

TEST_P(EverySetting, HasAnotherValueAndGoesThroughText) {
  const TravelRequest request = changed();
  EXPECT_NE(text_of(request), text_of({}));
  TravelRequest back;
  EXPECT_FALSE(set_request_field(back, field().name, text_of(request)));
  EXPECT_EQ(back, request);
  EXPECT_NE(back, TravelRequest{});
}

TEST_P(EverySetting, GoesThroughJson) {
  const TravelRequest request = changed();
  TravelRequest back;
  EXPECT_THAT(apply_json(back, request_to_json(request)), testing::IsEmpty());
  EXPECT_EQ(back, request);
}

TEST_P(EverySetting, GoesThroughToml) {
  const auto object = nlohmann::ordered_json::parse(request_to_json(changed()));
  const auto& value = object.at(std::string(field().name));
  // TOML's whole numbers end at 2^63 - 1; larger seeds are texts there.
  const bool large = value.is_number_unsigned() && value.get<std::uint64_t>() >> 63U != 0;
  const std::string toml = std::string(field().name) + " = " +
                           (large ? "\"" + value.dump() + "\"" : value.dump()) + "\n";
  TravelRequest back;
  EXPECT_THAT(apply_toml(back, toml, {"a.toml", "--config"}), testing::IsEmpty()) << toml;
  EXPECT_EQ(back, changed());
}

/// Frames of every kind that have keys of their own.
std::vector<TravelRequest> kinds_of_frames() {
  TravelRequest base;
  base.prompt = "a dog\na bird";
  base.negative_prompt = "ugly\nbad";
  base.seed = {1, 5};
  base.subseed = 7;
  base.subseed_strength = {0.5};
  base.seed_resize_from_width = 256;
  base.seed_resize_from_height = 320;
  base.init_image = "start.png";
  base.scheduler = "Polyexponential";  // which takes ends and rho
  base.skip_guidance_below_sigma = 2;
  base.mask = "start.mask.png";
  base.width = 512;
  base.height = 512;
  std::vector<TravelRequest> kinds;
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Replace, TravelMode::Grad}) {
    for (const Genesis genesis : {Genesis::Fixed, Genesis::Embryo}) {
      kinds.push_back(base);
      kinds.back().mode = mode;
      kinds.back().genesis = genesis;
      if (genesis == Genesis::Embryo) {
        kinds.back().inpaint_area = InpaintArea::Masked;
      }
    }
  }
  kinds.push_back(base);
  kinds.back().hires = true;
  kinds.back().hires_width = 640;
  kinds.push_back(base);
  kinds.back().hires = true;
  return kinds;
}

/// The parameters text of the first in-between.
std::string parameters_of(const TravelRequest& request) {
  const StagePlan plan = plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                                     stage_rules(request));
  const std::vector<FramePlace> places = frame_places(plan, request);
  const FramePlace& place = places.at(1);
  const FrameTexts texts{plan.prompts[1], plan.negative_prompts[1], plan.prompts[0],
                         plan.negative_prompts[0]};
  const FrameSpot spot{1,           static_cast<std::int64_t>(places.size()),
                       0,           plan.stage_count(),
                       place.alpha, place.step,
                       place.steps};
  return frame_parameters(frame_request(request, place, 1), ModelIdentity{}, texts, spot);
}

/// What a picture says by name and hash, since a path is of one machine.
const std::set<std::string_view> kFiles = {"model", "vae", "init_image", "mask"};

TEST_P(EverySetting, IsInPicturesWhenItChangesThem) {
  if (field().scope != Scope::Picture) {
    return;
  }
  if (kFiles.count(field().name) > 0) {
    EXPECT_FALSE(find_entry(request_table(), field().name)->parameters.empty()) << field().name;
    return;
  }
  int written = 0;
  for (const TravelRequest& base : kinds_of_frames()) {
    TravelRequest request = changed(base);
    if (field().kind == RequestField::Kind::Lines) {  // of the two stages around the frame
      EXPECT_FALSE(set_request_field(request, field().name, sample() + "\nsomething else"));
    }
    const std::string parameters = parameters_of(request);
    const TravelRequest back = parse_frame_parameters(parameters).request;
    const TravelRequest frame = frame_request(request, {0, 0.5, 1, 1, 0.5}, 1);
    if (parameters != parameters_of(base) && text_of(back) == text_of(frame)) {
      ++written;
    }
  }
  EXPECT_GT(written, 0) << field().name << " is not in the parameters text, or not read from it";
}

INSTANTIATE_TEST_SUITE_P(Rows,
                         EverySetting,
                         testing::ValuesIn(request_fields().begin(), request_fields().end()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(EveryKey, IsSpeltOnce) {
  std::set<std::string_view> keys;
  std::set<int> places;
  for (const ParameterItem* item : parameter_items()) {
    EXPECT_TRUE(keys.insert(item->key).second) << item->key;
    EXPECT_TRUE(places.insert(item->place).second) << item->key;
  }
}

}  // namespace
}  // namespace ptravel
