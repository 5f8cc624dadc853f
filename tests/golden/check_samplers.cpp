#include <cmath>
#include <string>

#include <ATen/ATen.h>

#include "diffusion/sampler_table.h"
#include "ptravel/error.h"
#include "schedule/sampling_names.h"
#include "tensor/compute.h"
#include "tests/support/golden.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kSingleTolerance = 5e-5;

struct Constants {
  double a;
  double b;
  double c;
};

// The noise bank as a noise source: each request takes the next tensor.
class BankNoise : public NoiseSource {
 public:
  explicit BankNoise(at::Tensor bank) : bank_(std::move(bank)) {}

  at::Tensor next(const at::Tensor& like) override { return bank_[used_++].to(like.options()); }
  at::Tensor brownian(double, double, const at::Tensor& like) override { return next(like); }
  int used() const { return used_; }

 private:
  at::Tensor bank_;
  int used_ = 0;
};

// cos(0.1 j) for the flat index j in [C, h, w], shaped like x.
at::Tensor wave(const at::Tensor& x) {
  const std::int64_t count = x.numel() / x.size(0);
  const at::Tensor index = at::arange(count, x.options());
  return (index * 0.1).cos().view(x.sizes().slice(1)).unsqueeze(0);
}

at::Tensor denoise(const Constants& k, const at::Tensor& x, double sigma) {
  const double root = std::sqrt(1 + sigma * sigma);
  const at::Tensor u = x / root;
  const at::Tensor eps =
      u * (k.a * sigma / root) + (u * 3).sin() * (k.b * sigma / (1 + sigma)) + wave(x) * k.c;
  return x - eps * sigma;
}

GuidedEps predict_eps(const Constants& k, const at::Tensor& x, double t) {
  const double h = t / (t + 300);
  const at::Tensor guided = x * (k.a * h) + (x * 3).sin() * (k.b * h) + wave(x) * k.c;
  return {guided, x * (0.7 * k.a * h) + wave(x) * k.c};
}

SamplerOptions to_options(const json& params) {
  SamplerOptions options;
  for (const auto& [name, value] : params.items()) {
    if (name == "eta") {
      options.eta = value.get<double>();
    } else if (name == "s_churn") {
      options.s_churn = value;
    } else if (name == "s_tmin") {
      options.s_tmin = value;
    } else if (name == "s_tmax") {
      options.s_tmax = value;
    } else if (name == "s_noise") {
      options.s_noise = value;
    } else if (name == "order") {
      options.adaptive_order = value;
    } else if (name == "uni_pc_variant") {
      options.unipc_variant = kUnipcVariantNames.parse(value.get<std::string>()).value();
    } else if (name == "uni_pc_skip_type") {
      options.unipc_skip = kUnipcSkipNames.parse(value.get<std::string>()).value();
    } else if (name == "uni_pc_order") {
      options.unipc_order = value;
    } else if (name == "uni_pc_lower_order_final") {
      options.unipc_lower_order_final = value;
    } else if (name != "solver_type") {  // The solver type is part of the sampler's name.
      throw Error(ErrorCode::Unsupported, "[samplers] unknown parameter " + name);
    }
  }
  return options;
}

// What one run gave.
struct Result {
  std::vector<at::Tensor> x_steps;
  std::vector<at::Tensor> denoised;
  std::vector<double> model_times, h, error, t;
  at::Tensor final_x;
  int noise_used = 0;
};

struct Setting {
  const json& set;
  const json& entry;
  const FileTensors& tensors;
  at::TensorOptions options;  // where the sampler runs, and in which numbers

  std::string key() const { return entry.at("key"); }
};

Result run_case(const Setting& setting) {
  const json& set = setting.set;
  const Constants constants{set.at("A"), set.at("B"), set.at("C")};
  const SamplerEntry& row = find_sampler_entry(setting.entry.at("sampler").get<std::string>());
  BankNoise noise(setting.tensors.tensor("noise_bank"));
  Result result;
  SamplerRun run{noise, to_options(setting.entry.at("params")), {}, {}, {}};
  run.on_step = [&result](const SamplerStep& step) {
    result.x_steps.push_back(step.x.clone());
    if (step.denoised.defined()) {
      result.denoised.push_back(step.denoised.clone());
    }
    if (step.attempt != nullptr) {
      result.h.push_back(step.attempt->h);
      result.error.push_back(step.attempt->error);
      result.t.push_back(step.attempt->t);
    }
  };
  at::Tensor x = setting.tensors.tensor("x_unit").to(setting.options);
  if (row.by_sigmas != nullptr) {
    const at::Tensor sigmas = setting.tensors.tensor(setting.key() + "/sigmas").to(at::kDouble);
    const double* values = sigmas.data_ptr<double>();
    run.range = SigmaRange{set.at("sigma_min"), set.at("sigma_max"), setting.entry.at("steps")};
    const Denoiser model = [&](const at::Tensor& input, double sigma) {
      result.model_times.push_back(sigma);
      return denoise(constants, input, sigma);
    };
    result.final_x =
        row.by_sigmas(model, x * values[0], Sigmas(values, values + sigmas.numel()), run);
  } else {
    const at::Tensor timesteps = setting.tensors.tensor(setting.key() + "/timesteps");
    const std::int64_t* values = timesteps.data_ptr<std::int64_t>();
    const std::vector<double> alphas_cumprod = default_alphas_cumprod();
    const TimestepPlan plan{
        {values, values + timesteps.numel()},
        alphas_cumprod,
        setting.entry.contains("t_enc") && !setting.entry.at("t_enc").is_null()};
    const EpsModel model = [&](const at::Tensor& input, double t) {
      result.model_times.push_back(t);
      return predict_eps(constants, input, t);
    };
    result.final_x = row.by_timesteps(model, x, plan, run);
  }
  result.noise_used = noise.used();
  return result;
}

struct Tolerance {
  double absolute;
  double relative;
};

// Double precision is compared relatively (against the tensor's largest value where an element is
// near zero), single precision absolutely, with the reference's own rounding for large values.
void compare(Report& report,
             const std::string& name,
             const at::Tensor& actual,
             const at::Tensor& expected,
             double relative) {
  const double largest = expected.numel() == 0 ? 0 : expected.abs().max().item<double>();
  if (expected.scalar_type() == at::kDouble) {
    report.close(name, actual, expected, relative * largest, relative);
  } else {
    report.close(name, actual.to(at::kFloat), expected, kSingleTolerance, 1e-5);
  }
}

void compare_numbers(Report& report,
                     const FileTensors& tensors,
                     const std::string& tensor,
                     const std::vector<double>& numbers,
                     const Tolerance& tolerance) {
  if (!tensors.contains(tensor)) {
    return;
  }
  const at::Tensor expected = tensors.tensor(tensor).to(at::kDouble);
  report.close("samplers/" + tensor, at::tensor(numbers, at::TensorOptions().dtype(at::kDouble)),
               expected, tolerance.absolute, tolerance.relative);
}

void check_case(const Setting& setting, Report& report, const std::string& precision) {
  const Result result = run_case(setting);
  const std::string sampler = setting.entry.at("sampler");
  const bool loose = sampler == "dpm_adaptive" || sampler == "lms" || sampler == "unipc";
  const double relative = loose ? 1e-7 : 1e-9;
  const std::string base = setting.key() + "/" + precision;
  const FileTensors& tensors = setting.tensors;
  if (setting.entry.contains(precision)) {
    const json& counts = setting.entry.at(precision);
    report.exact("samplers/" + base + "/counts",
                 counts.at("model_calls") == result.model_times.size() &&
                     counts.at("noise_used") == result.noise_used &&
                     counts.at("steps_seen") == result.x_steps.size(),
                 "got " + std::to_string(result.model_times.size()) + " calls, " +
                     std::to_string(result.noise_used) + " noises, " +
                     std::to_string(result.x_steps.size()) + " steps");
  }
  compare(report, "samplers/" + base + "/x_steps", at::stack(result.x_steps),
          tensors.tensor(base + "/x_steps"), relative);
  compare(report, "samplers/" + base + "/denoised", at::stack(result.denoised),
          tensors.tensor(base + "/denoised"), relative);
  compare(report, "samplers/" + base + "/final", result.final_x, tensors.tensor(base + "/final"),
          relative);
  const bool single = setting.options.dtype() == at::kFloat;
  // Single precision moves the times of UniPC in units of the reference's last digits.
  compare_numbers(report, tensors, base + "/model_times", result.model_times,
                  single ? Tolerance{2e-3, 1e-5} : Tolerance{1e-9, relative});
  const Tolerance adaptive = single ? Tolerance{1e-4, 1e-3} : Tolerance{1e-9, 1e-7};
  compare_numbers(report, tensors, base + "/h", result.h, adaptive);
  compare_numbers(report, tensors, base + "/error", result.error, adaptive);
  compare_numbers(report, tensors, base + "/t", result.t, adaptive);
}

}  // namespace

void check_samplers(const Context& context, Report& report) {
  const json set = read_json(context.folder / "samplers.json");
  const auto tensors = FileTensors::open(context.folder / "samplers.safetensors");
  const at::Device device = resolve_compute(context.device, Precision::Fp32).device;
  for (const json& entry : set.at("cases")) {
    for (const auto& [precision, dtype] :
         {std::pair<std::string, at::ScalarType>{"f32", at::kFloat}, {"f64", at::kDouble}}) {
      report.guarded("samplers/" + entry.value("key", "?") + "/" + precision, [&] {
        check_case({set, entry, *tensors, at::TensorOptions(dtype).device(device)}, report,
                   precision);
      });
    }
  }
}

}  // namespace ptravel::golden
