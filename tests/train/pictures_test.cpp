#include "apps/train/pictures.h"

#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "apps/train/picture_set.h"
#include "tests/tensor/threads.h"

namespace ptravel::train {
namespace {

constexpr int kSize = 128;
/// A pixel differs clearly when one of its channels differs by this much.
constexpr double kClear = 0.08;
constexpr std::int64_t kLeastPixels = 12;

at::Tensor draw(const std::vector<Drawing>& drawings, int size = kSize) {
  return draw_pictures(drawings, size, at::kCPU);
}

/// Somebody who shows as much as possible, and wears what a colour belongs to.
Drawing plain_drawing(int who, Attribute shown) {
  Drawing drawing;
  drawing.look[Attribute::Subject] = who;
  drawing.look[Attribute::HairStyle] = hair_style::Short;
  drawing.look[Attribute::HairColor] = 4;
  drawing.look[Attribute::Bell] = shown == Attribute::BellColor ? 1 : 0;
  drawing.look[Attribute::Cloak] = shown == Attribute::CloakColor ? 1 : 0;
  drawing.placement.light = 0.8F;
  drawing.placement.scene = 0.3F;
  drawing.placement.stride = 0.4F;
  return drawing;
}

std::int64_t changed_pixels(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().amax(0) > kClear).sum().item<std::int64_t>();
}

at::Tensor luminance(const at::Tensor& picture) {
  return 0.299 * picture[0] + 0.587 * picture[1] + 0.114 * picture[2];
}

double laplacian_variance(const at::Tensor& picture) {
  const at::Tensor y = luminance(picture);
  const std::int64_t side = y.size(0) - 2;
  const auto shifted = [&](int down, int right) {
    return y.narrow(0, 1 + down, side).narrow(1, 1 + right, side);
  };
  return (shifted(-1, 0) + shifted(1, 0) + shifted(0, -1) + shifted(0, 1) - 4 * shifted(0, 0))
      .var()
      .item<double>();
}

/// The same drawings with another quality.
std::vector<Drawing> with_quality(std::vector<Drawing> drawings, int quality) {
  for (Drawing& drawing : drawings) {
    drawing.look[Attribute::Quality] = quality;
  }
  return drawings;
}

TEST(Pictures, HaveTheirShapeAndRange) {
  const at::Tensor pictures = draw(drawings_at(31, 0, 24), 64);
  EXPECT_EQ(pictures.sizes(), at::IntArrayRef({24, 3, 64, 64}));
  EXPECT_EQ(pictures.scalar_type(), at::kFloat);
  EXPECT_TRUE(pictures.isfinite().all().item<bool>());
  EXPECT_GE(pictures.min().item<double>(), 0);
  EXPECT_LE(pictures.max().item<double>(), 1);
  for (int i = 0; i < 24; ++i) {
    EXPECT_GT(pictures[i].std().item<double>(), 0.02) << "picture " << i << " is empty";
  }
}

TEST(Pictures, NoneOfNone) { EXPECT_EQ(draw({}, 64).sizes(), at::IntArrayRef({0, 3, 64, 64})); }

TEST(Pictures, RefuseOtherSizes) {
  EXPECT_THROW(draw(drawings_at(31, 0, 1), 60), c10::Error);
  EXPECT_THROW(draw(drawings_at(31, 0, 1), 0), c10::Error);
}

TEST(Pictures, DependOnTheirDrawingAlone) {
  const std::vector<Drawing> drawings = drawings_at(32, 0, 12);
  const at::Tensor batch = with_threads(1, [&] { return draw(drawings, 64); });
  EXPECT_TRUE(at::equal(with_threads(2, [&] { return draw(drawings, 64); }), batch));
  for (std::size_t i = 0; i < drawings.size(); ++i) {
    const at::Tensor alone = with_threads(2, [&] { return draw({drawings[i]}, 64); });
    EXPECT_TRUE(at::equal(alone[0], batch[static_cast<std::int64_t>(i)])) << "picture " << i;
  }
}

TEST(Pictures, ShowEveryValueOfEveryVisibleAttribute) {
  for (int who = 0; who < 4; ++who) {
    for (std::size_t k = 0; k < kAttributes; ++k) {
      const auto attribute = static_cast<Attribute>(k);
      const Drawing plain = plain_drawing(who, attribute);
      if (!is_visible(plain.look, attribute) || (attribute == Attribute::Subject && who > 0)) {
        continue;
      }
      const AttributeInfo& row = info(attribute);
      const auto values = static_cast<std::int64_t>(row.values.size());
      std::vector<Drawing> drawings(row.values.size(), plain);
      for (std::int64_t i = 0; i < values; ++i) {
        drawings[static_cast<std::size_t>(i)].look[attribute] = static_cast<int>(i);
      }
      const at::Tensor pictures = draw(drawings);
      for (std::int64_t i = 0; i < values; ++i) {
        for (std::int64_t j = 0; j < i; ++j) {
          EXPECT_GE(changed_pixels(pictures[i], pictures[j]), kLeastPixels)
              << info(Attribute::Subject).values[static_cast<std::size_t>(who)] << ", " << row.name
              << ": " << row.values[static_cast<std::size_t>(j)] << " and "
              << row.values[static_cast<std::size_t>(i)];
        }
      }
    }
  }
}

TEST(Pictures, ChangeWithThePlacement) {
  Dice dice(33);
  std::vector<Drawing> drawings;
  for (int i = 0; i < 6; ++i) {
    Drawing drawing = plain_drawing(subject::Girl, Attribute::Subject);
    drawing.placement = random_placement(drawing.look, dice);
    drawings.push_back(drawing);
  }
  const at::Tensor pictures = draw(drawings, 64);
  for (int i = 1; i < 6; ++i) {
    EXPECT_GT(changed_pixels(pictures[i], pictures[0]), 50);
  }
}

class DegradedPictures : public testing::Test {
 protected:
  at::Tensor of(int quality) const { return draw(with_quality(drawings_, quality)); }

  std::vector<Drawing> drawings_ = drawings_at(34, 0, 6);
};

TEST_F(DegradedPictures, BlurryOnesAreSmoother) {
  const at::Tensor clean = of(quality::Clean);
  const at::Tensor blurry = of(quality::Blurry);
  for (int i = 0; i < 6; ++i) {
    EXPECT_LT(laplacian_variance(blurry[i]), 0.1 * laplacian_variance(clean[i]));
    EXPECT_NEAR(luminance(blurry[i]).mean().item<double>(),
                luminance(clean[i]).mean().item<double>(), 0.02);
  }
}

TEST_F(DegradedPictures, CoarseOnesConsistOfCells) {
  const at::Tensor coarse = of(quality::LowResolution);
  const at::Tensor cells = coarse.reshape({6, 3, kSize / 4, 4, kSize / 4, 4});
  EXPECT_EQ((cells.amax({3, 5}) - cells.amin({3, 5})).max().item<double>(), 0);
  const at::Tensor means = at::avg_pool2d(of(quality::Clean), {4, 4});
  EXPECT_LT((cells.amax({3, 5}) - means).abs().max().item<double>(), 1e-4);
}

TEST_F(DegradedPictures, CompressedOnesAreRoughAndStillLookAlike) {
  const at::Tensor clean = of(quality::Clean);
  const at::Tensor compressed = of(quality::JpegArtifacts);
  for (int i = 0; i < 6; ++i) {
    const double error = (clean[i] - compressed[i]).square().mean().item<double>();
    EXPECT_GT(error, 2e-4);
    EXPECT_LT(error, 0.03);
  }
}

TEST_F(DegradedPictures, SketchesHaveNoColor) {
  const at::Tensor sketch = of(quality::Sketch);
  const at::Tensor spread = sketch.amax(1) - sketch.amin(1);
  EXPECT_LT(spread.max().item<double>(), 0.12);
  EXPECT_LT(spread.mean().item<double>(), 0.06);
  EXPECT_GT((of(quality::Clean).amax(1) - of(quality::Clean).amin(1)).max().item<double>(), 0.3);
}

}  // namespace
}  // namespace ptravel::train
