#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "postprocess/film.h"
#include "postprocess/network_file.h"
#include "postprocess/rife.h"
#include "postprocess/upscaler.h"
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

void check_rife_case(const Context& context,
                     const json& entry,
                     const FileTensors& tensors,
                     Report& report) {
  const std::string key = entry.at("key");
  const NetworkFile file = rife_tensors(network_of(
      context, "rife_weights.safetensors", "rife" + entry.at("version").get<std::string>()));
  const Rife rife = load_network<Rife>(file, recognize_rife(file), {});
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
  const Film film = load_network<Film>(file, config, {});
  report.close("motion/film/" + key,
               film(unit(tensors.tensor("img0")), unit(tensors.tensor("img1")),
                    {entry.at("t").get<double>()})[0][0],
               tensors.tensor(key + "/out"), kBetweenTolerance);
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

}  // namespace ptravel::golden
