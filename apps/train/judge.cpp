#include "judge.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/files.h"
#include "model/safetensors_writer.h"
#include "model/tensor_sources.h"
#include "ptravel/error.h"

#include "tally.h"

namespace ptravel::train {
namespace {

constexpr GroupNormOptions kNorm{.groups = 8, .eps = 1e-6};
constexpr cpu::ConvGeometry kHalving{.stride = 2, .pad_before = 1, .pad_after = 1};
constexpr std::int64_t kWidths[] = {32, 64, 96, 128};
constexpr std::int64_t kCells = 4;

VaeConfig block_config() {
  VaeConfig config;
  config.norm_groups = kNorm.groups;
  return config;
}

Conv2d halving(const Weights& weights, std::int64_t in, std::int64_t out, const Compute& compute) {
  return Conv2d(weights, in, out, 3, compute, kHalving);
}

VaeResBlock block(const Weights& weights, std::int64_t width, const Compute& compute) {
  return VaeResBlock(weights, width, width, block_config(), compute);
}

std::int64_t values_of(Attribute attribute) {
  return static_cast<std::int64_t>(info(attribute).values.size());
}

std::int64_t all_values() {
  std::int64_t sum = 0;
  for (const Attribute attribute : judged_attributes()) {
    sum += values_of(attribute);
  }
  return sum;
}

std::shared_ptr<const TensorSource> in_memory(const std::map<std::string, at::Tensor>& weights) {
  auto tensors = std::make_shared<MemoryTensors>();
  for (const auto& [name, tensor] : weights) {
    tensors->add(name, tensor);
  }
  return tensors;
}

}  // namespace

JudgeNetwork::JudgeNetwork(const Weights& weights, const Compute& compute)
    : compute_(compute),
      in_(halving(weights.at("in"), 3, kWidths[0], compute)),
      norm1_(weights.at("norm1"), kWidths[0], kNorm, compute),
      down1_(halving(weights.at("down1"), kWidths[0], kWidths[1], compute)),
      norm2_(weights.at("norm2"), kWidths[1], kNorm, compute),
      down2_(halving(weights.at("down2"), kWidths[1], kWidths[2], compute)),
      block2_(block(weights.at("block2"), kWidths[2], compute)),
      norm3_(weights.at("norm3"), kWidths[2], kNorm, compute),
      down3_(halving(weights.at("down3"), kWidths[2], kWidths[3], compute)),
      block3_(block(weights.at("block3"), kWidths[3], compute)),
      norm_out_(weights.at("norm_out"), kWidths[3], kNorm, compute),
      out_(weights.at("out"), kWidths[3] * kCells * kCells, all_values(), full_precision(compute)) {
}

at::Tensor JudgeNetwork::forward(const at::Tensor& pictures) const {
  PTRAVEL_CHECK(pictures.dim() == 4 && pictures.size(2) == kJudgedSize &&
                pictures.size(3) == kJudgedSize);
  at::Tensor h = in_(pictures.to(compute_.device, compute_.dtype));  // [N, 32, 64, 64]
  h = down1_(norm1_(h, AfterNorm::Silu));                            // [N, 64, 32, 32]
  h = block2_(down2_(norm2_(h, AfterNorm::Silu)), {});               // [N, 96, 16, 16]
  h = block3_(down3_(norm3_(h, AfterNorm::Silu)), {});               // [N, 128, 8, 8]
  h = at::adaptive_avg_pool2d(norm_out_(h, AfterNorm::Silu).to(at::kFloat), {kCells, kCells});
  return out_(h.flatten(1));
}

at::Tensor scores_of(const at::Tensor& scores, Attribute attribute) {
  std::int64_t first = 0;
  for (const Attribute before : judged_attributes()) {
    if (before == attribute) {
      break;
    }
    first += values_of(before);
  }
  return scores.narrow(1, first, values_of(attribute));
}

Judge::Judge(std::shared_ptr<const TensorSource> source, const Compute& compute)
    : compute_(compute), network_([&] {
        const Weights weights(std::move(source), kJudgePrefix, "judge");
        JudgeNetwork network(weights, compute);
        weights.finish();
        return network;
      }()) {}

Judge::Judge(const std::map<std::string, at::Tensor>& weights, const Compute& compute)
    : Judge(in_memory(weights), compute) {}

Judge Judge::load(const std::filesystem::path& path, const Compute& compute) {
  return Judge(FileTensors::open(path), compute);
}

std::vector<Look> Judge::look_at(const at::Tensor& pictures) const {
  at::NoGradGuard no_gradients;
  const at::Tensor scores = network_.forward(pictures).cpu();
  std::vector<Look> looks(static_cast<std::size_t>(pictures.size(0)));
  for (const Attribute attribute : judged_attributes()) {
    const at::Tensor best = scores_of(scores, attribute).argmax(1);
    for (std::size_t i = 0; i < looks.size(); ++i) {
      looks[i][attribute] = static_cast<int>(best.data_ptr<std::int64_t>()[i]);
    }
  }
  return looks;
}

void save_judge(const std::map<std::string, at::Tensor>& weights,
                const std::filesystem::path& path) {
  if (path.has_parent_path()) {
    create_folders(path.parent_path());
  }
  std::map<std::string, at::Tensor> halves;
  for (const auto& [name, tensor] : weights) {
    halves.emplace(name, tensor.to(at::kHalf).contiguous());
  }
  write_safetensors(path, halves);
}

}  // namespace ptravel::train
