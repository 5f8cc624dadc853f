// Pictures that go on at their other edge, through whole travels.

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "ptravel/frame.h"
#include "ptravel/model_store.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

/// How much stronger the seam of a picture beside itself is than its neighbouring columns (rows)
/// inside are apart, in the mean.
double seam(const Image& image, bool across) {
  const int steps = across ? image.width : image.height;
  const int length = across ? image.height : image.width;
  const auto value = [&](int step, int place, int channel) {
    const int x = across ? step : place, y = across ? place : step;
    return static_cast<int>(
        image.pixels[static_cast<std::size_t>((y * image.width + x) * 3 + channel)]);
  };
  double inside = 0, edge = 0;
  for (int step = 0; step < steps; ++step) {
    double sum = 0;
    for (int place = 0; place < length; ++place) {
      for (int channel = 0; channel < 3; ++channel) {
        sum += std::abs(value(step, place, channel) - value((step + 1) % steps, place, channel));
      }
    }
    (step + 1 == steps ? edge : inside) += sum;
  }
  return edge / (inside / (steps - 1));
}

struct Seams {
  double across = 0;
  double down = 0;
};

class TilingTravel : public testing::Test {
 protected:
  static TravelRequest request(Tiling tiling) {
    TravelRequest request = tiny_request();
    request.tiling = tiling;
    return request;
  }
  /// A travel of three frames with the default model, whose pictures have a ground, a sky and
  /// houses that are cut off where nothing goes on.
  static TravelRequest streets(Tiling tiling) {
    TravelRequest request;
    request.model = PTRAVEL_DEFAULT_MODEL;
    request.prompt = "girl, city, running\ngirl, city, smile";
    request.travel_steps = "1";
    request.steps = 8;
    request.width = request.height = 128;
    request.seed = {11};
    request.precision = Precision::Fp32;
    request.tiling = tiling;
    return request;
  }
  /// In the mean of the frames.
  Seams seams(const TravelRequest& request) {
    Seams result;
    for (const RenderedFrame& frame : draw(request, store_)) {
      result.across += seam(frame.image, true) / 3;
      result.down += seam(frame.image, false) / 3;
    }
    return result;
  }
  ModelStore store_{std::uint64_t{1} << 30};
};

// Measured: at most 1.4 without a seam, at least 2.4 with one.
constexpr double kNone = 1.6, kSeen = 2;

TEST_F(TilingTravel, TilesHaveNoSeamWhereTheyAreToHaveNone) {
  const Seams off = seams(streets(Tiling::Off)), both = seams(streets(Tiling::Both));
  const Seams x = seams(streets(Tiling::X)), y = seams(streets(Tiling::Y));
  EXPECT_LT(both.across, kNone);
  EXPECT_LT(both.down, kNone);
  EXPECT_LT(x.across, kNone);
  EXPECT_LT(y.down, kNone);
  EXPECT_GT(off.across, kSeen);
  EXPECT_GT(off.down, kSeen);
  EXPECT_GT(x.down, kSeen);
  EXPECT_GT(y.across, kSeen);
}

TEST_F(TilingTravel, FramesAreTheSameWhateverTheBatchAndAloneFromTheirParameters) {
  for (const Tiling tiling : {Tiling::Both, Tiling::Y}) {
    const auto frames = draw(request(tiling), store_);
    TravelRequest batched = request(tiling);
    batched.batch = 3;
    batched.threads = 1;
    const auto again = draw(batched, store_);
    const auto plain = draw(request(Tiling::Off), store_);
    ASSERT_EQ(frames.size(), 4U);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].image, again[i].image);
      EXPECT_NE(frames[i].image, plain[i].image);
    }
    const FrameRequest told = parse_frame_parameters(frames[1].parameters);
    EXPECT_EQ(told.request.tiling, tiling);
    EXPECT_NE(frames[1].parameters.find(tiling == Tiling::Both ? "Tiling: True" : "Tiling: y"),
              std::string::npos)
        << frames[1].parameters;
    EXPECT_EQ(plain[1].parameters.find("Tiling"), std::string::npos);
  }
}

/// Two on one loaded model: what one of them wants does not reach the other.
TEST_F(TilingTravel, TravelsOnOneModelDoNotDisturbEachOther) {
  Progress progress;
  TravelOptions options;
  options.store = &store_;
  const auto tiles = Travel::open(request(Tiling::Both), progress, options);
  const auto plain = Travel::open(request(Tiling::Off), progress, options);
  KeepingSink first, second;
  tiles->render({}, first, progress);
  plain->render({}, second, progress);
  EXPECT_EQ(first.frames.at(0).image, draw(request(Tiling::Both), store_).at(0).image);
  EXPECT_EQ(second.frames.at(0).image, draw(request(Tiling::Off), store_).at(0).image);
  EXPECT_NE(first.frames.at(0).image, second.frames.at(0).image);
}

/// (Gradients are LatentLoss's.)
TEST_F(TilingTravel, EveryWayOfDrawingTakesIt) {
  const auto expect_tiles = [&](const char* what, const auto& change) {
    TravelRequest request = streets(Tiling::Both);
    change(request);
    const Seams found = seams(request);
    EXPECT_LT(found.across, kNone) << what;
    EXPECT_LT(found.down, kNone) << what;
  };
  expect_tiles("successive", [](TravelRequest& r) { r.genesis = Genesis::Successive; });
  expect_tiles("embryo", [](TravelRequest& r) { r.genesis = Genesis::Embryo; });
  expect_tiles("hires", [](TravelRequest& r) {
    r.width = r.height = 64;
    r.hires = true;
    r.hires_upscaler = "Lanczos";
  });
  expect_tiles("attention", [](TravelRequest& r) {
    r.attention_interpolation = AttentionInterpolation::FusedOuter;
  });
}

}  // namespace
}  // namespace ptravel
