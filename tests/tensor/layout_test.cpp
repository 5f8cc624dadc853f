#include "tensor/layout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(Layout, TokensAreAViewOfAPicture) {
  const at::Tensor picture = to_channels_last(at::randn({2, 5, 3, 4}));
  const at::Tensor tokens = to_tokens(picture);
  EXPECT_EQ(tokens.sizes(), at::IntArrayRef({2, 12, 5}));
  EXPECT_EQ(tokens.data_ptr(), picture.data_ptr());
  EXPECT_TRUE(at::equal(to_picture(tokens, 3, 4), picture));
  EXPECT_EQ(to_picture(tokens, 3, 4).data_ptr(), picture.data_ptr());
}

TEST(Layout, ResizesAsLibTorchDoes) {
  const at::Tensor x = at::randn({2, 3, 5, 7});
  for (const auto& [height, width] :
       {std::pair{10, 14}, {9, 13}, {3, 2}, {5, 7}, {1, 1}, {17, 30}}) {
    EXPECT_TRUE(
        at::equal(resize_nearest(x, height, width), at::upsample_nearest2d(x, {height, width})))
        << height << " x " << width;
  }
}

TEST(Layout, ResizesBfloat16) {
  const at::Tensor x = at::randn({1, 4, 3, 3}).to(at::kBFloat16);
  EXPECT_TRUE(at::equal(resize_nearest(x, 6, 6).to(at::kFloat),
                        at::upsample_nearest2d(x.to(at::kFloat), {6, 6})));
}

}  // namespace
}  // namespace ptravel
