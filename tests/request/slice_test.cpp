#include "request/slice.h"

#include <limits>

#include <gtest/gtest.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Indices = std::vector<std::int64_t>;

TEST(Slice, OneNumberIsTheStop) {
  EXPECT_EQ(parse_slice("5"), (FrameSlice{std::nullopt, 5, std::nullopt}));
  EXPECT_EQ(parse_slice("  "), FrameSlice{});
  EXPECT_EQ(parse_slice("1: :2"), (FrameSlice{1, std::nullopt, 2}));
}

TEST(Slice, PythonSemantics) {
  EXPECT_EQ(slice_indices(parse_slice("::-1"), 4), (Indices{3, 2, 1, 0}));
  EXPECT_EQ(slice_indices(parse_slice("-3:"), 5), (Indices{2, 3, 4}));
  EXPECT_EQ(slice_indices(parse_slice("2:100"), 4), (Indices{2, 3}));
  EXPECT_EQ(slice_indices(parse_slice("-100:2"), 4), (Indices{0, 1}));
  EXPECT_EQ(slice_indices(parse_slice("4:1:-1"), 9), (Indices{4, 3, 2}));
  EXPECT_EQ(slice_indices(parse_slice("10:-10:-4"), 6), (Indices{5, 1}));
  EXPECT_EQ(slice_indices(parse_slice(":"), 0), Indices{});
}

TEST(Slice, HugeNumbersDoNotOverflow) {
  const std::string huge = std::to_string(std::numeric_limits<std::int64_t>::max());
  const std::string tiny = std::to_string(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(slice_indices(parse_slice("::" + huge), 5), Indices{0});
  EXPECT_EQ(slice_indices(parse_slice("::" + tiny), 5), Indices{4});
  EXPECT_EQ(slice_indices(parse_slice(tiny + ":" + huge), 3), (Indices{0, 1, 2}));
}

TEST(Slice, CountsWithoutListing) {
  const std::string huge = std::to_string(std::numeric_limits<std::int64_t>::max());
  const std::string tiny = std::to_string(std::numeric_limits<std::int64_t>::min());
  for (const std::string& text :
       {std::string(""), std::string("::-1"), std::string("2:7:3"), std::string("7:2"),
        std::string("7:2:-2"), "::" + huge, "::" + tiny, tiny + ":" + huge + ":2"}) {
    for (const std::int64_t length : {0, 1, 5, 9}) {
      EXPECT_EQ(slice_count(parse_slice(text), length),
                static_cast<std::int64_t>(slice_indices(parse_slice(text), length).size()))
          << text << " of " << length;
    }
  }
  EXPECT_EQ(slice_count(parse_slice(""), std::int64_t{1} << 62), std::int64_t{1} << 62);
}

TEST(Slice, BadTextsAreRefusedByName) {
  for (const char* bad : {"a", "1.5", "1:2:3:4", "::x"}) {
    EXPECT_THROW(parse_slice(bad), Error) << bad;
  }
  EXPECT_THROW(slice_indices(parse_slice("::0"), 5), Error);
}

TEST(Slice, PadRepeatsTheEndsAndNothingIsAnError) {
  EXPECT_EQ(pick_and_pad("1:3", 2, 9), (Indices{1, 1, 1, 2, 2, 2}));
  EXPECT_THROW(pick_and_pad("0", 0, 9), Error);
  EXPECT_THROW(pick_and_pad("9:", 0, 9), Error);
}

}  // namespace
}  // namespace ptravel
