#include "model/side_branches.h"

#include <map>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/model/tiny.h"
#include "tests/support/tensor_testing.h"
#include "tests/tensor/threads.h"

namespace ptravel {
namespace {

constexpr std::int64_t kRank = 4, kSlots = 2;

/// Random weights, and beside every layer of two sides and more a low rank for each slot; or those
/// added to the weights with given strengths.
class WithSides : public TensorSource {
 public:
  explicit WithSides(std::vector<double> merged = {}) : merged_(std::move(merged)) {}
  std::vector<std::string> names() const override { return {}; }
  bool contains(std::string_view) const override { return true; }
  std::vector<std::int64_t> shape(std::string_view name) const override {
    return shapes_.at(std::string(name));
  }
  at::ScalarType dtype(std::string_view) const override { return at::kFloat; }
  at::Tensor tensor(std::string_view) const override { return {}; }

  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override {
    shapes_[std::string(name)] = shape.vec();
    at::Tensor weight = *plain_.make(name, shape, {at::kCPU, at::kFloat});
    for (std::size_t slot = 0; slot < merged_.size() && shape.size() > 1; ++slot) {
      const SideBranch branch = branch_of(name, static_cast<std::int64_t>(slot));
      weight = weight + merged_[slot] *
                            at::matmul(branch.up, branch.down.reshape({kRank, -1})).reshape(shape);
    }
    return weight.to(compute.device, compute.dtype);
  }
  std::vector<SideBranch> side_branches(std::string_view name) const override {
    if (!merged_.empty() || shapes_.at(std::string(name)).size() < 2) {
      return {};
    }
    return {branch_of(name, 0), branch_of(name, 1)};
  }

 private:
  SideBranch branch_of(std::string_view name, std::int64_t slot) const {
    const std::vector<std::int64_t>& whole = shapes_.at(std::string(name));
    std::vector<std::int64_t> down = whole;
    down[0] = kRank;
    const std::string key = std::string(name) + std::to_string(slot);
    const Compute cpu{at::kCPU, at::kFloat};
    return {slot, *plain_.make(key + ".up.weight", {whole[0], kRank}, cpu) * 0.3,
            *plain_.make(key + ".down.weight", down, cpu) * 0.3};
  }

  RandomTensors plain_{3};
  std::vector<double> merged_;
  mutable std::map<std::string, std::vector<std::int64_t>> shapes_;
};

Unet unet_of(std::vector<double> merged, const Compute& compute) {
  return Unet(Weights(std::make_shared<WithSides>(std::move(merged)), "net", "unet"), tiny_unet(),
              compute);
}

UnetInputs inputs_of(std::int64_t images) {
  return {at::randn({images, 4, 8, 6}), at::linspace(100, 700, images),
          at::randn({images, 77, 24})};
}

at::Tensor row(double first, double second) {
  return at::tensor({first, second}, at::kDouble).to(at::kFloat);
}

/// Every kind of layer that a UNet has: each image has what weights with its strengths give.
TEST(SideBranches, GiveWhatMergedWeightsGive) {
  const Unet beside = unet_of({}, cpu_fp32());
  UnetInputs inputs = inputs_of(3);
  const std::vector<std::pair<double, double>> strengths = {{0, 0}, {0.5, -0.25}, {1, 0.75}};
  inputs.strengths = at::stack({row(0, 0), row(0.5, -0.25), row(1, 0.75)});
  const at::Tensor all = beside.forward(inputs);
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto& [first, second] = strengths[static_cast<std::size_t>(i)];
    UnetInputs one{inputs.x.narrow(0, i, 1), inputs.t.narrow(0, i, 1),
                   inputs.context.narrow(0, i, 1)};
    const at::Tensor merged = unet_of({first, second}, cpu_fp32()).forward(one);
    EXPECT_CLOSE(all.narrow(0, i, 1), merged, 2e-4 * merged.abs().max().item<double>());
    const at::Tensor plain = unet_of({0, 0}, cpu_fp32()).forward(one);
    EXPECT_EQ(at::equal(all.narrow(0, i, 1), plain), i == 0) << "no strength: the very bytes";
  }
}

TEST(SideBranches, AnImageDoesNotDependOnBatchOrThreads) {
  for (const Compute& compute : {cpu_fp32(), cpu_bf16()}) {
    const Unet beside = unet_of({}, compute);
    UnetInputs inputs = inputs_of(3);
    inputs.strengths = at::stack({row(0.1, 1), row(0.5, 0), row(-1, 0.75)});
    const at::Tensor all = with_threads(2, [&] { return beside.forward(inputs); });
    std::vector<UnetConditioning> prepared;
    for (std::int64_t i = 0; i < 3; ++i) {
      UnetInputs one{inputs.x.narrow(0, i, 1), inputs.t.narrow(0, i, 1),
                     inputs.context.narrow(0, i, 1)};
      one.strengths = inputs.strengths.narrow(0, i, 1);
      EXPECT_TRUE(at::equal(with_threads(other_threads(), [&] { return beside.forward(one); }),
                            all.narrow(0, i, 1)));
      const at::Tensor own = inputs.strengths[i];
      prepared.push_back({beside.prepare_time(inputs.t[i].item<float>(), {}, own),
                          beside.prepare_text(inputs.context[i], {}, own),
                          {},
                          {},
                          own});
    }
    EXPECT_TRUE(at::equal(beside.forward(inputs.x, prepared), all));
  }
}

TEST(SideBranches, GradientsGoThroughThem) {
  const Unet beside = unet_of({}, cpu_fp32());
  const Unet merged = unet_of({0.5, -0.25}, cpu_fp32());
  const UnetInputs inputs = inputs_of(1);
  const auto gradient = [&](const Unet& unet, const at::Tensor& strengths) {
    UnetInputs own = inputs;
    own.context = inputs.context.clone().requires_grad_();
    own.strengths = strengths;
    unet.forward(own).square().sum().backward();
    return own.context.grad();
  };
  const at::Tensor expected = gradient(merged, {});
  EXPECT_CLOSE(gradient(beside, row(0.5, -0.25).unsqueeze(0)), expected,
               2e-3 * expected.abs().max().item<double>());
}

}  // namespace
}  // namespace ptravel
