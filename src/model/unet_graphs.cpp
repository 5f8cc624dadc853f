#include "model/unet_graphs.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/cuda/graph.h"
#include "tensor/cuda/operators.h"

namespace ptravel {
namespace {

/// Calls of more images keep a card busier than the program that starts their kernels.
constexpr std::int64_t kMostImages = 8;
/// Each record keeps memory for all results inside the network.
constexpr std::size_t kRecords = 3;

}  // namespace

struct UnetGraphs::Record {
  at::Tensor x;
  std::vector<at::Tensor> times;  ///< The memory of each image's time; one for all where shared.
  std::vector<at::Tensor> texts;  ///< The same for texts.
  std::vector<std::int64_t> tokens;
  UnetPass pass;
  std::vector<std::unique_ptr<UnetText>> own_texts;
  std::unique_ptr<cuda::Graph> graph;
};

UnetGraphs::UnetGraphs() = default;
UnetGraphs::~UnetGraphs() = default;

bool UnetGraphs::suits(const Compute& compute,
                       const at::Tensor& x,
                       const std::vector<UnetConditioning>& images) {
  return compute.device.is_cuda() && compute.dtype != at::kFloat && cuda::available() &&
         x.size(0) <= kMostImages && !ProfileScope::measured() &&
         std::all_of(images.begin(), images.end(), [](const UnetConditioning& image) {
           return !image.mix && image.hypernetworks.empty() && !image.strengths.defined() &&
                  image.time->memory.defined() && image.text->memory.defined();
         });
}

at::Tensor UnetGraphs::operator()(const at::Tensor& x,
                                  const std::vector<UnetConditioning>& images,
                                  Wrap wrap,
                                  const Run& run) {
  const bool one_time = std::all_of(images.begin(), images.end(), [&](const auto& image) {
    return image.time == images.front().time;
  });
  const std::size_t times = one_time ? 1 : images.size();
  std::vector<std::int64_t> tokens;
  tokens.reserve(images.size());
  for (const UnetConditioning& image : images) {
    tokens.push_back(image.text->tokens);
  }
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(records_.begin(), records_.end(), [&](const auto& record) {
    return record->x.sizes() == x.sizes() && record->times.size() == times &&
           record->tokens == tokens && record->pass.wrap == wrap;
  });
  if (known != records_.end()) {
    records_.splice(records_.begin(), records_, known);
  } else {
    records_.resize(std::min(records_.size(), kRecords - 1));
    auto record = std::make_unique<Record>();
    record->x = at::empty_like(x);
    record->tokens = tokens;
    record->pass.wrap = wrap;
    for (std::size_t i = 0; i < times; ++i) {
      const UnetTime& like = *images[i].time;
      record->times.push_back(at::empty_like(like.memory));
      record->pass.times.push_back(
          std::make_shared<UnetTime>(like.in_memory(record->times.back())));
    }
    record->pass.times.resize(images.size(), record->pass.times.front());
    for (const UnetConditioning& image : images) {
      record->texts.push_back(at::empty_like(image.text->memory));
      record->own_texts.push_back(
          std::make_unique<UnetText>(image.text->in_memory(record->texts.back())));
      record->pass.text.prepared.push_back(&record->own_texts.back()->blocks);
    }
    records_.push_front(std::move(record));
  }
  Record& record = *records_.front();
  record.x.copy_(x);
  for (std::size_t i = 0; i < times; ++i) {
    record.times[i].copy_(images[i].time->memory);
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    record.texts[i].copy_(images[i].text->memory);
  }
  if (!record.graph) {
    record.graph = std::make_unique<cuda::Graph>([&] { return run(record.x, record.pass); });
  }
  return record.graph->replay().clone();
}

}  // namespace ptravel
