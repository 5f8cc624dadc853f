#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "postprocess/network_file.h"
#include "postprocess/upscaler.h"
#include "tests/golden/postprocess.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kUpscaleTolerance = 1e-3;

/// The network whose weights stand below `key`/ in a file of several.
NetworkFile network_of(const Context& context, const std::string& weights, const std::string& key) {
  return NetworkFile::open(context.folder / weights).below(key + "/");
}

/// A set's picture [h, w, 3] as [1, 3, h, w] from 0 to 1.
at::Tensor unit(const at::Tensor& picture) {
  return picture.to(at::kFloat).permute({2, 0, 1}).unsqueeze(0) / 255.0;
}

void check_upscaler(const Context& context,
                    const json& entry,
                    const FileTensors& tensors,
                    Report& report) {
  const std::string key = entry.at("key");
  const at::Tensor picture = unit(tensors.tensor("image"));
  const at::Tensor expected = tensors.tensor(key + "/out");
  const auto compare = [&](const std::string& weights) {
    const NetworkFile file = network_of(context, "upscale_weights.safetensors", weights);
    if (file.tensors()->names().empty()) {
      return;
    }
    // The key may tell what weights cannot: "esrgan/x3".
    const Upscaler upscaler({file.tensors(), weights}, {});
    report.close("motion/upscale/" + weights, upscaler(picture)[0], expected, kUpscaleTolerance);
  };
  compare(key);
  compare(key + "_old_layout");
}

}  // namespace

void check_upscale(const Context& context, Report& report) {
  const json set = read_json(context.folder / "upscale.json");
  const auto tensors = FileTensors::open(context.folder / "upscale.safetensors");
  for (const json& entry : set.at("cases")) {
    report.guarded("motion/upscale/" + entry.at("key").get<std::string>(),
                   [&] { check_upscaler(context, entry, *tensors, report); });
  }
}

}  // namespace ptravel::golden
