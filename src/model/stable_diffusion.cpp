#include "model/stable_diffusion.h"

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
      : inner_(std::move(inner)), progress_(progress) {
    progress_.begin("Loading the model", "tensors", static_cast<double>(inner_->names().size()));
  }

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

 private:
  std::shared_ptr<const TensorSource> inner_;
  Progress& progress_;
  mutable double done_ = 0;
};

std::size_t bytes_of(const TensorSource& source, ModelPart part, const Compute& compute) {
  std::size_t bytes = 0;
  for (const std::string& name : source.names()) {
    if (name.starts_with(ldm_prefix(part))) {
      bytes += c10::multiply_integers(source.shape(name)) * c10::elementSize(compute.dtype);
    }
  }
  return compute.device.is_cpu() ? bytes : 0;
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

StableDiffusion StableDiffusion::load(const ModelFiles& files,
                                      const Compute& compute,
                                      Progress& progress) {
  return load(files, std::make_shared<FileTensors>(files.weights), compute, progress);
}

StableDiffusion StableDiffusion::load(const ModelFiles& files,
                                      const std::shared_ptr<const TensorSource>& weights,
                                      const Compute& compute,
                                      Progress& progress) {
  const auto source = std::make_shared<ReportingTensors>(weights, progress);
  const Compute full = full_precision(compute);
  const Compute vae_compute = compute.device.is_cpu() ? compute : full;
  std::size_t bytes =
      bytes_of(*source, ModelPart::Unet, compute) + bytes_of(*source, ModelPart::Vae, vae_compute);
  for (const ModelPart part : kTextParts) {
    bytes += bytes_of(*source, part, full);
  }
  reserve_memory(bytes);
  std::vector<ClipTextModel> clips;
  for (std::size_t i = 0; i < files.clips.size(); ++i) {
    clips.push_back(load_network<ClipTextModel>(source, kTextParts[i],
                                                i == 0 ? "text encoder" : "second text encoder",
                                                files.clips[i], full));
  }
  return {
      std::move(clips),
      load_network<Unet>(source, ModelPart::Unet, "unet", files.unet, compute),
      load_network<Vae>(source, ModelPart::Vae, "vae", files.vae, vae_compute),
      compute,
      files.prediction,
      files.alphas_cumprod,
      files.path,
  };
}

}  // namespace ptravel
