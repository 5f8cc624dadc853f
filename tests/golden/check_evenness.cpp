// Measures of motion and pacing: motion/measures.* and motion/retime.json.
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "motion/beta.h"
#include "motion/evenness.h"
#include "motion/gradient_distance.h"
#include "motion/lab_distance.h"
#include "motion/retime.h"
#include "motion/select_frames.h"
#include "motion/ssim.h"
#include "request/frame_places.h"
#include "request/request_names.h"
#include "tests/golden/evenness.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kSsimTolerance = 2e-5;
constexpr double kOwnTolerance = 1e-9;
constexpr double kRetimeTolerance = 1e-12;
constexpr double kBetaTolerance = 1e-5;
constexpr double kFitTolerance = 1e-3;

at::Tensor numbers(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }

at::Tensor numbers_of(const json& value) {
  return numbers(value.is_array() ? value.get<std::vector<double>>()
                                  : std::vector<double>{value.get<double>()});
}

Image to_image(const at::Tensor& tensor) {
  const at::Tensor bytes = tensor.to(at::kByte).contiguous();
  Image image(static_cast<int>(bytes.size(1)), static_cast<int>(bytes.size(0)));
  image.pixels.assign(bytes.data_ptr<std::uint8_t>(),
                      bytes.data_ptr<std::uint8_t>() + bytes.numel());
  return image;
}

void check_pair(const json& entry, const TensorSource& pictures, Report& report) {
  const auto picture = [&](const char* side) {
    return to_image(pictures.tensor("picture/" + entry.at(side).get<std::string>()));
  };
  const Image a = picture("a");
  const Image b = picture("b");
  const std::string name = "motion/measures/" + entry.at("a").get<std::string>() + "_" +
                           entry.at("b").get<std::string>() + "/";
  const auto close = [&](const char* measure, double value, double tolerance) {
    report.close(name + measure, numbers({value}), numbers_of(entry.at(measure)), tolerance);
  };
  close("torchmetrics", ssim(a, b, SsimBorder::Kept), kSsimTolerance);
  close("torchmetrics_cropped", ssim(a, b, SsimBorder::Cropped), kSsimTolerance);
  close("ms_ssim", ms_ssim(a, b), kSsimTolerance);
  close("own_lab", lab_distance(to_lab(a), to_lab(b)), kOwnTolerance);
  close("own_gradient", gradient_distance(a, b), kOwnTolerance);
}

void check_retime(const json& entry, const std::string& name, Report& report) {
  const Probes probes{entry.at("alphas").get<std::vector<double>>(),
                      entry.at("distances").get<std::vector<double>>()};
  const auto easing = kEasingNames.parse(entry.at("easing").get<std::string>());
  const std::string method = entry.at("method");
  if (!easing || (method != "linear" && method != "pchip")) {
    report.exact(name, false, "unknown easing or method");
    return;
  }
  std::vector<double> shares = even_shares(entry.at("frames").get<std::size_t>());
  for (double& share : shares) {
    share = eased(share, *easing);
  }
  report.close(name,
               numbers(retimed(probes, shares,
                               method == "linear" ? CurveMethod::Linear : CurveMethod::Pchip)),
               numbers_of(entry.at("result")), kRetimeTolerance);
}

/// The set's curves are one-dimensional: the way to each alpha is known from its last probes.
void check_bisection(const json& entry, const std::string& name, Report& report) {
  const auto alphas = entry.at("alphas").get<std::vector<double>>();
  const auto distances = entry.at("distances").get<std::vector<double>>();
  std::map<double, double> way = {{alphas.front(), 0.0}};
  for (std::size_t i = 0; i < distances.size(); ++i) {
    way[alphas[i + 1]] = way[alphas[i]] + distances[i];
  }
  const SplitRule rule = entry.at("rule") == "d" ? SplitRule::Distance : SplitRule::DistanceByGap;
  const SplitLimits limits{entry.at("tolerance").get<double>(), 0};
  const auto budget = entry.at("budget").get<std::size_t>();
  Probes probes{{0, 0.5, 1}, {}};
  std::vector<double> order;
  while (true) {
    probes.distances.clear();
    for (std::size_t i = 0; i + 1 < probes.alphas.size(); ++i) {
      probes.distances.push_back(way.at(probes.alphas[i + 1]) - way.at(probes.alphas[i]));
    }
    const auto split = next_split(probes, rule, limits);
    if (!split || probes.alphas.size() >= budget) {
      break;
    }
    order.push_back((probes.alphas[*split] + probes.alphas[*split + 1]) / 2);
    probes.alphas.insert(probes.alphas.begin() + static_cast<std::ptrdiff_t>(*split) + 1,
                         order.back());
  }
  report.exact(name, order == entry.at("order").get<std::vector<double>>(),
               "halves in the order " + json(order).dump());
}

void check_report(const json& entry, const std::string& name, Report& report) {
  const Evenness even = evenness_of(entry.at("distances").get<std::vector<double>>());
  const std::map<std::string, double> values = {{"gini", even.gini},
                                                {"smoothness", 1 - even.gini},
                                                {"mean", even.mean},
                                                {"std", even.deviation},
                                                {"max_over_mean", even.largest_over_mean},
                                                {"length", even.length}};
  for (const auto& [key, value] : values) {
    report.close(name + "/" + key, numbers({value}), numbers_of(entry.at(key)), kOwnTolerance);
  }
}

void check_beta(const json& entry, const std::string& name, Report& report) {
  const Beta beta{entry.at("alpha").get<double>(), entry.at("beta").get<double>()};
  report.close(name, numbers(beta_places(beta, entry.at("size").get<std::size_t>())),
               numbers_of(entry.at("values")), kBetaTolerance);
}

void check_beta_fit(const json& entry, const std::string& name, Report& report) {
  const Beta beta = fit_beta(entry.at("xs").get<std::vector<double>>(),
                             entry.at("distances").get<std::vector<double>>());
  report.close(name, numbers({beta.alpha, beta.beta}),
               numbers({entry.at("alpha").get<double>(), entry.at("beta").get<double>()}), 0,
               kFitTolerance);
}

void check_select(const json& entry, const std::string& name, Report& report) {
  const auto positions = entry.at("positions").get<std::vector<double>>();
  const auto count = entry.at("frames").get<std::size_t>();
  const FrameChoice choice = choose_even_frames(
      positions.size(), count,
      [&](std::size_t i, std::size_t j) { return std::abs(positions[j] - positions[i]); });
  const double spread = choice.largest - choice.smallest;
  const bool whole = choice.frames.size() == count && choice.frames.front() == 0 &&
                     choice.frames.back() == positions.size() - 1;
  report.exact(name, whole && spread <= entry.at("spread").get<double>() + 1e-6,
               json(choice.frames).dump() + " with a spread of " + std::to_string(spread));
}

using CheckEntry = void (*)(const json&, const std::string&, Report&);

void check_entries(const json& set, const char* key, CheckEntry check, Report& report) {
  for (std::size_t i = 0; i < set.at(key).size(); ++i) {
    const std::string name = std::string("motion/") + key + "/" + std::to_string(i);
    report.guarded(name, [&] { check(set.at(key)[i], name, report); });
  }
}

}  // namespace

void check_evenness(const Context& context, Report& report) {
  const json measures = read_json(context.folder / "measures.json");
  const auto pictures = FileTensors::open(context.folder / "measures.safetensors");
  for (const json& entry : measures.at("pairs")) {
    report.guarded("motion/measures", [&] { check_pair(entry, *pictures, report); });
  }
  const json retime = read_json(context.folder / "retime.json");
  check_entries(retime, "retime", check_retime, report);
  check_entries(retime, "bisection", check_bisection, report);
  check_entries(retime, "report", check_report, report);
  check_entries(retime, "beta", check_beta, report);
  check_entries(retime, "beta_fit", check_beta_fit, report);
  check_entries(retime, "select", check_select, report);
}

}  // namespace ptravel::golden
