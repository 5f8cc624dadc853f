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

/// One layer of a network with these beside it.
class OneLayer : public RandomTensors {
 public:
  explicit OneLayer(std::vector<SideBranch> branches)
      : RandomTensors(3), branches_(std::move(branches)) {}
  std::vector<SideBranch> side_branches(std::string_view) const override { return branches_; }

 private:
  std::vector<SideBranch> branches_;
};

Unet unet_of(std::vector<double> merged,
             const Compute& compute,
             const UnetConfig& config = tiny_unet()) {
  return Unet(Weights(std::make_shared<WithSides>(std::move(merged)), "net", "unet"), config,
              compute);
}

UnetInputs inputs_of(std::int64_t images) {
  return {at::randn({images, 4, 8, 6}), at::linspace(100, 700, images),
          at::randn({images, 77, 24})};
}

/// As networks for SDXL take one.
UnetConfig with_vector() {
  UnetConfig config = tiny_unet();
  config.vector_dim = 20;
  return config;
}

UnetInputs image_of(const UnetInputs& all, std::int64_t i) {
  UnetInputs one{all.x.narrow(0, i, 1), all.t.narrow(0, i, 1), all.context.narrow(0, i, 1)};
  one.vector = all.vector.defined() ? all.vector.narrow(0, i, 1) : at::Tensor();
  return one;
}

at::Tensor row(double first, double second) {
  return at::tensor({first, second}, at::kDouble).to(at::kFloat);
}

/// Every kind of layer that a UNet has: each image has what weights with its strengths give.
void compare_with_merged_weights(const UnetConfig& config) {
  const Unet beside = unet_of({}, cpu_fp32(), config);
  UnetInputs inputs = inputs_of(3);
  if (config.vector_dim > 0) {
    inputs.vector = at::randn({3, config.vector_dim});
  }
  const std::vector<std::pair<double, double>> strengths = {{0, 0}, {0.5, -0.25}, {1, 0.75}};
  inputs.strengths = at::stack({row(0, 0), row(0.5, -0.25), row(1, 0.75)});
  const at::Tensor all = beside.forward(inputs);
  for (std::int64_t i = 0; i < 3; ++i) {
    const auto& [first, second] = strengths[static_cast<std::size_t>(i)];
    const UnetInputs one = image_of(inputs, i);
    const at::Tensor merged = unet_of({first, second}, cpu_fp32(), config).forward(one);
    EXPECT_CLOSE(all.narrow(0, i, 1), merged, 2e-4 * merged.abs().max().item<double>());
    const at::Tensor plain = unet_of({0, 0}, cpu_fp32(), config).forward(one);
    EXPECT_EQ(at::equal(all.narrow(0, i, 1), plain), i == 0) << "no strength: the very bytes";
  }
}

TEST(SideBranches, GiveWhatMergedWeightsGive) { compare_with_merged_weights(tiny_unet()); }

TEST(SideBranches, GiveWhatMergedWeightsGiveWhereTheNetworkTakesAVector) {
  compare_with_merged_weights(with_vector());
}

/// Rounding is a small part of what they change.
TEST(SideBranches, InBf16TheyAreCloseToMergedWeights) {
  UnetInputs inputs = inputs_of(1);
  const at::Tensor plain = unet_of({0, 0}, cpu_fp32()).forward(inputs);
  const at::Tensor exact = unet_of({0.5, -0.75}, cpu_fp32()).forward(inputs);
  const at::Tensor merged = unet_of({0.5, -0.75}, cpu_bf16()).forward(inputs);
  inputs.strengths = row(0.5, -0.75).unsqueeze(0);
  const at::Tensor beside = unet_of({}, cpu_bf16()).forward(inputs);
  const double change = (exact - plain).norm().item<double>();
  EXPECT_LT((merged - exact).norm().item<double>(), 0.1 * change);
  EXPECT_LT((beside - exact).norm().item<double>(), 0.1 * change);
}

/// A frame alone may have fewer slots than its film, whose others do not act on it: same bytes,
/// also where they act on another picture of its batch.
TEST(SideBranches, SlotsWithoutStrengthChangeNothing) {
  for (const Compute& compute : {cpu_fp32(), cpu_bf16()}) {
    for (const std::int64_t rank : {3, 16, 70, 128}) {
      for (const std::int64_t rows : {1, 77, 1024}) {
        const std::int64_t others = 2 * rank + 5;
        const SideBranch own{0, at::randn({48, rank}), at::randn({rank, 40})};
        const SideBranch other{0, at::randn({48, others}), at::randn({others, 40})};
        const auto sides_of = [&](std::vector<SideBranch> branches) {
          return SideBranches::of(
              Weights(std::make_shared<OneLayer>(std::move(branches)), "net", "unet"), compute);
        };
        const at::Tensor x = at::randn({2, rows, 40}).to(compute.dtype);
        const at::Tensor added = at::randn({2, rows, 48}).to(compute.dtype);
        const at::Tensor alone = sides_of({own})->of_rows(
            x.narrow(0, 0, 1), at::tensor({0.3F}).unsqueeze(0), added.narrow(0, 0, 1));
        const auto in_film = [&](bool first) {
          SideBranch mine = own, theirs = other;
          (first ? theirs : mine).slot = 1;
          const at::Tensor strengths =
              first ? at::stack({row(0.3, 0), row(0, 0.5)}) : at::stack({row(0, 0.3), row(0.5, 0)});
          return sides_of(first ? std::vector{mine, theirs} : std::vector{theirs, mine})
              ->of_rows(x, strengths, added)
              .narrow(0, 0, 1);
        };
        EXPECT_TRUE(at::equal(in_film(true), alone)) << rank << " " << rows;
        EXPECT_TRUE(at::equal(in_film(false), alone)) << rank << " " << rows;
      }
    }
  }
}

/// What they make is summed in float32 and rounded once, however many there are.
TEST(SideBranches, SeveralAreRoundedOnce) {
  const Compute compute = cpu_bf16();
  const at::Tensor x = at::randn({1, 256, 40}).to(at::kBFloat16);
  const at::Tensor residual = at::randn({1, 256, 48}).to(at::kBFloat16);
  std::vector<SideBranch> branches;
  at::Tensor exact = residual.to(at::kDouble);
  for (std::int64_t slot = 0; slot < 4; ++slot) {
    const at::Tensor up = at::randn({48, kRank}).to(at::kBFloat16);
    const at::Tensor down = at::randn({kRank, 40}).to(at::kBFloat16);
    branches.push_back({slot, up.to(at::kFloat), down.to(at::kFloat)});
    const at::Tensor ranks = at::matmul(x.to(at::kDouble), down.to(at::kDouble).t());
    exact = exact + at::matmul(ranks.to(at::kBFloat16).to(at::kDouble), up.to(at::kDouble).t());
  }
  const at::Tensor made =
      SideBranches::of(Weights(std::make_shared<OneLayer>(branches), "net", "unet"), compute)
          ->of_rows(x, at::ones({1, 4}), residual);
  const at::Tensor other = made.ne(exact.to(at::kFloat).to(at::kBFloat16));
  EXPECT_LT(other.to(at::kDouble).mean().item<double>(), 0.02);  // Twice rounded: about a third.
}

/// The same through all layers, and down to a picture on which none acts.
TEST(SideBranches, APictureAloneIsAsBesideOthersOfOtherStrengths) {
  for (const Compute& compute : {cpu_fp32(), cpu_bf16()}) {
    const Unet beside = unet_of({}, compute);
    UnetInputs inputs = inputs_of(4);
    inputs.strengths = at::stack({row(0.5, 0), row(0, 0), row(1, 0.75), row(0, -2)});
    const at::Tensor all = beside.forward(inputs);
    for (std::int64_t i = 0; i < 4; ++i) {
      UnetInputs one = image_of(inputs, i);
      if (i != 1) {
        one.strengths = inputs.strengths.narrow(0, i, 1);
      }
      EXPECT_TRUE(at::equal(beside.forward(one)[0], all[i])) << i;
    }
  }
}

/// An image that attends to others has their keys with their strengths.
TEST(SideBranches, ActOnWhatIsAttendedToAsStrongAsThere) {
  const UnetInputs inputs = inputs_of(3);
  const auto drawn = [&](const Unet& unet, const std::vector<at::Tensor>& strengths) {
    std::vector<UnetConditioning> images;
    for (std::int64_t i = 0; i < 3; ++i) {
      const at::Tensor own = strengths.empty() ? at::Tensor() : strengths[std::size_t(i)];
      images.push_back({unet.prepare_time(300, {}, own),
                        unet.prepare_text(inputs.context[i], {}, own),
                        {},
                        {},
                        own});
    }
    images[1].mix = UnetMix{0, 2, {.fused = true, .share = 0.4}, images[0].text, images[2].text};
    return unet.forward(inputs.x, images);
  };
  const Unet beside = unet_of({}, cpu_fp32());
  const at::Tensor own = row(0.5, -0.25);
  const at::Tensor merged = drawn(unet_of({0.5, -0.25}, cpu_fp32()), {});
  const at::Tensor same = drawn(beside, {own, own, own});
  EXPECT_CLOSE(same, merged, 2e-4 * merged.abs().max().item<double>());
  const at::Tensor other = drawn(beside, {row(1, 0.75), own, own});
  EXPECT_FALSE(at::allclose(other[0], same[0]));
  EXPECT_FALSE(at::allclose(other[1], same[1])) << "it attends to the first";
  EXPECT_TRUE(at::equal(other[2], same[2]));
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
