#include "pipeline/loaded_model.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>

#include "checkpoint/key_map.h"

namespace ptravel {
namespace {

/// Of all weights in the formats they are kept in: text encoders are fp32.
std::uint64_t bytes_of(const OpenModel& model) {
  std::uint64_t bytes = 0;
  const StoredTensors& source = *model.files().weights;
  for (const std::string& name : source.names()) {
    const bool text =
        std::any_of(std::begin(kTextParts), std::end(kTextParts),
                    [&](ModelPart part) { return name.starts_with(ldm_prefix(part)); });
    const auto type = text ? at::kFloat : model.compute().dtype;
    bytes += number_count(source, name) * c10::elementSize(type);
  }
  return bytes;
}

}  // namespace

std::shared_ptr<const LoadedModel> LoadedModel::load(const OpenModel& model, Progress& progress) {
  StableDiffusion networks = StableDiffusion::load(model.files(), model.compute(), progress);
  return std::shared_ptr<const LoadedModel>(
      new LoadedModel(model.without_weights(), std::move(networks), bytes_of(model)));
}

const LatentColours& LoadedModel::colours() const {
  std::call_once(fitted_, [this] { colours_ = LatentColours::fit(vae()); });
  return *colours_;
}

}  // namespace ptravel
