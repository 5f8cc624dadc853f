#include "apps/train/parameters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/layers.h"
#include "tests/support/errors.h"
#include "tests/support/tensor_testing.h"

namespace ptravel::train {
namespace {

const Compute kFp32{at::kCPU, at::kFloat};

at::Tensor numbers(at::IntArrayRef shape, double from, double to) {
  return at::linspace(from, to, c10::multiply_integers(shape), at::kFloat).reshape(shape);
}

/// A matrix and a bias without a network.
struct TwoLeaves {
  explicit TwoLeaves(std::uint64_t seed = 5)
      : parameters(std::make_shared<Parameters>(seed)),
        weight(*parameters->make("a.weight", {3, 4}, kFp32)),
        bias(*parameters->make("a.bias", {3}, kFp32)) {
    parameters->gather(at::kCPU);
  }
  double step(double scale, double rate = 0.01, const OptimizerOptions& options = {}) {
    weight.mutable_grad() = numbers({3, 4}, -1, 2) * scale;
    bias.mutable_grad() = numbers({3}, 1, -0.5) * scale;
    return parameters->step(rate, options);
  }

  std::shared_ptr<Parameters> parameters;
  at::Tensor weight;
  at::Tensor bias;
};

std::map<std::string, at::Tensor> copy(const std::map<std::string, at::Tensor>& tensors) {
  std::map<std::string, at::Tensor> result;
  for (const auto& [name, tensor] : tensors) {
    result.emplace(name, tensor.clone());
  }
  return result;
}

void expect_same_state(const Parameters& actual, const std::map<std::string, at::Tensor>& state) {
  for (const auto& [name, tensor] : actual.state()) {
    EXPECT_TRUE(at::equal(tensor, state.at(name))) << name;
  }
}

/// AdamW as its paper has it, for one number in double precision.
struct ByHand {
  double weight, ema, decay, mean = 0, square = 0;

  void step(double grad, int n, double rate, double clip, const OptimizerOptions& options) {
    const double g = grad * clip;
    mean = options.beta1 * mean + (1 - options.beta1) * g;
    square = options.beta2 * square + (1 - options.beta2) * g * g;
    const double mean_hat = mean / (1 - std::pow(options.beta1, n));
    const double square_hat = square / (1 - std::pow(options.beta2, n));
    weight -= rate * decay * weight;
    weight -= rate * mean_hat / (std::sqrt(square_hat) + options.eps);
    const double kept = std::min(options.ema_decay, (1.0 + n) / (10.0 + n));
    ema = kept * ema + (1 - kept) * weight;
  }
};

TEST(Parameters, StepByTheFormula) {
  TwoLeaves leaves;
  OptimizerOptions options;
  options.weight_decay = 0.5;
  options.ema_decay = 0.2;
  leaves.parameters->assign({{"a.bias", numbers({3}, 0.5, 1.5)}});
  std::vector<ByHand> expected;
  for (const at::Tensor& leaf : {leaves.weight, leaves.bias}) {
    for (std::int64_t i = 0; i < leaf.numel(); ++i) {
      const double value = leaf.detach().flatten()[i].item<double>();
      expected.push_back({value, value, leaf.dim() > 1 ? options.weight_decay : 0});
    }
  }
  const at::Tensor grad = at::cat({numbers({12}, -1, 2), numbers({3}, 1, -0.5)}).to(at::kDouble);
  const double scales[] = {0.1, 30, 0.05, 2};  // Norms below and above the limit of 1.
  for (int n = 1; n <= 4; ++n) {
    const double rate = 0.01 * n;
    const at::Tensor g = grad * scales[n - 1];
    const double norm = g.norm().item<double>();
    EXPECT_NEAR(leaves.step(scales[n - 1], rate, options), norm, 1e-5 * norm);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i].step(g[static_cast<std::int64_t>(i)].item<double>(), n, rate,
                       std::min(1.0, 1 / norm), options);
    }
  }
  const auto state = leaves.parameters->state();
  const auto averaged = leaves.parameters->averaged();
  const at::Tensor weights = at::cat({leaves.weight.flatten(), leaves.bias}).detach();
  const at::Tensor averages = at::cat({averaged.at("a.weight").flatten(), averaged.at("a.bias")});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    EXPECT_NEAR(weights[at].item<double>(), expected[i].weight, 2e-6) << i;
    EXPECT_NEAR(averages[at].item<double>(), expected[i].ema, 2e-6) << i;
    EXPECT_NEAR(state.at("mean")[at].item<double>(), expected[i].mean, 2e-6) << i;
    EXPECT_NEAR(state.at("square")[at].item<double>(), expected[i].square, 2e-6) << i;
  }
  EXPECT_EQ(leaves.parameters->steps(), 4);
  EXPECT_EQ(leaves.parameters->count(), 15);
}

TEST(Parameters, AverageRisesToItsDecay) {
  TwoLeaves leaves;
  OptimizerOptions options;
  options.ema_decay = 0.9;
  const at::Tensor before = leaves.parameters->averaged().at("a.bias").clone();
  leaves.step(1, 0.01, options);
  const at::Tensor expected = before + (leaves.bias.detach() - before) * (1 - 2.0 / 11);
  EXPECT_CLOSE(leaves.parameters->averaged().at("a.bias"), expected, 1e-6);
  for (int i = 0; i < 100; ++i) {
    leaves.step(1, 0.01, options);
  }
  const at::Tensor last = leaves.parameters->averaged().at("a.bias").clone();
  leaves.step(1, 0.01, options);
  EXPECT_CLOSE(leaves.parameters->averaged().at("a.bias"), 0.9 * last + 0.1 * leaves.bias.detach(),
               1e-6);
}

TEST(Parameters, AddUpStepsThatBf16CannotShow) {
  const auto parameters = std::make_shared<Parameters>(1);
  const at::Tensor leaf = *parameters->make("a.weight", {2, 2}, {at::kCPU, at::kBFloat16});
  parameters->gather(at::kCPU);
  parameters->assign({{"a.weight", at::ones({2, 2})}});
  OptimizerOptions options;
  options.weight_decay = 0;
  for (int i = 0; i < 200; ++i) {
    leaf.mutable_grad() = at::full({2, 2}, 0.25, leaf.options().requires_grad(false));
    parameters->step(1e-4, options);
  }
  EXPECT_EQ(parameters->dtype("a.weight"), at::kFloat);
  EXPECT_CLOSE(parameters->tensor("a.weight"), at::full({2, 2}, 0.98), 1e-4);
  EXPECT_TRUE(at::equal(leaf.detach(), parameters->tensor("a.weight").to(at::kBFloat16)));
}

TEST(Parameters, ANonFiniteGradientChangesNothing) {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    TwoLeaves leaves;
    leaves.step(1);
    const auto before = copy(leaves.parameters->state());
    const at::Tensor weight = leaves.weight.detach().clone();
    leaves.weight.mutable_grad() = at::full({3, 4}, bad, at::kFloat);
    EXPECT_FALSE(std::isfinite(leaves.parameters->step(0.01, {})));
    expect_same_state(*leaves.parameters, before);
    EXPECT_TRUE(at::equal(leaves.weight.detach(), weight));
    EXPECT_FALSE(leaves.weight.grad().defined());
    leaves.step(2);
    TwoLeaves twin;
    twin.step(1);
    twin.step(2);
    expect_same_state(*twin.parameters, leaves.parameters->state());
  }
}

TEST(Parameters, GoOnFromTheirState) {
  TwoLeaves unbroken;
  for (int i = 0; i < 4; ++i) {
    unbroken.step(0.3 * i + 0.1);
  }
  const auto saved = copy(unbroken.parameters->state());
  TwoLeaves restored(99);
  EXPECT_FALSE(at::equal(restored.weight, unbroken.weight));
  restored.parameters->restore(saved);
  EXPECT_TRUE(at::equal(restored.weight, unbroken.weight));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(restored.step(2 - i), unbroken.step(2 - i));
  }
  expect_same_state(*restored.parameters, unbroken.parameters->state());
  EXPECT_EQ(restored.parameters->steps(), 7);
}

TEST(Parameters, RefuseAStateOfOtherNetworks) {
  TwoLeaves leaves;
  const auto state = copy(leaves.parameters->state());
  Parameters other(1);
  other.make("a.weight", {3, 6}, kFp32);
  other.gather(at::kCPU);
  expect_error(ErrorCode::Corrupt, "another size", [&] { other.restore(state); });
  for (const char* name : {"weights", "mean", "square", "ema", "steps"}) {
    auto part = state;
    part.erase(name);
    expect_error(ErrorCode::Corrupt, "missing", [&] { leaves.parameters->restore(part); });
  }
}

TEST(Parameters, LayersLearn) {
  const auto parameters = std::make_shared<Parameters>(7);
  const Weights weights(parameters, "net", "net");
  const Conv2d conv(weights.at("conv"), 2, 4, 3, kFp32);
  const Linear linear(weights.at("map"), 4, 3, kFp32);
  const Linear unused(weights.at("unused"), 4, 3, kFp32);
  parameters->gather(at::kCPU);
  const auto before = copy(parameters->averaged());
  const at::Tensor out = conv(numbers({2, 2, 5, 5}, -1, 1));
  linear(out.mean({2, 3})).square().sum().backward();
  OptimizerOptions options;
  options.weight_decay = 0;
  EXPECT_GT(parameters->step(0.01, options), 0);
  for (const auto& [name, tensor] : parameters->averaged()) {
    EXPECT_EQ(at::equal(tensor, before.at(name)), name.starts_with("net.unused")) << name;
  }
  EXPECT_EQ(parameters->names().size(), 6U);
}

TEST(Parameters, ResidualBranchesBeginAtZero) {
  const Parameters parameters(1);
  EXPECT_EQ(
      parameters.make("b.out_layers.3.weight", {4, 4, 3, 3}, kFp32)->abs().sum().item<float>(), 0);
  EXPECT_GT(parameters.make("b.in_layers.2.weight", {4, 4, 3, 3}, kFp32)->abs().sum().item<float>(),
            0);
}

TEST(Parameters, AssignSetsWhatIsNamed) {
  TwoLeaves leaves;
  leaves.step(1);
  const at::Tensor bias = leaves.bias.detach().clone();
  const at::Tensor value = numbers({3, 4}, 3, 5);
  leaves.parameters->assign({{"a.weight", value}, {"b.weight", value}});
  EXPECT_TRUE(at::equal(leaves.weight.detach(), value));
  EXPECT_TRUE(at::equal(leaves.bias.detach(), bias));
  EXPECT_TRUE(at::equal(leaves.parameters->averaged().at("a.weight"), value));
  EXPECT_TRUE(at::equal(leaves.parameters->averaged().at("a.bias"), bias));
}

}  // namespace
}  // namespace ptravel::train
