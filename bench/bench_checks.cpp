#include "bench_checks.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "bench_networks.h"

namespace ptravel::bench {
namespace {

constexpr std::int64_t kMostFrames = 8;
constexpr std::int64_t kMostPictures = 3;

/// Counts and prints comparisons.
class Tally {
 public:
  void add(const std::string& name, bool good, const std::string& what) {
    std::printf("%-44s %s  %s\n", name.c_str(), good ? "ok  " : "FAIL", what.c_str());
    std::fflush(stdout);
    all_good_ = all_good_ && good;
  }
  bool all_good() const { return all_good_; }

 private:
  bool all_good_ = true;
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

/// `actual` and `expected` on any device.
void compare_bytes(Tally& tally,
                   const std::string& name,
                   const at::Tensor& actual,
                   const at::Tensor& expected) {
  const at::Tensor a = actual.cpu().contiguous();
  const at::Tensor b = expected.cpu().contiguous();
  if (a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
      std::memcmp(a.data_ptr(), b.data_ptr(), static_cast<std::size_t>(a.nbytes())) == 0) {
    tally.add(name, true, "the same bytes");
    return;
  }
  const at::Tensor difference = (a.to(at::kDouble) - b.to(at::kDouble)).abs();
  tally.add(name, false,
            "largest difference " + number(difference.max().item<double>()) + ", " +
                std::to_string(difference.gt(0).sum().item<std::int64_t>()) + " of " +
                std::to_string(a.numel()) + " numbers differ");
}

double bound_of(at::ScalarType dtype) {
  return dtype == at::kHalf ? 1e-2 : dtype == at::kBFloat16 ? 5e-2 : 1e-4;
}

void compare_norms(Tally& tally,
                   const std::string& name,
                   const at::Tensor& actual,
                   const at::Tensor& expected,
                   double bound) {
  const at::Tensor reference = expected.cpu().to(at::kDouble);
  const double error = (actual.cpu().to(at::kDouble) - reference).norm().item<double>() /
                       reference.norm().item<double>();
  // An error that is no number is not below the bound either.
  tally.add(name, error <= bound, "relative error " + number(error) + ", bound " + number(bound));
}

}  // namespace

bool same_in_any_batch(const Options& options, const Compute& compute) {
  const at::NoGradGuard no_gradients;
  const NetworkSizes sizes = sizes_of(options);
  const Networks networks(sizes, compute);
  const Inputs inputs(sizes, options, kMostFrames);
  const GuidedFrames frames(networks.unet, inputs);
  std::vector<at::Tensor> alone;
  for (std::int64_t i = 0; i < kMostFrames; ++i) {
    alone.push_back(frames.step(i, 1));
  }
  Tally tally;
  const auto compare_call = [&](std::int64_t first, std::int64_t count) {
    const std::string call = "unet, call of " + std::to_string(count) + " frames, ";
    const at::Tensor together = frames.step(first, count);
    for (std::int64_t i = 0; i < count; ++i) {
      compare_bytes(tally, call + "frame " + std::to_string(first + i),
                    together.narrow(0, 2 * i, 2), alone[static_cast<std::size_t>(first + i)]);
    }
  };
  compare_bytes(tally, "unet, the same call again", frames.step(0, 1), alone.front());
  compare_call(0, 3);
  compare_call(5, 3);
  compare_call(0, kMostFrames);
  const at::Tensor latents = inputs.latents.narrow(0, 0, kMostPictures).to(compute.device);
  const at::Tensor decoded = networks.vae.decode(latents);
  for (std::int64_t i = 0; i < kMostPictures; ++i) {
    compare_bytes(tally, "vae decode, call of 3 pictures, picture " + std::to_string(i),
                  decoded.narrow(0, i, 1), networks.vae.decode(latents.narrow(0, i, 1)));
  }
  return tally.all_good();
}

bool close_to_cpu(const Options& options, const Compute& compute) {
  const at::NoGradGuard no_gradients;
  const NetworkSizes sizes = sizes_of(options);
  const Networks ours(sizes, compute);
  const Networks reference(sizes, {at::kCPU, at::kFloat});
  const Inputs inputs(sizes, options, kMostPictures);
  const double bound = bound_of(compute.dtype);
  Tally tally;
  for (std::size_t i = 0; i < ours.clips.size(); ++i) {
    // In fp32 on every device.
    compare_norms(tally, "text encoder " + std::to_string(i), ours.clips[i].forward(inputs.ids),
                  reference.clips[i].forward(inputs.ids), bound_of(at::kFloat));
  }
  const GuidedFrames frames(ours.unet, inputs);
  const at::Tensor expected = GuidedFrames(reference.unet, inputs).step(0, kMostPictures);
  const at::Tensor together = frames.step(0, kMostPictures);
  for (std::int64_t i = 0; i < kMostPictures; ++i) {
    const at::Tensor wanted = expected.narrow(0, 2 * i, 2);
    const std::string name = "unet, frame " + std::to_string(i);
    compare_norms(tally, name + " alone", frames.step(i, 1), wanted, bound);
    compare_norms(tally, name + " of " + std::to_string(kMostPictures),
                  together.narrow(0, 2 * i, 2), wanted, bound);
  }
  const at::Tensor image = inputs.image.to(compute.device);
  compare_norms(tally, "vae encode", ours.vae.encode(image).mean,
                reference.vae.encode(inputs.image).mean, bound);
  const at::Tensor latents = inputs.latents.narrow(0, 0, 1);
  compare_norms(tally, "vae decode", ours.vae.decode(latents.to(compute.device)),
                reference.vae.decode(latents), bound);
  return tally.all_good();
}

}  // namespace ptravel::bench
