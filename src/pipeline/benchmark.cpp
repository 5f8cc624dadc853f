#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "pipeline/pipeline.h"
#include "ptravel/pipeline.h"
#include "tensor/devices.h"
#include "tensor/library_errors.h"
#include "tensor/rng.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The median of `repeats` runs after one that warms up.
double measured(int repeats, Progress& progress, const std::function<void()>& work) {
  work();
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    progress.check_cancelled();
    seconds.push_back(seconds_of(work));
  }
  return median(std::move(seconds));
}

double peak_memory_gib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);  // ru_maxrss is in KiB
}

const char* precision_name(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? "bf16" : dtype == at::kHalf ? "fp16" : "fp32";
}

/// CUDA works behind the caller's back: fetching a number waits for the result.
void wait_for(const at::Tensor& result) { static_cast<void>(result.flatten()[0].item<float>()); }

BenchmarkReport measure(const BenchmarkOptions& options, Progress& progress) {
  PipelineOptions pipeline_options;
  pipeline_options.model = options.model;
  pipeline_options.device = options.device;
  pipeline_options.precision = options.precision;
  pipeline_options.threads = options.threads;
  BenchmarkReport report;
  if (auto note = limit_threads(pipeline_options.threads)) {
    report.notes.push_back(std::move(*note));
  }
  std::unique_ptr<Pipeline> pipeline;
  report.load_seconds = seconds_of([&] {
    pipeline = Pipeline::open(pipeline_options);
    pipeline->load(progress);
  });
  report.device = pipeline->compute().device.is_cuda() ? "cuda" : "cpu";
  report.precision = precision_name(pipeline->compute().dtype);
  report.threads = at::get_num_threads();
  report.width = options.width > 0 ? options.width : pipeline->trained_size();
  report.height = options.height > 0 ? options.height : pipeline->trained_size();

  const at::NoGradGuard no_gradients;
  const at::Device device = pipeline->compute().device;
  const ModelFiles& files = pipeline->files();
  const std::int64_t h = report.height / pipeline->size_factor();
  const std::int64_t w = report.width / pipeline->size_factor();
  Rng rng(RngSource::Cpu, 1);
  const at::Tensor x = rng.randn({2, files.unet.in_channels, h, w}).to(device);
  const Unet& unet = pipeline->unet();
  // As in a travel: texts and timesteps are prepared before the step that is measured.
  std::vector<UnetConditioning> conditionings;
  for (int i = 0; i < 2; ++i) {
    const at::Tensor vector =
        files.unet.vector_dim > 0 ? rng.randn({files.unet.vector_dim}) : at::Tensor();
    conditionings.push_back({unet.prepare_time(500.0F, vector),
                             unet.prepare_text(rng.randn({77, files.unet.context_dim}))});
  }
  const at::Tensor latent = rng.randn({1, files.vae.embed_dim, h, w}).to(device);
  const at::Tensor image = (rng.rand({1, 3, report.height, report.width}) * 2 - 1).to(device);
  const at::Tensor ids = at::full({1, 77}, 1, at::kLong).to(device);

  const SharedTextEncoders encoders = pipeline->text_encoders();
  const auto encode_text = [&] {
    for (const ClipTextModel& encoder : *encoders) {
      wait_for(encoder.forward(ids));
    }
  };
  const auto step = [&] { wait_for(unet.forward(x, conditionings)); };
  const auto decode = [&] { wait_for(pipeline->vae().decode(latent)); };
  const auto encode = [&] { wait_for(pipeline->vae().encode(image).mean); };
  progress.begin("measuring the text encoder", "", 0);
  report.text_encoder_seconds = measured(3, progress, encode_text);
  progress.begin("measuring CFG steps", "", 0);
  report.cfg_step_seconds = measured(options.steps, progress, step);
  progress.begin("measuring the VAE", "", 0);
  report.vae_decode_seconds = measured(1, progress, decode);
  report.vae_encode_seconds = measured(1, progress, encode);
  if (options.profile) {
    progress.begin("measuring layers", "", 0);
    const Profile profile([device] { wait_for_device(device); });
    encode_text();
    step();
    decode();
    encode();
    report.profile = profile.report();
  }
  report.peak_memory_gib = peak_memory_gib();
  return report;
}

}  // namespace

BenchmarkReport run_benchmark(const BenchmarkOptions& options, Progress& progress) {
  return with_own_errors("bench", [&] { return measure(options, progress); });
}

std::string to_json(const BenchmarkReport& report) {
  nlohmann::ordered_json object = {{"device", report.device},
                                   {"precision", report.precision},
                                   {"threads", report.threads},
                                   {"width", report.width},
                                   {"height", report.height},
                                   {"load_seconds", report.load_seconds},
                                   {"text_encoder_seconds", report.text_encoder_seconds},
                                   {"cfg_step_seconds", report.cfg_step_seconds},
                                   {"vae_encode_seconds", report.vae_encode_seconds},
                                   {"vae_decode_seconds", report.vae_decode_seconds},
                                   {"peak_memory_gib", report.peak_memory_gib}};
  if (report.profile) {
    object["profile"] = nlohmann::ordered_json::parse(to_json(*report.profile));
  }
  return object.dump(2);
}

}  // namespace ptravel
