#include "model/unet.h"

#include <sstream>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "base/profile_scope.h"
#include "model/unet_graphs.h"
#include "ptravel/error.h"
#include "tensor/by_image.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

[[noreturn]] void refuse(const char* operand, at::IntArrayRef sizes, const std::string& expected) {
  std::ostringstream text;
  text << "[unet] " << operand << " " << sizes << ": expected " << expected;
  throw Error(ErrorCode::InvalidArgument, text.str());
}

void check_latent(const at::Tensor& x, const UnetConfig& config) {
  if (x.dim() != 4 || x.size(1) != config.in_channels || x.numel() == 0) {
    refuse("latent", x.sizes(), "[N, " + std::to_string(config.in_channels) + ", h, w]");
  }
}

/// `rows`: what stands before the width, "3" or nothing for a single vector.
void check_vector(const at::Tensor& vector, at::IntArrayRef rows, const UnetConfig& config) {
  if (config.vector_dim == 0) {
    if (vector.defined()) {
      refuse("vector", vector.sizes(), "none, because this network takes none");
    }
    return;
  }
  std::vector<std::int64_t> expected = rows.vec();
  expected.push_back(config.vector_dim);
  if (!vector.defined() || vector.sizes() != at::IntArrayRef(expected)) {
    std::ostringstream text;
    text << at::IntArrayRef(expected);
    refuse("vector", vector.defined() ? vector.sizes() : at::IntArrayRef(), text.str());
  }
}

void check(const UnetInputs& in, const UnetConfig& config) {
  check_latent(in.x, config);
  const std::int64_t images = in.x.size(0);
  const std::string count = std::to_string(images);
  if (in.t.dim() != 1 || in.t.size(0) != images) {
    refuse("timesteps", in.t.sizes(), "[" + count + "]");
  }
  if (in.context.dim() != 3 || in.context.size(0) != images || in.context.size(1) < 1 ||
      in.context.size(2) != config.context_dim) {
    refuse("conditioning", in.context.sizes(),
           "[" + count + ", tokens, " + std::to_string(config.context_dim) + "]");
  }
  check_vector(in.vector, {images}, config);
}

/// None where no image is mixed.
std::vector<std::optional<MixedImage>> mixed_images(const std::vector<UnetConditioning>& images) {
  std::vector<std::optional<MixedImage>> all(images.size());
  bool any = false;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (const std::optional<UnetMix>& mix = images[i].mix) {
      if (mix->from >= images.size() || mix->to >= images.size()) {
        throw Error(ErrorCode::InvalidArgument,
                    "[unet] mix: expected images below " + std::to_string(images.size()) +
                        ", got " + std::to_string(mix->from) + " and " + std::to_string(mix->to));
      }
      all[i] = MixedImage{mix->from,
                          mix->to,
                          mix->blend,
                          images[i].text->context,
                          mix->from_text->context,
                          mix->to_text->context};
      any = true;
    }
  }
  return any ? all : std::vector<std::optional<MixedImage>>();
}

/// [slots] as [1, slots].
at::Tensor one_row(const at::Tensor& strengths) {
  return strengths.defined() ? strengths.unsqueeze(0) : strengths;
}

}  // namespace

struct Unet::Layers {
  Layers(const Weights& weights, const UnetConfig& config_in, const Compute& compute_in)
      : Layers(UnetBlockBuilder(weights, config_in, compute_in), weights, config_in, compute_in) {}
  Layers(UnetBlockBuilder builder,
         const Weights& weights,
         const UnetConfig& config_in,
         const Compute& compute_in)
      : config(config_in),
        compute(compute_in),
        time(weights, config, compute),
        encoder(builder, compute),
        decoder(builder, weights, config, compute) {}

  at::Tensor run(const at::Tensor& x,
                 const UnetPass& pass,
                 const ControlResiduals& residuals,
                 const BlockProbe& probe) const {
    return decoder(with_residuals(encoder(x, pass, probe), residuals), pass, probe);
  }
  /// Calls body(block) for all blocks in the order that they run in.
  template <typename Body>
  void for_blocks(const Body& body) const {
    for (const std::vector<UnetBlock>* list :
         {&encoder.inputs, &encoder.middle, &decoder.outputs}) {
      for (const UnetBlock& block : *list) {
        body(block);
      }
    }
  }

  UnetConfig config;
  Compute compute;
  TimeEmbedding time;
  UnetEncoder encoder;
  UnetDecoder decoder;
};

Unet::Unet(const Weights& weights, const UnetConfig& config, const Compute& compute)
    : layers_(std::make_unique<const Layers>(weights, config, compute)),
      graphs_(std::make_unique<UnetGraphs>()) {}
Unet::Unet(Unet&&) noexcept = default;
Unet& Unet::operator=(Unet&&) noexcept = default;
Unet::~Unet() = default;

const UnetConfig& Unet::config() const { return layers_->config; }
const Compute& Unet::compute() const { return layers_->compute; }

at::Tensor Unet::forward(const UnetInputs& in, const BlockObserver& observer) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  check(in, net.config);
  const BlockProbe probe(observer);
  const auto compute = [&](std::int64_t first, std::int64_t count) {
    const auto rows = [&](const at::Tensor& all) {
      return all.defined() ? all.narrow(0, first, count).to(net.compute.device) : all;
    };
    UnetPass pass;
    pass.wrap = in.wrap;
    pass.text.strengths = rows(in.strengths);
    pass.time_silu =
        net.time(rows(in.t), rows(in.vector), probe, pass.text.strengths).to(net.compute.dtype);
    pass.text.context = rows(in.context);
    if (!wants_gradient(in.context)) {
      pass.text.context = pass.text.context.to(net.compute.dtype);
    }
    if (!in.hypernetworks.empty()) {
      pass.text.hypernetworks.assign(static_cast<std::size_t>(count), &in.hypernetworks);
    }
    return net.run(rows(in.x), pass, in.residuals.narrow(first, count), probe);
  };
  const at::Tensor& vector = in.vector.defined() ? in.vector : in.t;
  return probe.active()
             ? compute(0, in.x.size(0))
             : by_image(in.x.size(0), {&in.x, &in.t, &in.context, &vector}, net.compute, compute);
}

std::shared_ptr<const UnetText> Unet::prepare_text(
    const at::Tensor& context,
    const std::vector<HypernetworkUse>& hypernetworks,
    const at::Tensor& strengths) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  if (context.dim() != 2 || context.size(0) < 1 || context.size(1) != net.config.context_dim) {
    refuse("conditioning", context.sizes(),
           "[tokens, " + std::to_string(net.config.context_dim) + "]");
  }
  const at::NoGradGuard no_gradients;
  const at::Tensor rounded = context.to(net.compute.device, net.compute.dtype);
  auto result = std::make_shared<UnetText>();
  result->tokens = context.size(0);
  const AttendedContext seen = attended(rounded.unsqueeze(0), hypernetworks);
  result->context = AttendedContext(seen.keys[0], seen.values[0]);
  net.for_blocks([&](const UnetBlock& block) {
    if (block.transformer) {
      for (const TransformerBlock& layer : block.transformer->blocks) {
        result->blocks.push_back(layer.attn2.keys_values(result->context, one_row(strengths)));
      }
    }
  });
  if (rounded.is_cuda()) {
    std::vector<at::Tensor> all;
    for (const KeysValues& block : result->blocks) {
      all.insert(all.end(), {block.keys().reshape(-1), block.values().reshape(-1)});
    }
    if (!all.empty()) {
      return std::make_shared<UnetText>(result->in_memory(at::cat(all)));
    }
  }
  return result;
}

std::shared_ptr<const UnetTime> Unet::prepare_time(float t,
                                                   const at::Tensor& vector,
                                                   const at::Tensor& strengths) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  check_vector(vector, {}, net.config);
  const at::NoGradGuard no_gradients;
  const at::Tensor row =
      vector.defined() ? vector.unsqueeze(0).to(net.compute.device) : at::Tensor();
  const at::Tensor time =
      net.time(at::full({1}, t).to(net.compute.device), row, {}, one_row(strengths))
          .to(net.compute.dtype);
  auto result = std::make_shared<UnetTime>();
  net.for_blocks([&](const UnetBlock& block) {
    if (block.res) {
      // Rounded as in a call for several images; fp32 is what kernels for cards add up in.
      const at::Tensor bias = block.res->time(time, {}, one_row(strengths));
      result->blocks.push_back(bias.is_cuda() ? bias.to(at::kFloat) : bias);
    }
  });
  if (time.is_cuda()) {
    return std::make_shared<UnetTime>(result->in_memory(at::cat(result->blocks, 1).reshape(-1)));
  }
  return result;
}

at::Tensor Unet::forward(const at::Tensor& x,
                         const std::vector<UnetConditioning>& images,
                         const ControlResiduals& residuals,
                         Wrap wrap) const {
  const auto profile = ProfileScope::part("unet");
  const Layers& net = *layers_;
  check_latent(x, net.config);
  PTRAVEL_CHECK(x.size(0) == static_cast<std::int64_t>(images.size()));
  const at::NoGradGuard no_gradients;
  const std::vector<std::optional<MixedImage>> mixed = mixed_images(images);
  if (mixed.empty() && residuals.empty() && UnetGraphs::suits(net.compute, x, images)) {
    return (*graphs_)(x.to(net.compute.device), images, wrap,
                      [&](const at::Tensor& latents, const UnetPass& pass) {
                        return net.run(latents, pass, {}, {});
                      });
  }
  const auto compute = [&](std::int64_t first, std::int64_t count) {
    UnetPass pass;
    std::vector<at::Tensor> strengths;  // of all images, or of none
    pass.wrap = wrap;
    pass.text.mixed = mixed;
    for (std::int64_t i = first; i < first + count; ++i) {
      const UnetConditioning& image = images[static_cast<std::size_t>(i)];
      pass.times.push_back(image.time);
      pass.text.prepared.push_back(&image.text->blocks);
      pass.text.hypernetworks.push_back(&image.hypernetworks);
      if (image.strengths.defined()) {
        strengths.push_back(image.strengths);
      }
    }
    if (!strengths.empty()) {
      pass.text.strengths = at::stack(strengths);
    }
    return net.run(x.narrow(0, first, count).to(net.compute.device), pass,
                   residuals.narrow(first, count), {});
  };
  return mixed.empty() ? by_image(x.size(0), {&x}, net.compute, compute) : compute(0, x.size(0));
}

}  // namespace ptravel
