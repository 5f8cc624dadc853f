// bf16 and fp32 draw the same pictures with the model that comes with the program.

#include <cmath>

#include <gtest/gtest.h>

#include "media/image_file.h"
#include "tests/cli/run_program.h"

namespace ptravel {
namespace {

/// Peak signal-to-noise ratio of two pictures of one size, in decibels.
double psnr(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<double>(a.pixels[i]) - b.pixels[i];
    sum += difference * difference;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.pixels.size()) / sum);
}

// docs/performance.md says how the bound was set.
TEST(CliPrecision, Bf16PicturesAreThoseOfFp32) {
  const TemporaryFolder folder;
  constexpr int kPictures = 3;
  for (const char* precision : {"fp32", "bf16"}) {
    const Outcome outcome = run(
        folder,
        "render --prompt 'masterpiece, highres, girl, red hair, long hair, green eyes, smile, sky, "
        "standing, blue dress' --prompt 'masterpiece, highres, boy, brown hair, short hair, blue "
        "eyes, smile, forest, standing, red shirt' --prompt 'masterpiece, highres, cat, pink fur, "
        "purple eyes, smile, white background, standing' --travel-steps 1 --steps 15 --seed 1 "
        "--fps 0 --out " +
            std::string(precision) + " --precision " + precision,
        PTRAVEL_DEFAULT_MODEL);
    ASSERT_EQ(outcome.status, 0) << outcome.errors;
  }
  for (int i = 0; i < kPictures; ++i) {
    const std::string name = "/prompt_travel/00000/0000" + std::to_string(i) + ".png";
    const Image fp32 = read_image(folder / ("fp32" + name)).image;
    const Image bf16 = read_image(folder / ("bf16" + name)).image;
    ASSERT_EQ(fp32.pixels.size(), bf16.pixels.size());
    EXPECT_NE(fp32.pixels, bf16.pixels) << "one of them was not drawn in its precision";
    EXPECT_GE(psnr(fp32, bf16), 35.0) << "picture " << i;
  }
}

}  // namespace
}  // namespace ptravel
