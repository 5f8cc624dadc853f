#include <cmath>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "diffusion/text_encoding.h"
#include "diffusion/transport.h"
#include "tests/golden/transport.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kCostTolerance = 1e-9;
constexpr double kMixTolerance = 1e-6;

VectorRows rows_of(const at::Tensor& tensor) {
  const at::Tensor values = tensor.to(at::kDouble).contiguous();
  const double* const begin = values.data_ptr<double>();
  return {static_cast<std::size_t>(tensor.size(0)),
          static_cast<std::size_t>(tensor.size(1)),
          {begin, begin + values.numel()}};
}

at::Tensor table(const std::vector<double>& values, const at::Tensor& like) {
  return at::tensor(values, at::kDouble).reshape(like.sizes());
}

double cost_of(const TransportCosts& costs, const std::vector<std::size_t>& places) {
  double sum = 0;
  for (std::size_t row = 0; row < places.size(); ++row) {
    sum += costs.at(row, places[row]);
  }
  return sum;
}

void check_matching(const json& entry,
                    const std::string& name,
                    const std::string& suffix,
                    const TransportCosts& costs,
                    const std::vector<std::size_t>& places,
                    Report& report) {
  const double cost = cost_of(costs, places);
  report.close(name + "cost" + suffix, at::tensor({cost}, at::kDouble),
               at::tensor({entry.at("cost" + suffix).get<double>()}, at::kDouble), kCostTolerance,
               kCostTolerance);
  if (entry.at("name") != "ties") {
    const auto expected = entry.at("assignment" + suffix).get<std::vector<std::size_t>>();
    report.exact(name + "assignment" + suffix, places == expected, json(places).dump());
  }
}

void check_case(const json& entry, const TensorSource& tensors, Report& report) {
  const std::string key = entry.at("name").get<std::string>() + "/";
  const std::string name = "motion/transport/" + key;
  const at::Tensor a = tensors.tensor(key + "a");
  const at::Tensor b = tensors.tensor(key + "b");
  const TransportCosts costs = squared_distances(rows_of(a), rows_of(b));
  const std::vector<std::size_t> places = optimal_assignment(costs);
  check_matching(entry, name, "", costs, places, report);
  const auto number = [&](const char* field, double value) {
    report.close(name + field, at::tensor({value}, at::kDouble),
                 at::tensor({entry.at(field).get<double>()}, at::kDouble), kCostTolerance,
                 kCostTolerance);
  };
  double identity = 0;
  for (std::size_t row = 0; row < costs.count; ++row) {
    identity += costs.at(row, row);
  }
  number("identity_cost", identity);
  number("w2", std::sqrt(cost_of(costs, places) / static_cast<double>(costs.count)));
  if (entry.contains("assignment_first_row_fixed")) {
    check_matching(entry, name, "_first_row_fixed", costs, optimal_assignment_after_first(costs),
                   report);
  }
  if (entry.at("name") != "ties") {  // whose rows go to several places at one cost
    at::Tensor order = at::empty({b.size(0)}, at::kLong);
    std::copy(places.begin(), places.end(), order.data_ptr<std::int64_t>());
    for (const auto& [share, alpha] : {std::pair("0.25", 0.25), std::pair("0.5", 0.5)}) {
      report.close(name + "lerp_aligned_" + share,
                   lerp({a}, {b.index_select(0, order)}, alpha).tokens,
                   tensors.tensor(key + "lerp_aligned_" + share), kMixTolerance);
    }
  }
  if (entry.contains("sinkhorn_epsilon")) {
    const std::vector<double> plan =
        sinkhorn_plan(costs, entry.at("sinkhorn_epsilon").get<double>(),
                      entry.at("sinkhorn_iterations").get<int>());
    const at::Tensor expected = tensors.tensor(key + "sinkhorn");
    report.close(name + "sinkhorn", table(plan, expected), expected, kCostTolerance);
    report.close(name + "barycentric", table(barycentric_map(plan, rows_of(b)).values, b),
                 tensors.tensor(key + "barycentric"), kCostTolerance);
  }
}

}  // namespace

void check_transport(const Context& context, Report& report) {
  const json cases = read_json(context.folder / "transport.json").at("cases");
  const auto tensors = FileTensors::open(context.folder / "transport.safetensors");
  for (const json& entry : cases) {
    report.guarded("motion/transport", [&] { check_case(entry, *tensors, report); });
  }
}

}  // namespace ptravel::golden
