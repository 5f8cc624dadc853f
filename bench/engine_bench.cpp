// Times the networks with random weights and nothing but LibTorch (and oneDNN where the build has
// it), and checks what a device computes: for trying machines that have no model file.
// bench_options.cpp says what it can be asked for.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <sys/resource.h>

#include "ptravel/error.h"
#include "ptravel/profile.h"
#include "tensor/compute.h"
#include "tensor/cuda/operators.h"
#include "tensor/devices.h"

#include "bench_checks.h"
#include "bench_networks.h"
#include "bench_options.h"

namespace {

using namespace ptravel;
using bench::Options;

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
/// A card chooses its ways of computing in first calls, and is timed over several calls in a row,
/// as a sampler makes them.
constexpr int kWarmUpCalls = 5;
constexpr int kCallsInARow = 10;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double user_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

double peak_gib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

using Body = std::function<at::Tensor()>;

/// What timing a case gave, in seconds of one call.
struct Times {
  double median = 0;
  double best = 0;
  double first = 0;
  double user = 0;  // of the processor
  double device_peak_gib = 0;
};

class Timing {
 public:
  Timing(const Options& options, const Compute& compute)
      : device_(compute.device),
        repeat_(options.repeat),
        in_a_row_(device_.is_cuda() ? kCallsInARow : 1) {}

  /// Warms up and times `body`.
  Times of(const Body& body) const {
    reset_peak_memory(device_);
    Times times;
    times.first = group(body, 1);
    for (int i = 0; device_.is_cuda() && i < kWarmUpCalls; ++i) {
      body();
    }
    std::vector<double> seconds;
    const double user = user_seconds();
    for (int i = 0; i < repeat_; ++i) {
      seconds.push_back(group(body, in_a_row_));
    }
    times.user = (user_seconds() - user) / (repeat_ * in_a_row_);
    times.median = median(seconds);
    times.best = *std::min_element(seconds.begin(), seconds.end());
    if (const auto memory = device_memory(device_)) {
      times.device_peak_gib = static_cast<double>(memory->peak) / kGib;
    }
    return times;
  }

  /// " device peak 3.14 GiB" on a card.
  std::string device_peak(const Times& times) const {
    char text[64] = "";
    if (device_.is_cuda()) {
      std::snprintf(text, sizeof text, "   device peak %5.2f GiB", times.device_peak_gib);
    }
    return text;
  }

  const at::Device& device() const { return device_; }

 private:
  double group(const Body& body, int calls) const {
    wait_for_device(device_);
    DeviceTimer timer(device_);
    for (int i = 0; i < calls; ++i) {
      body();
    }
    return timer.seconds() / calls;
  }

  at::Device device_;
  int repeat_;
  int in_a_row_;
};

void time_case(const char* name, const Timing& timing, const Body& body) {
  const Times times = timing.of(body);
  std::printf(
      "%-28s median %8.4f s   best %8.4f s   first %8.4f s   user %8.3f s   peak %5.2f GiB%s\n",
      name, times.median, times.best, times.first, times.user, peak_gib(),
      timing.device_peak(times).c_str());
  std::fflush(stdout);
}

double flops_of(const Body& body) {
  const Profile profile;
  body();
  double flops = 0;
  for (const ProfileEntry& entry : profile.report().entries) {
    flops += entry.flops;
  }
  return flops;
}

/// One step of `count` guided frames.
void time_frames(const Options& options,
                 const Timing& timing,
                 const bench::GuidedFrames& frames,
                 std::int64_t count) {
  const Body step = [&] { return frames.step(0, count); };
  const Times times = timing.of(step);
  const std::string name = "UNet step, " + std::to_string(count) + " guided";
  std::printf(
      "%-28s median %9.5f s   best %9.5f s   first %8.4f s   %8.2f guided steps/s   "
      "%7.2f TFLOP/s   peak %5.2f GiB%s\n",
      name.c_str(), times.median, times.best, times.first,
      static_cast<double>(count) / times.median, 1e-12 * flops_of(step) / times.median, peak_gib(),
      timing.device_peak(times).c_str());
  if (options.profile) {
    const Profile profile([&] { wait_for_device(timing.device()); });
    step();
    std::printf("%s", to_text(profile.report()).c_str());
  }
  std::fflush(stdout);
}

/// Seconds that `body` takes.
double seconds_of(const at::Device& device, const Body& body) {
  DeviceTimer timer(device);
  body();
  return timer.seconds();
}

/// Times inference and inference with a gradient in turn, so that both see the same machine.
void time_gradient(const Options& options,
                   const at::Device& device,
                   const Body& inference,
                   const Body& gradient) {
  seconds_of(device, inference);
  const double plain_peak = peak_gib();
  seconds_of(device, gradient);
  std::vector<double> plain, both, ratios;
  for (int i = 0; i < options.repeat; ++i) {
    plain.push_back(seconds_of(device, inference));
    both.push_back(seconds_of(device, gradient));
    ratios.push_back(both.back() / plain.back());
  }
  std::printf(
      "UNet step, 1 image: median %.3f s   with gradient %.3f s   ratio: median %.2f, worst %.2f "
      "of %d pairs   peak %.2f GiB, before the first gradient %.2f GiB\n",
      median(plain), median(both), median(ratios), *std::max_element(ratios.begin(), ratios.end()),
      options.repeat, peak_gib(), plain_peak);
}

void time_gradient(const Options& options,
                   const Compute& compute,
                   const bench::Networks& networks,
                   const bench::Inputs& inputs) {
  const auto first = [&](const at::Tensor& rows) {
    return rows.defined() ? rows.narrow(0, 0, 1).to(compute.device) : rows;
  };
  const at::Tensor x = first(inputs.latents);
  const at::Tensor t = at::full({1}, 500.0F).to(compute.device);
  const at::Tensor vector = first(inputs.vectors);
  const auto step = [&](const at::Tensor& conditioning) {
    return networks.unet.forward(UnetInputs{x, t, conditioning, vector});
  };
  const Body inference = [&] {
    const at::NoGradGuard no_gradients;
    return step(first(inputs.contexts));
  };
  const Body gradient = [&] {
    const at::Tensor leaf = first(inputs.contexts).clone().requires_grad_();
    step(leaf).sum().backward();
    return leaf.grad();
  };
  time_gradient(options, compute.device, inference, gradient);
}

void time_networks(const Options& options, const Compute& compute) {
  const bench::NetworkSizes sizes = bench::sizes_of(options);
  const double start = now();
  const bench::Networks networks(sizes, compute);
  std::printf("made the weights in %.1f s, peak %.2f GiB\n", now() - start, peak_gib());
  const std::int64_t most =
      options.frames.empty() ? 1 : *std::max_element(options.frames.begin(), options.frames.end());
  const bench::Inputs inputs(sizes, options, most);
  if (options.gradient) {
    time_gradient(options, compute, networks, inputs);
    return;
  }
  const at::NoGradGuard no_gradients;
  const Timing timing(options, compute);
  const auto on_device = [&](const at::Tensor& tensor) { return tensor.to(compute.device); };
  const at::Tensor latent = on_device(inputs.latents.narrow(0, 0, 1));
  if (!options.frames.empty()) {
    const bench::GuidedFrames frames(networks.unet, inputs);
    for (const std::int64_t count : options.frames) {
      time_frames(options, timing, frames, count);
    }
  } else {
    const at::Tensor ids = on_device(inputs.ids);
    const at::Tensor image = on_device(inputs.image);
    UnetInputs two{latent.repeat({2, 1, 1, 1}), on_device(at::full({2}, 500.0F)),
                   on_device(inputs.contexts)};
    if (inputs.vectors.defined()) {
      two.vector = on_device(inputs.vectors);
    }
    for (const ClipTextModel& clip : networks.clips) {
      time_case("text encoder, 2 prompts", timing, [&] { return clip.forward(ids); });
    }
    time_case("UNet step, 2 images", timing, [&] { return networks.unet.forward(two); });
    time_case("VAE encode, 1 image", timing, [&] { return networks.vae.encode(image).mean; });
  }
  time_case("VAE decode, 1 image", timing, [&] { return networks.vae.decode(latent); });
}

int run(const Options& options) {
  cuda::set_available(!options.plain);
  const int threads = prepare_cpu(options.threads);
  const Compute compute = resolve_compute(options.device, options.precision);
  std::printf("device %s, %s, %d threads, %ld x %ld\n", compute.device.str().c_str(),
              at::toString(compute.dtype), threads, static_cast<long>(options.width),
              static_cast<long>(options.height));
  if (options.batch_check) {
    return bench::same_in_any_batch(options, compute) ? 0 : 1;
  }
  if (options.compare_cpu) {
    return bench::close_to_cpu(options, compute) ? 0 : 1;
  }
  time_networks(options, compute);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) {
    std::fputs(bench::usage().c_str(), stdout);
    return 0;
  }
  try {
    return run(bench::parse_options(argc, argv));
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return exit_status(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
