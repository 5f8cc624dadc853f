// How close a network comes to what oneDNN alone could do on this machine. Runs the UNet's step (or
// the VAE's decoder) once to learn its convolutions and linear maps, then times it and oneDNN's
// bare primitives of the same sizes in turn. The ceiling is the sum of
//
//   convolutions, linear maps   best of many runs, times the calls
//   attention                   its products at the speed of the linear maps
//
// Norms, softmax, activations and copies count nothing in it. Each pair of measurements gives a
// ratio ours / ceiling: 1 would be as fast as the ceiling.
//
//   onednn_ceiling [--part unet|vae] [--precision bf16|fp32] [--width W] [--height H] [--batch N]
//   [--threads N] [--pairs N] [--repeats N] [--checkpoint FILE] [--winograd] [--shapes]
//   [--json]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <CLI/CLI.hpp>
#include <dnnl.hpp>
#include <unistd.h>

#include "checkpoint/key_map.h"
#include "checkpoint/model_files.h"
#include "model/random_tensors.h"
#include "model/tensor_sources.h"
#include "model/unet.h"
#include "model/vae.h"
#include "ptravel/error.h"
#include "ptravel/profile.h"
#include "tensor/compute.h"
#include "tensor/rng.h"

#include "onednn_ceiling_layers.h"
#include "onednn_ceiling_report.h"

namespace {

using namespace ptravel;

struct Options {
  std::string part = "unet";
  std::string precision = "bf16";
  std::int64_t width = 512;
  std::int64_t height = 512;
  std::int64_t batch = 0;  // 0: two images for the UNet, one for the VAE
  int threads = 0;
  int pairs = 10;
  int repeats = 3;
  std::string checkpoint;  // empty: random weights
  bool winograd = false;
  bool shapes = false;
  bool json = false;
};

/// What one run of the network is made of.
struct Work {
  std::vector<LayerGroup> layers;
  double attention_flops = 0;
};

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The network's weights and config: those of a file, or random ones.
struct Model {
  explicit Model(const std::string& checkpoint) {
    if (checkpoint.empty()) {
      tensors = std::make_shared<RandomTensors>(1);
    } else {
      files = open_model(checkpoint);
      tensors = std::make_shared<FileTensors>(files.weights);
    }
  }
  Weights weights(ModelPart part, const std::string& title) const {
    return {tensors, std::string(ldm_prefix(part)), title};
  }

  ModelFiles files;
  std::shared_ptr<const TensorSource> tensors;
};

/// One call of the UNet as in a travel: texts and timesteps are prepared before.
std::function<void()> unet_step(const Model& model,
                                const Subject& subject,
                                const Compute& compute) {
  const auto unet = std::make_shared<const Unet>(model.weights(ModelPart::Unet, "unet"),
                                                 model.files.unet, compute);
  Rng rng(RngSource::Cpu, 1);
  const std::int64_t factor = model.files.vae.factor();
  const at::Tensor x = rng.randn({subject.images, model.files.unet.in_channels,
                                  subject.height / factor, subject.width / factor});
  std::vector<UnetConditioning> conditionings;
  for (std::int64_t i = 0; i < subject.images; ++i) {
    const std::int64_t width = model.files.unet.vector_dim;
    conditionings.push_back(
        {unet->prepare_time(500.0F, width > 0 ? rng.randn({width}) : at::Tensor()),
         unet->prepare_text(rng.randn({77, model.files.unet.context_dim}))});
  }
  return [unet, x, conditionings] { unet->forward(x, conditionings); };
}

std::function<void()> vae_decode(const Model& model,
                                 const Subject& subject,
                                 const Compute& compute) {
  const auto vae =
      std::make_shared<const Vae>(model.weights(ModelPart::Vae, "vae"), model.files.vae, compute);
  Rng rng(RngSource::Cpu, 1);
  const std::int64_t factor = model.files.vae.factor();
  const at::Tensor latent = rng.randn(
      {subject.images, model.files.vae.embed_dim, subject.height / factor, subject.width / factor});
  return [vae, latent] { vae->decode(latent); };
}

/// The layers that one call of `run` measures, those of the same sizes together.
Work learn(const std::function<void()>& run) {
  const Profile profile;
  run();
  Work work;
  std::map<std::pair<LayerKind, std::vector<std::int64_t>>, LayerGroup> groups;
  for (const ProfileEntry& entry : profile.report().entries) {
    if (entry.kind == "attention") {
      work.attention_flops += entry.flops;
    } else if (entry.kind == "convolution" || entry.kind == "linear") {
      const auto kind = entry.kind == "linear" ? LayerKind::Linear : LayerKind::Convolution;
      const std::vector<std::int64_t> sizes(entry.sizes.begin() + 1, entry.sizes.end());
      LayerGroup& group = groups[{kind, sizes}];
      group.kind = kind;
      group.sizes = sizes;
      group.images += static_cast<double>(entry.calls * entry.sizes[0]);
      group.flops += entry.flops;
    }
  }
  for (auto& [key, group] : groups) {
    work.layers.push_back(std::move(group));
  }
  return work;
}

/// Adds the layers up; `seconds` says how long a group takes.
Ceiling sum_up(const Work& work,
               std::vector<LayerTimer>& timers,
               const std::function<double(LayerTimer&)>& seconds) {
  Ceiling result;
  for (LayerTimer& timer : timers) {
    const bool linear = timer.group().kind == LayerKind::Linear;
    Total& total = linear ? result.linears : result.convolutions;
    total.seconds += seconds(timer);
    total.flops += timer.group().flops;
  }
  result.attention = {
      work.attention_flops / result.linears.flops * result.linears.seconds,
      work.attention_flops,
  };
  return result;
}

Measurement measure(const std::function<void()>& run,
                    const Work& work,
                    std::vector<LayerTimer>& timers,
                    const Options& options) {
  const auto time = [&](LayerTimer& timer) { return timer.best(options.repeats); };
  Measurement result;
  for (int i = 0; i < options.pairs; ++i) {
    const double ours = seconds_of(run);
    const Pair pair{ours, sum_up(work, timers, time).sum().seconds};
    result.pairs.push_back(pair);
    if (!options.json) {
      std::printf("pair %3d  %s", i + 1, to_text(pair).c_str());
      std::fflush(stdout);
    }
  }
  result.best = sum_up(work, timers, [](LayerTimer& timer) { return timer.best_so_far(); });
  return result;
}

std::string onednn_version() {
  const dnnl::version_t* const version = dnnl::version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

void check_size(const Options& options, std::int64_t factor) {
  if (options.width % factor != 0 || options.height % factor != 0) {
    throw Error(ErrorCode::InvalidArgument,
                "[onednn_ceiling] size " + std::to_string(options.width) + " x " +
                    std::to_string(options.height) + ": expected multiples of " +
                    std::to_string(factor));
  }
}

void run(const Options& options) {
  const bool is_unet = options.part == "unet";
  const std::int64_t batch = options.batch > 0 ? options.batch : is_unet ? 2 : 1;
  const Subject subject{
      options.part, options.precision,           onednn_version(), options.width, options.height,
      batch,        prepare_cpu(options.threads)};
  const Compute compute = resolve_compute(
      DeviceChoice::Cpu, options.precision == "bf16" ? Precision::Bf16 : Precision::Fp32);
  const Model model(options.checkpoint);
  check_size(options, model.files.vae.factor());
  if (!options.json) {
    std::fputs(to_text(subject).c_str(), stdout);
    std::fflush(stdout);
  }
  const at::NoGradGuard no_gradients;
  const auto ours =
      is_unet ? unet_step(model, subject, compute) : vae_decode(model, subject, compute);
  ours();  // makes oneDNN's primitives
  const Work work = learn(ours);
  RandomMemory numbers;
  numbers.type = compute.dtype;
  std::vector<LayerTimer> timers;
  for (const LayerGroup& group : work.layers) {
    timers.emplace_back(group, TimerOptions{batch, options.winograd}, numbers);
  }
  const Measurement measurement = measure(ours, work, timers, options);
  if (options.json) {
    std::printf("%s\n", to_json(subject, measurement, timers).c_str());
    return;
  }
  std::printf("\n%s", to_text(measurement).c_str());
  if (options.shapes) {
    std::printf("\n%s", to_text(timers).c_str());
  }
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--part", options.part, "unet: one step; vae: one decode")
      ->check(CLI::IsMember({"unet", "vae"}))
      ->capture_default_str();
  app.add_option("--precision", options.precision, "The networks' arithmetic")
      ->check(CLI::IsMember({"bf16", "fp32"}))
      ->capture_default_str();
  const auto number = [&](const char* name, auto& value, const char* help, int least, int most) {
    app.add_option(name, value, help)->check(CLI::Range(least, most))->capture_default_str();
  };
  number("--width", options.width, "Pixels, a multiple of 8", 8, 8192);
  number("--height", options.height, "Pixels, a multiple of 8", 8, 8192);
  number("--batch", options.batch, "Images; 0: two for the UNet (guidance), one for the VAE", 0,
         64);
  number("--threads", options.threads, "0: one for each processor", 0, 1024);
  number("--pairs", options.pairs, "Measurements of ours and of the ceiling, in turn", 1, 10000);
  number("--repeats", options.repeats, "Runs of each primitive in a pair, at least", 1, 10000);
  app.add_option("--checkpoint", options.checkpoint,
                 "A Stable Diffusion 1.x model; else random weights");
  app.add_flag("--winograd", options.winograd,
               "Also try Winograd convolutions, which multiply less and round more");
  app.add_flag("--shapes", options.shapes, "Also tell each layer's speed (JSON always does)");
  app.add_flag("--json", options.json, "Print one JSON object");
}

/// OpenMP reads its settings when it is loaded, so this program starts itself anew with those that
/// prompt-travel computes with: threads that wait do not spin.
void wait_passively(char** argv) {
  const bool chosen =
      std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr;
  if (!chosen && ::setenv("OMP_WAIT_POLICY", "passive", /*replace=*/0) == 0) {
    ::execv("/proc/self/exe", argv);
  }
}

}  // namespace

int main(int argc, char** argv) {
  wait_passively(argv);
  CLI::App app("Compares a network with the speed of oneDNN alone", "onednn_ceiling");
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
    run(options);
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);
    }
    std::fprintf(stderr, "onednn_ceiling: %s\n", error.what());
    return 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return exit_status(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
