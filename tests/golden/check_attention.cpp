#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "model/transformer.h"
#include "tests/golden/attention.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-5;

CrossAttention layer_of(const std::string& kind,
                        std::int64_t heads,
                        const TensorSource& tensors,
                        const Compute& compute) {
  auto own = std::make_shared<MemoryTensors>();
  const std::string prefix = kind + "/weight/";
  std::int64_t channels = 0;
  std::int64_t context_dim = 0;
  for (const std::string& name : tensors.names()) {
    if (name.starts_with(prefix)) {
      own->add("layer." + name.substr(prefix.size()), tensors.tensor(name));
    }
  }
  channels = own->shape("layer.to_q.weight").at(0);
  context_dim = own->shape("layer.to_k.weight").at(1);
  return {Weights(own, "layer", "attention"), channels, context_dim, heads, compute};
}

void check_case(const json& entry,
                const TensorSource& tensors,
                const Compute& compute,
                Report& report) {
  const at::NoGradGuard no_gradients;
  const std::string kind = entry.at("kind");
  const std::string key = entry.at("key");
  const CrossAttention layer =
      layer_of(kind, entry.at("heads").get<std::int64_t>(), tensors, compute);
  const at::Tensor x = tensors.tensor(kind + "/x").to(compute.device);
  // The start, the picture between, the end.
  std::vector<std::optional<MixedImage>> mixed(3);
  mixed[1] = MixedImage{
      0,
      2,
      {entry.at("form") == "inner", entry.at("fused").get<bool>(), entry.at("t").get<double>()},
      {},
      {},
      {}};
  at::Tensor out;
  if (kind == "self") {
    out = layer(x, x, mixed, {});
  } else {
    const at::Tensor context = tensors.tensor(kind + "/context").to(compute.device);
    std::vector<KeysValues> prepared;
    for (std::int64_t i = 0; i < 3; ++i) {
      prepared.push_back(layer.keys_values(context[i]));
    }
    mixed[1]->from_context = context[0];
    mixed[1]->context = context[1];
    mixed[1]->to_context = context[2];
    out = layer(x, {&prepared[0], &prepared[1], &prepared[2]}, mixed, {});
  }
  report.close("motion/attention/" + key, out, tensors.tensor(key), kTolerance);
}

}  // namespace

void check_attention(const Context& context, Report& report) {
  const json cases = read_json(context.folder / "attention.json").at("cases");
  const auto tensors = FileTensors::open(context.folder / "attention.safetensors");
  const Compute compute = resolve_compute(context.device, Precision::Fp32);
  for (const json& entry : cases) {
    report.guarded("motion/attention", [&] { check_case(entry, *tensors, compute, report); });
  }
}

}  // namespace ptravel::golden
