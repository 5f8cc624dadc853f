#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "postprocess/film.h"
#include "postprocess/network_file.h"
#include "postprocess/optical_flow.h"
#include "postprocess/rife.h"
#include "postprocess/upscaler.h"
#include "tensor/compute.h"
#include "tests/golden/postprocess.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kUpscaleTolerance = 1e-3;
constexpr double kBetweenTolerance = 2e-4;
constexpr double kFlowTolerance = 1e-3;

/// The network whose weights stand below `key`/ in a file of several.
NetworkFile network_of(const Context& context, const std::string& weights, const std::string& key) {
  return NetworkFile::open(context.folder / weights).below(key + "/");
}

/// These networks are fp32 always.
Compute compute_of(const Context& context) {
  return resolve_compute(context.device, Precision::Fp32);
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
    const Upscaler upscaler({file.tensors(), weights}, compute_of(context));
    report.close("motion/upscale/" + weights, upscaler(picture)[0], expected, kUpscaleTolerance);
  };
  compare(key);
  compare(key + "_old_layout");
}

void check_rife_case(const Context& context,
                     const json& entry,
                     const FileTensors& tensors,
                     Report& report) {
  const std::string key = entry.at("key");
  const NetworkFile file = rife_tensors(network_of(
      context, "rife_weights.safetensors", "rife" + entry.at("version").get<std::string>()));
  const Rife rife = load_network<Rife>(file, recognize_rife(file), compute_of(context));
  const RifeResult result =
      rife(unit(tensors.tensor("img0")), unit(tensors.tensor("img1")), entry.at("t").get<double>(),
           entry.at("ensemble").get<bool>() ? RifeEnsemble::Yes : RifeEnsemble::No);
  const std::string name = "motion/rife/" + key + "/";
  report.close(name + "out", result.picture[0], tensors.tensor(key + "/out"), kBetweenTolerance);
  for (const std::int64_t side : {0, 1}) {
    const std::string flow = "flow" + std::to_string(side);
    report.close(name + flow, result.flow[0].narrow(0, 2 * side, 2),
                 tensors.tensor(key + "/" + flow), kFlowTolerance);
  }
}

void check_film_case(const Context& context,
                     const json& entry,
                     const FileTensors& tensors,
                     Report& report) {
  const std::string key = entry.at("key");
  const NetworkFile file =
      film_tensors(NetworkFile::open(context.folder / "film_weights.safetensors"));
  FilmConfig config = recognize_film(file);
  const json sizes = read_json(context.folder / "film.json").at("config");
  config.pyramid_levels = sizes.at("pyramid_levels").get<std::int64_t>();
  const Film film = load_network<Film>(file, config, compute_of(context));
  report.close("motion/film/" + key,
               film(unit(tensors.tensor("img0")), unit(tensors.tensor("img1")),
                    {entry.at("t").get<double>()})[0][0],
               tensors.tensor(key + "/out"), kBetweenTolerance);
}

Image to_image(const at::Tensor& picture) {
  const at::Tensor bytes = picture.to(at::kByte).contiguous();
  Image image(static_cast<int>(bytes.size(1)), static_cast<int>(bytes.size(0)));
  image.pixels.assign(bytes.data_ptr<std::uint8_t>(),
                      bytes.data_ptr<std::uint8_t>() + bytes.numel());
  return image;
}

/// The mean end-point error over pixels that stay inside has to be within a factor of two of what
/// another program reached.
void check_flow_case(const json& entry, const FileTensors& tensors, Report& report) {
  const std::string name = entry.at("name");
  const at::Tensor truth = tensors.tensor(name + "/flow").to(at::kFloat).permute({2, 0, 1});
  const at::Tensor flow = optical_flow(to_image(tensors.tensor(name + "/frame0")),
                                       to_image(tensors.tensor(name + "/frame1")))[0];
  const std::int64_t height = truth.size(1), width = truth.size(2);
  const at::Tensor x = truth[0] + at::arange(width, at::kFloat).reshape({1, width});
  const at::Tensor y = truth[1] + at::arange(height, at::kFloat).reshape({height, 1});
  const at::Tensor inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1);
  const double error =
      at::sqrt((flow - truth).square().sum(0)).masked_select(inside).mean().item<double>();
  const double bar = 2 * entry.at("dis_medium").at("mean_endpoint_error").get<double>();
  report.add({"motion/flow/" + name, error, bar, error <= bar, ""});
}

/// Runs `check` for every case of a set of the folder.
template <typename Check>
void check_cases(const Context& context, const std::string& set, Report& report, Check check) {
  const json cases = read_json(context.folder / (set + ".json")).at("cases");
  const auto tensors = FileTensors::open(context.folder / (set + ".safetensors"));
  for (const json& entry : cases) {
    report.guarded("motion/" + set + "/" + entry.at("key").get<std::string>(),
                   [&] { check(context, entry, *tensors, report); });
  }
}

}  // namespace

void check_upscale(const Context& context, Report& report) {
  check_cases(context, "upscale", report, check_upscaler);
}

void check_rife(const Context& context, Report& report) {
  check_cases(context, "rife", report, check_rife_case);
}

void check_film(const Context& context, Report& report) {
  check_cases(context, "film", report, check_film_case);
}

void check_flow(const Context& context, Report& report) {
  const auto tensors = FileTensors::open(context.folder / "flow.safetensors");
  const json set = read_json(context.folder / "flow.json");
  for (const json& entry : set.at("cases")) {
    report.guarded("motion/flow/" + entry.at("name").get<std::string>(),
                   [&] { check_flow_case(entry, *tensors, report); });
  }
}

}  // namespace ptravel::golden
