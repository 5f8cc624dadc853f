// UniPC: Zhao et al., "UniPC: a unified predictor-corrector framework for fast sampling of
// diffusion models", 2023, in the data prediction form, multistep, as the web UI runs it.
#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <string>

#include <ATen/ATen.h>

#include "diffusion/samplers.h"
#include "ptravel/error.h"
#include "schedule/continuous_time.h"

namespace ptravel {
namespace {

constexpr int kMostOrder = 3;
using Row = std::array<double, kMostOrder>;
using Matrix = std::array<Row, kMostOrder>;

// Solves the leading n x n part of matrix * x = right by Gaussian elimination with pivots.
Row solve(Matrix matrix, Row right, int n) {
  for (int column = 0; column < n; ++column) {
    int pivot = column;
    for (int row = column + 1; row < n; ++row) {
      pivot = std::abs(matrix[row][column]) > std::abs(matrix[pivot][column]) ? row : pivot;
    }
    std::swap(matrix[column], matrix[pivot]);
    std::swap(right[column], right[pivot]);
    for (int row = column + 1; row < n; ++row) {
      const double factor = matrix[row][column] / matrix[column][column];
      for (int k = column; k < n; ++k) {
        matrix[row][k] -= factor * matrix[column][k];
      }
      right[row] -= factor * right[column];
    }
  }
  for (int row = n - 1; row >= 0; --row) {
    for (int k = row + 1; k < n; ++k) {
      right[row] -= matrix[row][k] * right[k];
    }
    right[row] /= matrix[row][row];
  }
  return right;
}

// The weights of the differences D_k in one update: predictor (D_1 ..) and corrector (D_1 .. and
// last the difference to the new evaluation). They multiply alpha_t.
struct Weights {
  Row predictor{};
  Row corrector{};
};

// B(h) variants. `r`: the relative places of the old evaluations, then 1; `hh` = -h.
Weights bh_weights(UnipcVariant variant, const Row& r, int order, double hh) {
  const double growth = std::expm1(hh);
  const double b_h = variant == UnipcVariant::Bh1 ? hh : growth;
  Matrix matrix{};
  Row right{};
  double phi = growth / hh - 1;
  double factorial = 1;
  for (int i = 0; i < order; ++i) {
    for (int k = 0; k < order; ++k) {
      matrix[i][k] = std::pow(r[k], i);
    }
    right[i] = phi * factorial / b_h;
    factorial *= i + 2;
    phi = phi / hh - 1 / factorial;
  }
  // The lowest orders use rounded weights, as the authors do.
  Weights weights;
  weights.predictor = order == 2 ? Row{0.5} : solve(matrix, right, order - 1);
  weights.corrector = order == 1 ? Row{0.5} : solve(matrix, right, order);
  for (int k = 0; k < order; ++k) {
    weights.predictor[k] *= b_h;
    weights.corrector[k] *= b_h;
  }
  return weights;
}

// Row `row` of the inverse of the leading n x n part.
Row inverse_row(const Matrix& matrix, int row, int n) {
  Matrix transposed{};
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k < n; ++k) {
      transposed[i][k] = matrix[k][i];
    }
  }
  Row unit{};
  unit[row] = 1;
  return solve(transposed, unit, n);
}

// The variant with varying coefficients.
Weights varying_weights(const Row& r, int order, double hh) {
  Matrix c{};
  for (int row = 0; row < order; ++row) {
    double entry = 1;
    for (int column = 0; column < order; ++column) {
      c[row][column] = entry;
      entry *= r[row] / (column + 2);
    }
  }
  std::array<double, kMostOrder + 1> phi{};
  phi[0] = std::expm1(hh);
  double factorial = 1;
  for (int k = 1; k <= order; ++k) {
    phi[k] = phi[k - 1] / hh - 1 / factorial;
    factorial *= k + 1;
  }
  Weights weights;
  for (int k = 0; k + 1 < order; ++k) {
    const Row predictor = inverse_row(c, k, order - 1);
    const Row corrector = inverse_row(c, k, order);
    for (int j = 0; j + 1 < order; ++j) {
      weights.predictor[j] += phi[k + 1] * predictor[j];
      weights.corrector[j] += phi[k + 1] * corrector[j];
    }
  }
  // The web UI takes the row before the last here (the only one for order 1).
  weights.corrector[order - 1] =
      phi[order] * inverse_row(c, std::max(order - 2, 0), order)[order - 1];
  return weights;
}

// A past evaluation.
struct Evaluation {
  double t;
  at::Tensor denoised;
};

class Unipc {
 public:
  Unipc(const EpsModel& model, const ContinuousTime& time, UnipcVariant variant)
      : model_(model), time_(time), variant_(variant) {}

  // The clean latents seen from x at time t.
  at::Tensor denoise(const at::Tensor& x, double t) const {
    const at::Tensor eps = model_(x, time_.model_time(t)).guided;
    return (x - eps * time_.std(t)) / time_.alpha(t);
  }

  struct Update {
    at::Tensor x;
    at::Tensor denoised;  // Undefined without the corrector.
  };

  // One step from the newest evaluation (history.front()) to time t.
  Update step(const at::Tensor& x,
              const std::deque<Evaluation>& history,
              double t,
              int order,
              bool correct) const {
    const double lambda_0 = time_.lambda(history[0].t);
    const double h = time_.lambda(t) - lambda_0;
    const at::Tensor& m_0 = history[0].denoised;
    Row r{};
    std::array<at::Tensor, kMostOrder> differences;
    for (int k = 1; k < order; ++k) {
      r[k - 1] = (time_.lambda(history[k].t) - lambda_0) / h;
      differences[k - 1] = (history[k].denoised - m_0) / r[k - 1];
    }
    r[order - 1] = 1;
    const Weights weights = variant_ == UnipcVariant::VaryCoeff
                                ? varying_weights(r, order, -h)
                                : bh_weights(variant_, r, order, -h);
    const double alpha = time_.alpha(t);
    const at::Tensor base =
        x * (time_.std(t) / time_.std(history[0].t)) - m_0 * (alpha * std::expm1(-h));
    at::Tensor predicted = base;
    for (int k = 0; k + 1 < order; ++k) {
      predicted = predicted - differences[k] * (alpha * weights.predictor[k]);
    }
    if (!correct) {
      return {predicted, {}};
    }
    const at::Tensor m_t = denoise(predicted, t);
    differences[order - 1] = m_t - m_0;
    at::Tensor corrected = base;
    for (int k = 0; k < order; ++k) {
      corrected = corrected - differences[k] * (alpha * weights.corrector[k]);
    }
    return {corrected, m_t};
  }

 private:
  const EpsModel& model_;
  const ContinuousTime& time_;
  UnipcVariant variant_;
};

}  // namespace

at::Tensor sample_unipc(const EpsModel& model,
                        at::Tensor x,
                        const TimestepPlan& plan,
                        const SamplerRun& run) {
  const SamplerOptions& options = run.options;
  if (options.unipc_order < 1 || options.unipc_order > kMostOrder) {
    throw Error(ErrorCode::InvalidArgument,
                "[unipc] order: expected 1 to 3, got " + std::to_string(options.unipc_order));
  }
  const int num_steps = static_cast<int>(plan.timesteps.size());
  if (num_steps == 0) {
    return x;
  }
  const int most_order = std::min(options.unipc_order, num_steps);
  const ContinuousTime time(plan.alphas_cumprod);
  const double t_start = plan.img2img
                             ? static_cast<double>(plan.timesteps.back()) / kTrainingTimesteps +
                                   1.0 / kTrainingTimesteps
                             : 1;
  const std::vector<double> times = unipc_times(time, options.unipc_skip, t_start, num_steps);
  const Unipc unipc(model, time, options.unipc_variant);
  std::deque<Evaluation> history{{times[0], unipc.denoise(x, times[0])}};  // Newest first.
  for (int i = 1; i <= num_steps; ++i) {
    int order = std::min(most_order, i);
    if (options.unipc_lower_order_final && i >= most_order) {
      order = std::min(order, num_steps + 1 - i);
    }
    const bool correct = i < num_steps;  // A last evaluation would be of no use.
    const auto [x_next, denoised] = unipc.step(x, history, times[i], order, correct);
    x = x_next;
    run.report({i - 1, x, denoised, time.model_time(times[i - 1])});
    history.push_front({times[i], denoised});
    if (history.size() > static_cast<std::size_t>(most_order)) {
      history.pop_back();
    }
  }
  return x;
}

}  // namespace ptravel
