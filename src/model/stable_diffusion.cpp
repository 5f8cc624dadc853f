#include "model/stable_diffusion.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>

#include "checkpoint/key_map.h"
#include "model/tensor_sources.h"

namespace ptravel {
namespace {

/// Another source's tensors, counted as they are read.
class ReportingTensors : public TensorSource {
 public:
  ReportingTensors(std::shared_ptr<const TensorSource> inner, Progress& progress)
      : inner_(std::move(inner)), progress_(progress) {}

  std::vector<std::string> names() const override { return inner_->names(); }
  bool contains(std::string_view name) const override { return inner_->contains(name); }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return inner_->shape(name);
  }
  at::ScalarType dtype(std::string_view name) const override { return inner_->dtype(name); }
  at::Tensor tensor(std::string_view name) const override {
    progress_.check_cancelled();
    at::Tensor result = inner_->tensor(name);
    progress_.update(++done_);
    return result;
  }
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override {
    return inner_->make(name, shape, compute);
  }
  std::vector<SideBranch> side_branches(std::string_view name) const override {
    return inner_->side_branches(name);
  }
  std::int64_t side_numbers(std::string_view name) const override {
    return inner_->side_numbers(name);
  }

 private:
  std::shared_ptr<const TensorSource> inner_;
  Progress& progress_;
  mutable double done_ = 0;
};

bool is_text(std::string_view name) {
  return std::any_of(std::begin(kTextParts), std::end(kTextParts),
                     [&](ModelPart part) { return name.starts_with(ldm_prefix(part)); });
}

/// Loads one network and checks that it took exactly the tensors below its prefix.
template <typename Network, typename Config>
Network load_network(const std::shared_ptr<const TensorSource>& source,
                     ModelPart part,
                     const std::string& title,
                     const Config& config,
                     const Compute& compute) {
  const Weights weights(source, std::string(ldm_prefix(part)), title);
  Network network(weights, config, compute);
  weights.finish();
  return network;
}

}  // namespace

std::shared_ptr<const TensorSource> counted(std::shared_ptr<const TensorSource> source,
                                            Progress& progress) {
  return std::make_shared<ReportingTensors>(std::move(source), progress);
}

StableDiffusion StableDiffusion::load(const ModelFiles& files,
                                      const Compute& compute,
                                      Progress& progress) {
  return load(files, std::make_shared<FileTensors>(files.weights), compute, progress);
}

NetworkLoader::NetworkLoader(const ModelFiles& files,
                             std::shared_ptr<const TensorSource> weights,
                             const Compute& compute)
    : files_(files), weights_(std::move(weights)), compute_(compute) {}

std::vector<ClipTextModel> NetworkLoader::text_encoders() const {
  std::vector<ClipTextModel> clips;
  for (std::size_t i = 0; i < files_.clips.size(); ++i) {
    clips.push_back(load_network<ClipTextModel>(weights_, kTextParts[i],
                                                i == 0 ? "text encoder" : "second text encoder",
                                                files_.clips[i], full_precision(compute_)));
  }
  return clips;
}

Unet NetworkLoader::unet() const {
  return load_network<Unet>(weights_, ModelPart::Unet, "unet", files_.unet, compute_);
}

Vae NetworkLoader::vae() const {
  return load_network<Vae>(weights_, ModelPart::Vae, "vae", files_.vae, compute_);
}

std::uint64_t NetworkLoader::bytes() const {
  std::uint64_t bytes = 0;
  for (const std::string& name : weights_->names()) {
    const at::ScalarType stored = weights_->dtype(name);
    const at::ScalarType text =
        compute_.device.is_cpu() && c10::elementSize(stored) == 2 ? stored : at::kFloat;
    bytes += static_cast<std::uint64_t>(c10::multiply_integers(weights_->shape(name))) *
             c10::elementSize(is_text(name) ? text : compute_.dtype);
    bytes +=
        static_cast<std::uint64_t>(weights_->side_numbers(name)) * c10::elementSize(compute_.dtype);
  }
  return bytes;
}

StableDiffusion StableDiffusion::load(const ModelFiles& files,
                                      const std::shared_ptr<const TensorSource>& weights,
                                      const Compute& compute,
                                      Progress& progress) {
  progress.begin("Loading the model", "tensors", static_cast<double>(weights->names().size()));
  const NetworkLoader loader(files, counted(weights, progress), compute);
  if (compute.device.is_cpu()) {
    reserve_memory(loader.bytes());
  }
  return {
      loader.text_encoders(), loader.unet(),        loader.vae(), compute,
      files.prediction,       files.alphas_cumprod, files.path,
  };
}

}  // namespace ptravel
