#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "schedule/continuous_time.h"
#include "schedule/sampling_names.h"
#include "schedule/schedule.h"
#include "schedule/timesteps.h"
#include "tests/support/golden.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kRelative = 1e-5;
constexpr double kTimeTolerance = 2e-3;

at::Tensor to_tensor(const std::vector<double>& values, at::ScalarType dtype = at::kFloat) {
  return at::tensor(values, at::TensorOptions().dtype(at::kDouble)).to(dtype);
}

struct Check {
  const FileTensors& tensors;
  Report& report;
  SigmaTable table;

  void close(const std::string& tensor,
             const std::vector<double>& actual,
             double atol,
             double rtol) const {
    const at::Tensor expected = tensors.tensor(tensor);
    report.close("schedulers/" + tensor, to_tensor(actual, expected.scalar_type()), expected, atol,
                 rtol);
  }
};

void check_tables(const Check& check) {
  check.close("alphas_cumprod", check.table.alphas_cumprod(), 0, kRelative);
  check.close("alphas_cumprod_f64", check.table.alphas_cumprod(), 0, 1e-12);
  check.close("model_sigmas", check.table.sigmas(), 0, kRelative);
  check.close("model_log_sigmas", check.table.log_sigmas(), kRelative, kRelative);
  if (check.tensors.contains("lcm_sigmas")) {
    check.close("lcm_sigmas", lcm_sigma_table(check.table).sigmas(), 0, kRelative);
  }
}

void check_conversions(const Check& check) {
  const at::Tensor sigmas = check.tensors.tensor("sigma_to_t/in").to(at::kDouble);
  const at::Tensor quantized = check.tensors.tensor("sigma_to_t/quantized");
  std::vector<double> times;
  bool nearest = true;
  for (std::int64_t i = 0; i < sigmas.size(0); ++i) {
    const auto sigma = sigmas[i].item<double>();
    times.push_back(check.table.sigma_to_t(sigma));
    nearest = nearest && check.table.nearest_t(sigma) == quantized[i].item<std::int64_t>();
  }
  check.close("sigma_to_t/out", times, kTimeTolerance, 0);
  check.report.exact("schedulers/sigma_to_t/quantized", nearest, "nearest timesteps differ");
  const at::Tensor inputs = check.tensors.tensor("t_to_sigma/in").to(at::kDouble);
  std::vector<double> results;
  for (std::int64_t i = 0; i < inputs.size(0); ++i) {
    results.push_back(check.table.t_to_sigma(inputs[i].item<double>()));
  }
  check.close("t_to_sigma/out", results, 0, kRelative);
}

void check_timesteps(const Check& check, int num_steps) {
  const std::string number = std::to_string(num_steps);
  const std::vector<std::int64_t> timesteps = make_timesteps(num_steps);
  const at::Tensor actual = at::tensor(timesteps, at::TensorOptions().dtype(at::kLong));
  check.report.exact("schedulers/timesteps/" + number,
                     actual.equal(check.tensors.tensor("timesteps/" + number)), "timesteps differ");
  if (!check.tensors.contains("timesteps_alphas/" + number)) {
    return;
  }
  std::vector<double> alphas;
  std::vector<double> alphas_prev;
  for (std::size_t i = 0; i < timesteps.size(); ++i) {
    alphas.push_back(check.table.alphas_cumprod()[timesteps[i]]);
    alphas_prev.push_back(check.table.alphas_cumprod()[i == 0 ? 0 : timesteps[i - 1]]);
  }
  check.close("timesteps_alphas/" + number, alphas, 0, kRelative);
  check.close("timesteps_alphas_prev/" + number, alphas_prev, 0, kRelative);
}

void check_unipc(const Check& check, const std::string& skip, int num_steps) {
  const std::string number = std::to_string(num_steps);
  const ContinuousTime time(check.table.alphas_cumprod());
  const std::vector<double> times =
      unipc_times(time, kUnipcSkipNames.parse(skip).value(), 1, num_steps);
  // At the smallest times 1 - alpha^2 has few digits left in the reference's single precision.
  check.close("unipc_" + skip + "/" + number, times, kRelative, kRelative);
  if (skip != "time_uniform") {
    return;
  }
  std::vector<double> lambda, alpha, std, model_time;
  for (const double t : times) {
    lambda.push_back(time.lambda(t));
    alpha.push_back(time.alpha(t));
    std.push_back(time.std(t));
    model_time.push_back(time.model_time(t));
  }
  check.close("unipc_lambda/" + number, lambda, 5e-5, kRelative);
  check.close("unipc_alpha/" + number, alpha, 0, kRelative);
  check.close("unipc_std/" + number, std, kRelative, kRelative);
  check.close("unipc_model_time/" + number, model_time, kTimeTolerance, 0);
}

ScheduleOptions to_options(const json& entry) {
  ScheduleOptions options;
  options.sigma_min = entry.value("sigma_min", 0.0);
  options.sigma_max = entry.value("sigma_max", 0.0);
  options.rho = entry.value("rho", 0.0);
  options.beta_alpha = entry.value("alpha", options.beta_alpha);
  options.beta_beta = entry.value("beta", options.beta_beta);
  return options;
}

void check_schedule(const Check& check, const json& entry) {
  std::string name = entry.at("scheduler");
  const int num_steps = entry.at("steps");
  if (name == "timesteps") {
    check_timesteps(check, num_steps);
    return;
  }
  if (name.starts_with("unipc_")) {
    check_unipc(check, name.substr(6), num_steps);
    return;
  }
  const SigmaTable table = name == "lcm" ? lcm_sigma_table(check.table) : check.table;
  const std::string suffix = "_discard_penultimate";
  const bool discard = name.ends_with(suffix);
  name = discard ? name.substr(0, name.size() - suffix.size()) : name;
  name = name == "automatic" || name == "lcm" ? "uniform" : name;
  Sigmas sigmas =
      make_schedule(name, table, discard ? num_steps + 1 : num_steps, to_options(entry));
  check.close(entry.at("tensor"), discard ? without_penultimate(sigmas) : sigmas, 1e-7, kRelative);
}

void check_img2img(const Check& check, const json& entry, const std::string& name) {
  if (entry.contains("error")) {
    return;  // The reference fails here; what we do instead is tested elsewhere.
  }
  const Img2ImgSteps steps = img2img_steps(entry.at("steps"), entry.at("denoising_strength"),
                                           entry.value("img2img_fix_steps", false));
  check.report.exact(
      name + "/steps",
      steps.schedule_steps == entry.at("total_steps") && steps.t_enc == entry.at("t_enc"),
      "got " + std::to_string(steps.schedule_steps) + ", " + std::to_string(steps.t_enc));
  if (entry.contains("k_sigmas_used") && !entry.at("k_sigmas_used").is_null()) {
    const Sigmas sigmas = make_schedule("uniform", check.table, steps.schedule_steps);
    const Sigmas used(sigmas.begin() + (steps.schedule_steps - steps.t_enc - 1), sigmas.end());
    check.report.close(name + "/k_sigmas_used", to_tensor(used),
                       to_tensor(entry.at("k_sigmas_used").get<std::vector<double>>()), 1e-7,
                       kRelative);
  }
  if (entry.contains("timesteps_used") && !entry.at("timesteps_used").is_null()) {
    const std::vector<std::int64_t> all = make_timesteps(steps.schedule_steps);
    const std::vector<std::int64_t> used(all.begin(), all.begin() + steps.t_enc);
    check.report.exact(name + "/timesteps_used",
                       used == entry.at("timesteps_used").get<std::vector<std::int64_t>>() &&
                           all.at(steps.t_enc) == entry.at("noise_timestep").get<std::int64_t>(),
                       "timesteps differ");
  }
}

}  // namespace

void check_schedulers(const Context& context, Report& report) {
  const auto tensors = FileTensors::open(context.folder / "schedulers.safetensors");
  const Check check{*tensors, report, SigmaTable()};
  report.guarded("schedulers/tables", [&] { check_tables(check); });
  report.guarded("schedulers/conversions", [&] { check_conversions(check); });
  const json schedules = read_json(context.folder / "schedulers.json");
  for (const json& entry : schedules.at("cases")) {
    report.guarded("schedulers/" + entry.value("tensor", "?"),
                   [&] { check_schedule(check, entry); });
  }
  const json img2img = read_json(context.folder / "img2img_steps.json");
  for (const json& entry : img2img.at("cases")) {
    const std::string name = "schedulers/img2img/" + entry.at("steps").dump() + "/" +
                             entry.at("denoising_strength").dump() +
                             (entry.value("img2img_fix_steps", false) ? "/fix_steps" : "");
    report.guarded(name, [&] { check_img2img(check, entry, name); });
  }
}

}  // namespace ptravel::golden
