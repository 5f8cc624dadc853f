#include "judge_training.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "held_back.h"
#include "picture_set.h"
#include "pictures.h"

namespace ptravel::train {
namespace {

constexpr std::int64_t kDrawnAtOnce = 32;
constexpr std::int64_t kNotVisible = -100;

std::vector<Drawing> clean_drawings(std::uint64_t seed, std::uint64_t first, std::int64_t count) {
  std::vector<Drawing> drawings;
  for (std::int64_t i = 0; i < count; ++i) {
    drawings.push_back(drawing_at(seed, first + static_cast<std::uint64_t>(i), 0));
  }
  return drawings;
}

/// Drawings to learn from, as bytes. New ones replace the oldest.
class DrawingPool {
 public:
  DrawingPool(std::int64_t capacity, std::uint64_t first)
      : pictures_(at::zeros({capacity, 3, kJudgedSize, kJudgedSize}, at::kByte)),
        looks_(static_cast<std::size_t>(capacity)),
        next_(first) {}

  void add(std::int64_t count) {
    const std::vector<Drawing> drawings = clean_drawings(kJudgeSeed, next_, count);
    const at::Tensor bytes =
        draw_pictures(drawings, kJudgedSize, at::kCPU).mul_(255).round_().to(at::kByte);
    next_ += static_cast<std::uint64_t>(count);
    for (std::int64_t i = 0; i < count; ++i) {
      pictures_[place_].copy_(bytes[i]);
      looks_[static_cast<std::size_t>(place_)] = drawings[static_cast<std::size_t>(i)].look;
      place_ = (place_ + 1) % pictures_.size(0);
    }
  }

  void fill(Progress& progress) {
    const std::int64_t count = pictures_.size(0);
    progress.begin("Drawing pictures", "pictures", static_cast<double>(count));
    for (std::int64_t done = 0; done < count; done += kDrawnAtOnce) {
      progress.check_cancelled();
      add(std::min(kDrawnAtOnce, count - done));
      progress.update(static_cast<double>(std::min(done + kDrawnAtOnce, count)));
    }
  }

  /// Random ones: [N, 3, 128, 128] in -1..1; `looks` gets what they show.
  at::Tensor sample(Dice& dice, std::int64_t count, std::vector<Look>& looks) const {
    at::Tensor chosen = at::empty({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
      const int index = dice.below(static_cast<int>(looks_.size()));
      chosen.data_ptr<std::int64_t>()[i] = index;
      looks.push_back(looks_[static_cast<std::size_t>(index)]);
    }
    return pictures_.index_select(0, chosen).to(at::kFloat).div_(127.5).sub_(1);
  }

 private:
  at::Tensor pictures_;
  std::vector<Look> looks_;
  std::uint64_t next_;
  std::int64_t place_ = 0;
};

/// For each picture a matrix that shifts and blurs along one side: [N, 1, side, side].
at::Tensor soft_shifts(const at::Tensor& sigma, const at::Tensor& shift, std::int64_t side) {
  const at::Tensor pixel = at::arange(side, at::kFloat);
  const at::Tensor from =
      (pixel.unsqueeze(0) + shift.unsqueeze(1)).clamp_(0, static_cast<double>(side - 1));
  const at::Tensor offset = pixel.reshape({1, 1, -1}) - from.unsqueeze(2);
  const at::Tensor weight = (offset / sigma.reshape({-1, 1, 1})).square_().mul_(-0.5).exp_();
  return (weight / weight.sum(2, true)).unsqueeze(1);
}

/// What a model's pictures may have and drawings do not.
at::Tensor roughened(const at::Tensor& pictures, at::Generator& random) {
  constexpr double kLeastSigma = 0.25;  // Blurs by less than a grey level.
  constexpr double kMostSigma = 0.8;
  constexpr double kMostNoise = 0.08;
  constexpr double kJitter = 0.05;
  constexpr int kMostShift = 2;
  const std::int64_t count = pictures.size(0);
  const std::int64_t side = pictures.size(2);
  const auto uniform = [&](double low, double high) {
    return at::rand({count}, random, at::kFloat).mul_(high - low).add_(low);
  };
  const auto shift = [&] { return uniform(-kMostShift - 0.5, kMostShift + 0.5).round_(); };
  const at::Tensor sigma = uniform(kLeastSigma, kMostSigma);
  const at::Tensor rows = soft_shifts(sigma, shift(), side);
  const at::Tensor columns = soft_shifts(sigma, shift(), side);
  at::Tensor result = at::matmul(at::matmul(rows, pictures), columns.transpose(2, 3));
  result.mul_(uniform(1 - kJitter, 1 + kJitter).reshape({-1, 1, 1, 1}));
  result.add_(uniform(-kJitter, kJitter).reshape({-1, 1, 1, 1}));
  const at::Tensor noise = at::randn(result.sizes(), random, at::kFloat);
  result.add_(noise.mul_(uniform(0, kMostNoise).reshape({-1, 1, 1, 1})));
  return result.clamp_(-1, 1);
}

/// The mean cross entropy over the attributes, each over the pictures that show it. `right` gets
/// the share of values that were found.
at::Tensor reading_loss(const at::Tensor& scores, const std::vector<Look>& looks, Share& right) {
  at::Tensor total = at::zeros({}, scores.options());
  for (const Attribute attribute : judged_attributes()) {
    at::Tensor wanted = at::full({scores.size(0)}, kNotVisible, at::kLong);
    std::int64_t visible = 0;
    for (std::size_t i = 0; i < looks.size(); ++i) {
      if (is_visible(looks[i], attribute)) {
        wanted.data_ptr<std::int64_t>()[i] = looks[i][attribute];
        ++visible;
      }
    }
    wanted = wanted.to(scores.device());
    const at::Tensor part = scores_of(scores, attribute);
    right.add({part.detach().argmax(1).eq(wanted).sum().item<std::int64_t>(), visible});
    const at::Tensor sum =
        at::cross_entropy_loss(part, wanted, {}, at::Reduction::Sum, kNotVisible);
    total = total + sum / static_cast<double>(std::max<std::int64_t>(1, visible));
  }
  return total / static_cast<double>(judged_attributes().size());
}

}  // namespace

std::map<std::string, at::Tensor> train_judge(const JudgeTrainingOptions& options,
                                              const Compute& compute,
                                              Progress& progress) {
  const auto parameters = std::make_shared<Parameters>(options.stage.seed);
  const JudgeNetwork network(Weights(parameters, kJudgePrefix, "judge"), compute);
  parameters->gather(compute.device);
  TrainingStage stage(options.stage, parameters);
  if (stage.finished()) {
    return parameters->averaged();
  }
  DrawingPool pool(options.pool, static_cast<std::uint64_t>(stage.step() * options.fresh));
  pool.fill(progress);
  stage.run(
      [&](std::int64_t step) -> Losses {
        Dice dice(options.stage.seed * 1000003 + static_cast<std::uint64_t>(step));
        at::Generator random = step_generator(at::kCPU, options.stage.seed, step);
        pool.add(options.fresh);
        std::vector<Look> looks;
        const at::Tensor pictures = pool.sample(dice, options.batch, looks);
        Share right;
        const at::Tensor scores = network.forward(roughened(pictures, random));
        const at::Tensor loss = reading_loss(scores, looks, right);
        loss.backward();
        return {{"loss", loss.item<double>()}, {"wrong", 1 - right.value()}};
      },
      progress);
  return parameters->averaged();
}

Tally measure_judge(const Judge& judge, std::int64_t count, Progress& progress) {
  Tally tally;
  progress.begin("Measuring the judge", "pictures", static_cast<double>(count));
  for (std::int64_t first = 0; first < count; first += kDrawnAtOnce) {
    progress.check_cancelled();
    const std::int64_t size = std::min(kDrawnAtOnce, count - first);
    const auto drawings = clean_drawings(kHeldBackSeed, static_cast<std::uint64_t>(first), size);
    const auto seen = judge.look_at(draw_scaled(drawings, kJudgedSize, at::kCPU));
    for (std::size_t i = 0; i < seen.size(); ++i) {
      tally.add(drawings[i].look, seen[i]);
    }
    progress.update(static_cast<double>(first + size));
  }
  return tally;
}

}  // namespace ptravel::train
