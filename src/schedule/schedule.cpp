#include "schedule/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "ptravel/error.h"
#include "schedule/beta_distribution.h"
#include "schedule/single_precision.h"

namespace ptravel {
namespace {

constexpr bool kRange = true;  // ScheduleInfo::takes_range
constexpr double kKarrasRho = 7;
constexpr double kPolyexponentialRho = 1;

// What every schedule gets: sigma_min, sigma_max and rho have their final values.
struct Inputs {
  const SigmaTable& table;
  int num_steps;
  ScheduleOptions options;
};

// The i-th of `count` evenly spaced values from `first` to `last`; a single one is `first`.
double spaced(double first, double last, int i, int count) {
  return count == 1 ? first : first + (last - first) * i / (count - 1);
}

// The same with PyTorch's arithmetic: counted from the nearer end, in the format Number. In single
// precision this makes the usual schedules equal the web UI's to the last digit, which decides
// about the noise of the SDE samplers.
template <typename Number>
Number linspace(double first, double last, int i, int count) {
  if (count == 1) {
    return static_cast<Number>(first);
  }
  const auto start = static_cast<Number>(first);
  const auto end = static_cast<Number>(last);
  const Number step = (end - start) / static_cast<Number>(count - 1);
  return i < count / 2 ? start + step * static_cast<Number>(i)
                       : end - step * static_cast<Number>(count - 1 - i);
}

template <typename Number>
Sigmas karras_in(int num_steps, double sigma_min, double sigma_max, double rho) {
  const double root_min = std::pow(sigma_min, 1 / rho);
  const double root_max = std::pow(sigma_max, 1 / rho);
  Sigmas sigmas;
  for (int i = 0; i < num_steps; ++i) {
    const Number scaled =
        linspace<Number>(0, 1, i, num_steps) * static_cast<Number>(root_min - root_max);
    const Number root = static_cast<Number>(root_max) + scaled;
    sigmas.push_back(std::pow(static_cast<double>(root), rho));
  }
  sigmas.push_back(0);
  return sigmas;
}

// SigmaTable::t_to_sigma in single precision, for times inside the table.
double sigma_at(const SigmaTable& table, float t) {
  const auto index = static_cast<std::size_t>(t);
  const float w = t - static_cast<float>(index);
  const auto log_low = static_cast<float>(table.log_sigmas()[index]);
  const auto log_high = static_cast<float>(table.log_sigmas()[index + (w > 0 ? 1 : 0)]);
  const float log_sigma = (1 - w) * log_low + w * log_high;
  return std::exp(static_cast<double>(log_sigma));
}

// The first num_steps of `count` evenly spaced model times, then 0.
Sigmas evenly_timed(const Inputs& in, double first, double last, int count) {
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    sigmas.push_back(sigma_at(in.table, linspace<float>(first, last, i, count)));
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas uniform(const Inputs& in) {
  return evenly_timed(in, static_cast<double>(in.table.size() - 1), 0, in.num_steps);
}

Sigmas karras(const Inputs& in) {
  const double rho = in.options.rho == 0 ? kKarrasRho : in.options.rho;
  return karras_in<float>(in.num_steps, in.options.sigma_min, in.options.sigma_max, rho);
}

Sigmas polyexponential(const Inputs& in) {
  const double rho = in.options.rho == 0 ? kPolyexponentialRho : in.options.rho;
  const double log_min = std::log(in.options.sigma_min);
  const double log_max = std::log(in.options.sigma_max);
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    const double ramp = std::pow(linspace<float>(1, 0, i, in.num_steps), rho);
    const float scaled = static_cast<float>(ramp) * static_cast<float>(log_max - log_min);
    const float log_sigma = scaled + static_cast<float>(log_min);
    sigmas.push_back(std::exp(static_cast<double>(log_sigma)));
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas exponential(const Inputs& in) {
  const double log_min = std::log(in.options.sigma_min);
  const double log_max = std::log(in.options.sigma_max);
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    const float log_sigma = linspace<float>(log_max, log_min, i, in.num_steps);
    sigmas.push_back(std::exp(static_cast<double>(log_sigma)));
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas sgm_uniform(const Inputs& in) {
  return evenly_timed(in, in.table.sigma_to_t(in.options.sigma_max),
                      in.table.sigma_to_t(in.options.sigma_min), in.num_steps + 1);
}

Sigmas normal(const Inputs& in) {
  return evenly_timed(in, in.table.sigma_to_t(in.options.sigma_max),
                      in.table.sigma_to_t(in.options.sigma_min), in.num_steps);
}

Sigmas kl_optimal(const Inputs& in) {
  const double angle_min = std::atan(in.options.sigma_min);
  const double angle_max = std::atan(in.options.sigma_max);
  Sigmas sigmas;
  for (int i = 0; i <= in.num_steps; ++i) {
    const double w = static_cast<double>(i) / in.num_steps;
    sigmas.push_back(std::tan(w * angle_min + (1 - w) * angle_max));
  }
  return sigmas;
}

// Sabour et al., "Align your steps", 2024: optimised sigmas, resampled evenly in their logarithm.
Sigmas align_your_steps(const Inputs& in) {
  constexpr std::array kSd1 = {14.615, 6.475, 3.861, 2.697, 1.886, 1.396,
                               0.963,  0.652, 0.399, 0.152, 0.029};
  constexpr std::array kSdxl = {14.615, 6.315, 3.771, 2.181, 1.342, 0.862,
                                0.555,  0.380, 0.234, 0.113, 0.029};
  const auto& table = in.options.sdxl ? kSdxl : kSd1;
  constexpr int kLast = static_cast<int>(kSd1.size()) - 1;
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    // Counted from the low end, so that a single step is the lowest sigma.
    const double position = spaced(0, kLast, in.num_steps - 1 - i, in.num_steps);
    const int low = std::min(static_cast<int>(position), kLast - 1);
    const double w = position - low;
    sigmas.push_back(
        std::exp((1 - w) * std::log(table[kLast - low]) + w * std::log(table[kLast - low - 1])));
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas simple(const Inputs& in) {
  const auto levels = in.table.size();
  const double stride = static_cast<double>(levels) / in.num_steps;
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    sigmas.push_back(in.table.sigmas()[levels - 1 - static_cast<std::int64_t>(i * stride)]);
  }
  sigmas.push_back(0);
  return sigmas;
}

Sigmas ddim(const Inputs& in) {
  const auto stride = std::max<std::int64_t>(in.table.size() / in.num_steps, 1);
  Sigmas sigmas{0};
  for (std::int64_t t = 1; t < in.table.size(); t += stride) {
    sigmas.push_back(in.table.sigmas()[t]);
  }
  std::reverse(sigmas.begin(), sigmas.end());
  return sigmas;
}

// The timesteps of make_timesteps, with as many levels as the table has (Lin et al., 2023).
Sigmas trailing(const Inputs& in) {
  const std::int64_t levels = in.table.size();
  if (in.num_steps > levels) {
    throw Error(ErrorCode::InvalidArgument, "[schedule trailing] steps: expected at most " +
                                                std::to_string(levels) + ", got " +
                                                std::to_string(in.num_steps));
  }
  const double stride = static_cast<double>(levels) / in.num_steps;
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    sigmas.push_back(in.table.sigmas()[std::lrint(static_cast<double>(levels) - i * stride) - 1]);
  }
  sigmas.push_back(0);
  return sigmas;
}

// Lee et al., "Beta sampling is all you need", 2024.
Sigmas beta(const Inputs& in) {
  const ScheduleOptions& o = in.options;
  if (!(o.beta_alpha > 0 && o.beta_beta > 0)) {
    throw Error(ErrorCode::InvalidArgument,
                "[schedule beta] alpha and beta: expected values above 0, got " +
                    std::to_string(o.beta_alpha) + " and " + std::to_string(o.beta_beta));
  }
  Sigmas sigmas;
  for (int i = 0; i < in.num_steps; ++i) {
    const double u = beta_quantile(spaced(1, 0, i, in.num_steps), o.beta_alpha, o.beta_beta);
    sigmas.push_back(o.sigma_min + u * (o.sigma_max - o.sigma_min));
  }
  sigmas.push_back(0);
  return sigmas;
}

struct NamedSchedule {
  ScheduleInfo info;
  Sigmas (*make)(const Inputs&);  // Null for "automatic".
};

constexpr std::array kSchedules = {
    NamedSchedule{{"automatic", "Automatic"}, nullptr},
    NamedSchedule{{"uniform", "Uniform"}, uniform},
    NamedSchedule{{"karras", "Karras", kRange, kKarrasRho}, karras},
    NamedSchedule{{"exponential", "Exponential", kRange}, exponential},
    NamedSchedule{{"polyexponential", "Polyexponential", kRange, kPolyexponentialRho},
                  polyexponential},
    NamedSchedule{{"sgm_uniform", "SGM Uniform", kRange}, sgm_uniform},
    NamedSchedule{{"kl_optimal", "KL Optimal", kRange}, kl_optimal},
    NamedSchedule{{"align_your_steps", "Align Your Steps"}, align_your_steps},
    NamedSchedule{{"simple", "Simple"}, simple},
    NamedSchedule{{"normal", "Normal", kRange}, normal},
    NamedSchedule{{"ddim", "DDIM"}, ddim},
    NamedSchedule{{"beta", "Beta", kRange}, beta},
    NamedSchedule{{"trailing", "Trailing", false, 0, true}, trailing},
};

Inputs complete_inputs(const SigmaTable& table, int num_steps, ScheduleOptions options) {
  if (num_steps < 1) {
    throw Error(ErrorCode::InvalidArgument,
                "[schedule] steps: expected at least 1, got " + std::to_string(num_steps));
  }
  options.sigma_min = options.sigma_min == 0 ? table.sigma_min() : options.sigma_min;
  options.sigma_max = options.sigma_max == 0 ? table.sigma_max() : options.sigma_max;
  if (!(options.sigma_min > 0 && options.sigma_min <= options.sigma_max &&
        std::isfinite(options.sigma_max))) {
    throw Error(ErrorCode::InvalidArgument,
                "[schedule] sigma_min and sigma_max: expected 0 < sigma_min <= sigma_max, got " +
                    std::to_string(options.sigma_min) + " and " +
                    std::to_string(options.sigma_max));
  }
  if (!(options.rho >= 0 && std::isfinite(options.rho))) {
    throw Error(ErrorCode::InvalidArgument, "[schedule] rho: expected a value of at least 0, got " +
                                                std::to_string(options.rho));
  }
  return {table, num_steps, options};
}

}  // namespace

const std::vector<ScheduleInfo>& schedule_infos() {
  static const std::vector<ScheduleInfo> infos = [] {
    std::vector<ScheduleInfo> result;
    result.reserve(std::size(kSchedules));
    for (const NamedSchedule& known : kSchedules) {
      result.push_back(known.info);
    }
    return result;
  }();
  return infos;
}

Sigmas make_schedule(std::string_view name,
                     const SigmaTable& table,
                     int num_steps,
                     const ScheduleOptions& options) {
  const auto* schedule =
      std::find_if(kSchedules.begin(), kSchedules.end(),
                   [name](const NamedSchedule& known) { return known.info.name == name; });
  if (schedule == kSchedules.end() || schedule->make == nullptr) {
    throw Error(ErrorCode::InvalidArgument,
                "[schedule] expected the name of a schedule, got \"" + std::string(name) + "\"");
  }
  Sigmas sigmas = schedule->make(complete_inputs(table, num_steps, options));
  std::transform(sigmas.begin(), sigmas.end(), sigmas.begin(), to_single);
  return sigmas;
}

Sigmas karras_sigmas(int num_steps, double sigma_min, double sigma_max, double rho) {
  return karras_in<double>(num_steps, sigma_min, sigma_max, rho);
}

Sigmas without_penultimate(Sigmas sigmas) {
  PTRAVEL_CHECK(sigmas.size() >= 2);
  sigmas.erase(sigmas.end() - 2);
  return sigmas;
}

}  // namespace ptravel
