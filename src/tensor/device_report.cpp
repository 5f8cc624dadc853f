#include <cstdio>
#include <fstream>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>
#include <torch/version.h>

#include "ptravel/devices.h"
#include "ptravel/processors.h"
#include "tensor/compute.h"
#include "tensor/cpu/onednn.h"
#include "tensor/devices.h"
#include "tensor/kernel_family.h"

namespace ptravel {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

/// The first "model name" of /proc/cpuinfo.
std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) {
      return line.substr(colon + 2);
    }
  }
  return "";
}

std::string gib(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / kGib);
  return text;
}

const char* status_name(CudaStatus status) {
  switch (status) {
    case CudaStatus::NotBuilt:
      return "not_built";
    case CudaStatus::NoDriver:
      return "no_driver";
    case CudaStatus::OldDriver:
      return "old_driver";
    case CudaStatus::NoCard:
      return "no_card";
    case CudaStatus::Failed:
      return "failed";
    case CudaStatus::Ready:
      break;
  }
  return "ready";
}

std::string describe(const CpuState& cpu) {
  return "cpu: " + (cpu.name.empty() ? "" : cpu.name + ", ") + std::to_string(cpu.processors) +
         (cpu.processors == 1 ? " processor" : " processors") + ", kernels " + cpu.kernels +
         (cpu.onednn ? " with oneDNN" : " without oneDNN") + ", --precision auto is " +
         cpu.auto_precision + "\n";
}

std::string describe(const CudaCard& card) {
  return "cuda:" + std::to_string(card.index) + ": " + card.name + ", " + gib(card.total_bytes) +
         " (" + gib(card.free_bytes) + " free), compute capability " + std::to_string(card.major) +
         "." + std::to_string(card.minor) + ", " + std::to_string(card.multiprocessors) +
         " multiprocessors\n";
}

}  // namespace

DeviceReport device_report() {
  DeviceReport report;
  report.cpu.name = cpu_name();
  report.cpu.processors = usable_processors();
  report.cpu.kernels = std::string(kernel_family(at::kCPU));
  report.cpu.onednn = cpu::onednn_available();
  const Compute automatic = resolve_compute(DeviceChoice::Cpu, Precision::Auto);
  report.cpu.auto_precision = automatic.dtype == at::kBFloat16 ? "bf16" : "fp32";
  report.cuda = cuda_state();
  report.libtorch = TORCH_VERSION;
  report.cuda_kernels = PTRAVEL_CUDA_KERNELS;
  return report;
}

std::string describe(const DeviceReport& report) {
  std::string text = describe(report.cpu);
  for (const CudaCard& card : report.cuda.cards) {
    text += describe(card);
  }
  if (report.cuda.status != CudaStatus::Ready) {
    text += "cuda: " + explain(report.cuda) + "\n";
  } else {
    text += "cuda: built for " + cuda_version_text(report.cuda.built_for) + ", driver " +
            (report.cuda.driver.empty() ? "" : report.cuda.driver + " ") + "runs up to " +
            cuda_version_text(report.cuda.driver_supports) +
            ", --device auto takes cuda:0, --precision auto is fp16\n";
  }
  if (report.cuda.built_for != 0) {
    text += "kernels for cards: " +
            (report.cuda_kernels.empty() ? "LibTorch's alone" : report.cuda_kernels) + "\n";
  }
  return text + "LibTorch " + report.libtorch + "\n";
}

std::string to_json(const DeviceReport& report) {
  using Json = nlohmann::ordered_json;
  Json cards = Json::array();
  for (const CudaCard& card : report.cuda.cards) {
    cards.push_back({{"index", card.index},
                     {"name", card.name},
                     {"total_bytes", card.total_bytes},
                     {"free_bytes", card.free_bytes},
                     {"capability", {card.major, card.minor}},
                     {"multiprocessors", card.multiprocessors}});
  }
  const CudaState& cuda = report.cuda;
  const auto version = [](int number) {
    return number == 0 ? Json() : Json(cuda_version_text(number));
  };
  const Json object = {{"cpu",
                        {{"name", report.cpu.name},
                         {"processors", report.cpu.processors},
                         {"kernels", report.cpu.kernels},
                         {"onednn", report.cpu.onednn},
                         {"auto_precision", report.cpu.auto_precision}}},
                       {"cuda",
                        {{"status", status_name(cuda.status)},
                         {"explanation", explain(cuda)},
                         {"built_for", version(cuda.built_for)},
                         {"driver", cuda.driver},
                         {"driver_supports", version(cuda.driver_supports)},
                         {"kernels", report.cuda_kernels},
                         {"cards", std::move(cards)}}},
                       {"libtorch", report.libtorch}};
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ptravel
