// Times the networks with random weights and nothing but LibTorch (and oneDNN where the build has
// it): one denoising step of two images, the text encoder, the VAE's two directions. For trying
// machines that have no model file. With --gradient, only the UNet of one image, in turn without
// and with the gradient of its output's sum with respect to the conditioning.
//
//   engine_bench [cpu|cuda|auto] [fp32|bf16|fp16|auto] [--small] [--size W H] [--threads N]
//   [--repeat N] [--gradient]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <sys/resource.h>

#include "model/clip.h"
#include "model/random_tensors.h"
#include "model/unet.h"
#include "model/vae.h"
#include "ptravel/error.h"
#include "tensor/compute.h"

namespace {

using namespace ptravel;

struct Options {
  DeviceChoice device = DeviceChoice::Auto;
  Precision precision = Precision::Auto;
  bool small = false;
  bool gradient = false;
  std::int64_t width = 512;
  std::int64_t height = 512;
  int threads = 0;
  int repeat = 3;
};

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

/// Runs once to warm up, then reports the median. `body` returns a tensor; reading one number of it
/// waits for a GPU.
void time_case(const char* name, const Options& options, const std::function<at::Tensor()>& body) {
  const auto run = [&] { return body().flatten()[0].item<float>(); };
  const double first = now();
  run();
  const double warm_up = now() - first;
  std::vector<double> seconds;
  const double user = user_seconds();
  for (int i = 0; i < options.repeat; ++i) {
    const double start = now();
    run();
    seconds.push_back(now() - start);
  }
  std::printf(
      "%-28s median %8.4f s   best %8.4f s   first %8.4f s   user %8.3f s   peak %5.2f GiB\n", name,
      median(seconds), *std::min_element(seconds.begin(), seconds.end()), warm_up,
      (user_seconds() - user) / options.repeat, peak_gib());
  std::fflush(stdout);
}

/// Seconds that `body` takes; it returns a tensor, as above.
double seconds_of(const std::function<at::Tensor()>& body) {
  const double start = now();
  body().flatten()[0].item<float>();
  return now() - start;
}

/// Times inference and inference with a gradient in turn, so that both see the same machine.
void time_gradient(const Options& options,
                   const std::function<at::Tensor()>& inference,
                   const std::function<at::Tensor()>& gradient) {
  seconds_of(inference);
  const double plain_peak = peak_gib();
  seconds_of(gradient);
  std::vector<double> plain, both, ratios;
  for (int i = 0; i < options.repeat; ++i) {
    plain.push_back(seconds_of(inference));
    both.push_back(seconds_of(gradient));
    ratios.push_back(both.back() / plain.back());
  }
  std::printf(
      "UNet step, 1 image: median %.3f s   with gradient %.3f s   ratio: median %.2f, worst %.2f "
      "of %d pairs   peak %.2f GiB, before the first gradient %.2f GiB\n",
      median(plain), median(both), median(ratios), *std::max_element(ratios.begin(), ratios.end()),
      options.repeat, peak_gib(), plain_peak);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::atoi(argv[++i]) : 0; };
    if (word == "cpu" || word == "cuda") {
      options.device = word == "cpu" ? DeviceChoice::Cpu : DeviceChoice::Cuda;
    } else if (word == "fp32" || word == "bf16" || word == "fp16") {
      options.precision = word == "fp32"   ? Precision::Fp32
                          : word == "bf16" ? Precision::Bf16
                                           : Precision::Fp16;
    } else if (word == "--small") {
      options.small = true;
    } else if (word == "--gradient") {
      options.gradient = true;
    } else if (word == "--size") {
      options.width = number();
      options.height = number();
    } else if (word == "--threads") {
      options.threads = number();
    } else if (word == "--repeat") {
      options.repeat = std::max(1, number());
    } else if (word != "auto") {
      throw Error(ErrorCode::InvalidArgument, "[engine_bench] " + word +
                                                  ": expected cpu, cuda, fp32, bf16, fp16, "
                                                  "--small, --size W H, --threads N, --repeat N or "
                                                  "--gradient");
    }
  }
  return options;
}

void run(const Options& options) {
  const int threads = prepare_cpu(options.threads);
  const Compute compute = resolve_compute(options.device, options.precision);
  std::printf("device %s, %s, %d threads, %ld x %ld\n", compute.device.str().c_str(),
              at::toString(compute.dtype), threads, static_cast<long>(options.width),
              static_cast<long>(options.height));
  ClipConfig clip_config;
  UnetConfig unet_config;
  VaeConfig vae_config;
  if (options.small) {
    clip_config.num_layers = 2;
    unet_config.model_channels = 64;
    vae_config.channels = 32;
  }
  const auto source = std::make_shared<RandomTensors>(1);
  const double start = now();
  const ClipTextModel clip(Weights(source, "clip", "text encoder"), clip_config,
                           full_precision(compute));
  const Unet unet(Weights(source, "unet", "unet"), unet_config, compute);
  const Vae vae(Weights(source, "vae", "vae"), vae_config, compute);
  std::printf("made the weights in %.1f s, peak %.2f GiB\n", now() - start, peak_gib());

  const std::int64_t h = options.height / 8;
  const std::int64_t w = options.width / 8;
  const at::Tensor ids = at::randint(49408, {2, 77}, at::kLong);
  const at::Tensor x = at::randn({2, 4, h, w});
  const at::Tensor t = at::full({2}, 500.0F);
  const at::Tensor context = at::randn({2, 77, unet_config.context_dim});
  const at::Tensor image = at::rand({1, 3, 8 * h, 8 * w}) * 2 - 1;
  const auto first = [](const at::Tensor& both) { return both.narrow(0, 0, 1).clone(); };
  if (options.gradient) {
    const auto step = [&](const at::Tensor& conditioning) {
      return unet.forward(first(x), first(t), conditioning);
    };
    const auto inference = [&] {
      const at::NoGradGuard no_gradients;
      return step(first(context));
    };
    const auto gradient = [&] {
      const at::Tensor leaf = first(context).requires_grad_();
      step(leaf).sum().backward();
      return leaf.grad();
    };
    time_gradient(options, inference, gradient);
    return;
  }
  const at::NoGradGuard no_gradients;
  time_case("text encoder, 2 prompts", options, [&] { return clip.forward(ids); });
  time_case("UNet step, 2 images", options, [&] { return unet.forward(x, t, context); });
  time_case("VAE encode, 1 image", options, [&] { return vae.encode(image).mean; });
  time_case("VAE decode, 1 image", options, [&] { return vae.decode(first(x)); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return exit_status(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
