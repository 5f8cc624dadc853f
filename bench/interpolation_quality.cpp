// How well pictures in between are found: of a film's frames every second, or a longer step, is
// kept, and what an interpolator puts there is compared with the frames that were left out. usage:
// interpolation_quality STEP INTERPOLATOR|flow RUN...    STEP: 2 to 8

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "media/image_file.h"
#include "motion/ssim.h"
#include "postprocess/flow_interpolator.h"
#include "postprocess/frame_gap.h"
#include "postprocess/picture_tensor.h"
#include "tensor/compute.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

std::vector<Image> frames_of(const fs::path& run) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(run)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".png" &&
        stem.find_first_not_of("0123456789") == std::string::npos) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Image> frames;
  for (const fs::path& path : paths) {
    frames.push_back(read_image(path).image);
  }
  return frames;
}

double mean_square(const Image& one, const Image& other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.pixels.size(); ++i) {
    const double d = static_cast<double>(one.pixels[i]) - static_cast<double>(other.pixels[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(one.pixels.size());
}

/// Means over all pictures that were compared.
struct Score {
  double psnr = 0;
  double ssim = 0;
  double worst_psnr = 1e9;
  int pictures = 0;

  void add(const Image& found, const Image& truth) {
    const double value = 10 * std::log10(255 * 255 / std::max(mean_square(found, truth), 0.01));
    psnr += value;
    worst_psnr = std::min(worst_psnr, value);
    ssim += ptravel::ssim(found, truth, SsimBorder::Kept);
    ++pictures;
  }
  void print(const char* name) const {
    std::printf("  %-16s PSNR %6.2f dB (worst %6.2f)  SSIM %.4f\n", name, psnr / pictures,
                worst_psnr, ssim / pictures);
  }
};

class Fade : public Interpolator {
 public:
  std::vector<Image> between(const Image& first, const Image& second, int count) const override {
    std::vector<Image> pictures;
    for (int i = 1; i <= count; ++i) {
      const double t = i / (count + 1.0);
      pictures.push_back(
          image_of(unit_tensor(first) * (1.0 - t) + unit_tensor(second) * t, "fade"));
    }
    return pictures;
  }
  std::string description() const override { return "fade"; }
};

class Repeat : public Interpolator {
 public:
  std::vector<Image> between(const Image& first, const Image& second, int count) const override {
    return fill_gap(GapKind::Cut, first, second, count, *this);
  }
  std::string description() const override { return "repeat"; }
};

Score measure(const std::vector<Image>& frames, int step, const Interpolator& interpolator) {
  Score score;
  for (std::size_t i = 0; i + static_cast<std::size_t>(step) < frames.size();
       i += static_cast<std::size_t>(step)) {
    const Image& first = frames[i];
    const Image& second = frames[i + static_cast<std::size_t>(step)];
    const std::vector<Image> found =
        fill_gap(gap_between(first, second), first, second, step - 1, interpolator);
    for (std::size_t k = 0; k < found.size(); ++k) {
      score.add(found[k], frames[i + k + 1]);
    }
  }
  return score;
}

int run(int argc, char** argv) {
  const int step = argc > 3 ? std::atoi(argv[1]) : 0;
  if (step < 2 || step > 8) {
    std::fputs("usage: interpolation_quality STEP INTERPOLATOR|flow RUN...    STEP: 2 to 8\n",
               stderr);
    return 2;
  }
  prepare_cpu(0);
  const std::string file = argv[2];
  const auto interpolator = file == "flow" ? make_flow_interpolator() : open_interpolator(file, {});
  for (int i = 3; i < argc; ++i) {
    const std::vector<Image> frames = frames_of(argv[i]);
    const auto begin = std::chrono::steady_clock::now();
    const Score score = measure(frames, step, *interpolator);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (score.pictures == 0) {
      std::fprintf(stderr, "%s: %zu frames, expected more than %d\n", argv[i], frames.size(), step);
      return 1;
    }
    std::printf("%s: %d pictures found, %.1f ms each\n", argv[i], score.pictures,
                1000 * seconds / score.pictures);
    score.print(interpolator->description().c_str());
    measure(frames, step, Fade()).print("fade");
    measure(frames, step, Repeat()).print("repeat");
  }
  return 0;
}

}  // namespace
}  // namespace ptravel

int main(int argc, char** argv) {
  try {
    return ptravel::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "interpolation_quality: %s\n", error.what());
    return 1;
  }
}
