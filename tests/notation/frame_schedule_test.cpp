// Deforum's schedules, against what the original makes of them.

#include "notation/frame_schedule.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "notation/schedule_expression.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

double number(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

TEST(FrameSchedules, AreTheOriginals) {
  const Json cases =
      Json::parse(read_file(PTRAVEL_TEST_DATA "/deforum/schedules.json")).at("cases");
  EXPECT_GT(cases.size(), 100U);
  for (const Json& one : cases) {
    const std::string text = one.at("text");
    const ScheduleFilm film{one.at("max_frames"), one.at("seed")};
    const bool texts = one.at("single_string");
    SCOPED_TRACE(text);
    try {
      if (texts) {
        const auto values = text_schedule(text, film);
        ASSERT_TRUE(one.contains("values")) << "is refused by the original";
        EXPECT_EQ(values, one.at("values").get<std::vector<std::string>>());
        continue;
      }
      const auto values = number_schedule(text, film);
      ASSERT_TRUE(one.contains("values")) << "is refused by the original";
      ASSERT_EQ(values.size(), one.at("values").size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double expected = number(one.at("values")[i]);
        if (std::isinf(expected)) {
          EXPECT_EQ(values[i], expected);
        } else {
          EXPECT_NEAR(values[i], expected, 1e-9 * std::abs(expected) + 1e-15) << "frame " << i;
        }
      }
    } catch (const Error& error) {
      EXPECT_TRUE(one.contains("error")) << error.what();
    }
  }
}

std::string refusal(const std::string& text) {
  try {
    number_schedule(text, {12, 5});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(FrameSchedules, SayWhatIsWrong) {
  EXPECT_THAT(refusal("5:(1)"), HasSubstr("no key at frame 0"));
  EXPECT_THAT(refusal("0"), HasSubstr("expected a frame and a value"));
  EXPECT_THAT(refusal("0:(sin(t)"), HasSubstr("not understood at its end"));
  EXPECT_THAT(refusal("0:(1+pi)"), HasSubstr("from \"pi)\" on"));
  EXPECT_THAT(refusal("0:(" + std::string(1000, '(') + "t"), HasSubstr("too many brackets"));
  std::string sum = "t";
  for (int i = 0; i < 2000; ++i) {
    sum += "+t";
  }
  EXPECT_THAT(refusal("0:(" + sum + ")"), HasSubstr("more than 1000 operators"));
  EXPECT_THAT(refusal("0:(t/t), 0:(sqrt(-1-t))"), HasSubstr("no value that is a number"));
}

TEST(FrameSchedules, ComparisonsAreAllThere) {
  const auto holds = [](const char* text) {
    std::string frames;
    for (std::int64_t frame = 0; frame < 3; ++frame) {
      frames += number_of(ScheduleExpression::parse(text).evaluate({frame, 0, 0})) != 0 ? '1' : '0';
    }
    return frames;
  };
  EXPECT_EQ(holds("t<1"), "100");
  EXPECT_EQ(holds("t<=1"), "110");
  EXPECT_EQ(holds("t>1"), "001");
  EXPECT_EQ(holds("t>=1"), "011");
  EXPECT_EQ(holds("t==1"), "010");
  EXPECT_EQ(holds("t!=1"), "101");
}

TEST(FrameSchedules, WholeNumbersWrapAndNeverTrap) {
  const auto value = [](const char* text, std::int64_t frame) {
    return ScheduleExpression::parse(text).evaluate({frame, 0, 0});
  };
  EXPECT_EQ(number_of(value("t*9223372036854775807", 2)), -2);
  EXPECT_EQ(number_of(value("t%-1", 5)), 0);
  EXPECT_EQ(number_of(value("(0-t)%(0-1)", 9)), 0);
  EXPECT_EQ(number_of(value("2**t", 64)), 0);
  EXPECT_EQ(number_of(value("(0-1)**(0-t)", 3)), -1);
}

}  // namespace
}  // namespace ptravel
