#include "apps/train/training_stage.h"

#include <cmath>
#include <sstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "model/layers.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/tiny_plan.h"

namespace ptravel::train {
namespace {

namespace fs = std::filesystem;

StageOptions some_options(const fs::path& folder) {
  StageOptions options;
  options.name = "fit";
  options.folder = folder;
  options.steps = 40;
  options.learning_rate = 0.05;
  options.warmup_steps = 5;
  options.optimizer.weight_decay = 0;
  options.log_steps = 10;
  return options;
}

/// Learns y = W x + b from noise that depends on the step alone.
struct Fit {
  explicit Fit(StageOptions options)
      : seed(options.seed),
        parameters(std::make_shared<Parameters>(seed)),
        map(Weights(parameters, "map", "map"), 4, 2, kFp32) {
    parameters->gather(at::kCPU);
    stage = std::make_unique<TrainingStage>(std::move(options), parameters);
  }

  Losses step(std::int64_t number) {
    ++calls;
    at::Generator noise = step_generator(at::kCPU, seed, number);
    const at::Tensor x = at::randn({32, 4}, noise);
    const at::Tensor wanted = at::linspace(-1, 1, 8).reshape({4, 2});
    const at::Tensor error = (map(x) - at::mm(x, wanted) - 0.5).square().mean();
    error.backward();
    last_error = error.item<double>();
    return {{"error", last_error}, {"half", last_error / 2}};
  }

  /// Cancels in step `cancel_at`, counted from zero, where that is not negative.
  void run(std::int64_t cancel_at = -1) {
    Progress progress;
    stage->run(
        [&](std::int64_t number) {
          if (number == cancel_at) {
            progress.cancel();
          }
          return step(number);
        },
        progress);
  }

  std::uint64_t seed;
  std::shared_ptr<Parameters> parameters;
  Linear map;
  std::unique_ptr<TrainingStage> stage;
  int calls = 0;
  double last_error = 0;
};

std::vector<std::vector<std::string>> read_log(const fs::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) {
      rows.back().push_back(cell);
    }
  }
  return rows;
}

TEST(TrainingStage, LearnsALinearMap) {
  const TemporaryFolder folder;
  StageOptions options = some_options(folder / "new");
  options.steps = 300;
  Fit fit(options);
  EXPECT_FALSE(fit.stage->finished());
  fit.run();
  EXPECT_TRUE(fit.stage->finished());
  EXPECT_EQ(fit.calls, 300);
  EXPECT_LT(fit.last_error, 1e-3);
}

TEST(TrainingStage, ACancelledOneGoesOnBitForBit) {
  const TemporaryFolder folder;
  Fit unbroken(some_options(folder / "a"));
  unbroken.run();
  for (const std::int64_t cancel_at : {0, 12, 19, 38}) {
    const fs::path place = folder / ("b" + std::to_string(cancel_at));
    Fit first(some_options(place));
    expect_error(ErrorCode::Cancelled, "", [&] { first.run(cancel_at); });
    EXPECT_EQ(first.stage->step(), cancel_at + 1);
    Fit second(some_options(place));
    EXPECT_EQ(second.stage->step(), cancel_at + 1);
    second.run();
    EXPECT_EQ(first.calls + second.calls, 40);
    const auto expected = unbroken.parameters->state();
    for (const auto& [name, tensor] : second.parameters->state()) {
      EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name << ", cancelled at " << cancel_at;
    }
  }
}

TEST(TrainingStage, GoesOnLongerWhenAskedTo) {
  const TemporaryFolder folder;
  Fit(some_options(folder.path())).run();
  StageOptions longer = some_options(folder.path());
  longer.steps = 60;
  Fit fit(longer);
  EXPECT_FALSE(fit.stage->finished());
  fit.run();
  EXPECT_EQ(fit.calls, 20);
  EXPECT_EQ(read_log(folder / "fit-log.csv").size(), 1U + 6);
}

TEST(TrainingStage, LogsMeansOfItsLosses) {
  const TemporaryFolder folder;
  Fit fit(some_options(folder.path()));
  fit.run();
  const auto rows = read_log(folder / "fit-log.csv");
  ASSERT_EQ(rows.size(), 1U + 4);
  EXPECT_EQ(rows[0], (std::vector<std::string>{"step", "seconds", "learning_rate", "gradient_norm",
                                               "error", "half"}));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), rows[0].size());
    EXPECT_EQ(rows[i][0], std::to_string(10 * i));
    EXPECT_NEAR(std::stod(rows[i][5]), std::stod(rows[i][4]) / 2, 1e-4);
    EXPECT_GT(std::stod(rows[i][3]), 0);
  }
  EXPECT_LT(std::stod(rows[4][4]), std::stod(rows[1][4]));
  EXPECT_NE(read_file(folder / "fit-log.svg").find(">error</text>"), std::string::npos);
}

TEST(TrainingStage, TheRateRisesAndThenFallsAsAskedFor) {
  for (const RateShape shape : {RateShape::Cosine, RateShape::Constant}) {
    const TemporaryFolder folder;
    StageOptions options = some_options(folder.path());
    options.log_steps = 1;
    options.shape = shape;
    Fit(options).run();
    const auto rows = read_log(folder / "fit-log.csv");
    ASSERT_EQ(rows.size(), 41U);
    for (int step = 1; step <= 40; ++step) {
      const double fall = 0.02 + 0.98 * 0.5 * (1 + std::cos(M_PI * step / 40));
      const double expected =
          0.05 * std::min(1.0, (step + 1) / 5.0) * (shape == RateShape::Cosine ? fall : 1);
      EXPECT_NEAR(std::stod(rows[static_cast<std::size_t>(step)][2]), expected, 1e-6) << step;
    }
  }
}

TEST(TrainingStage, EndsWithItsTime) {
  const TemporaryFolder folder;
  StageOptions options = some_options(folder.path());
  options.steps = 1000000000;
  options.minutes = 0.3 / 60;
  Fit fit(options);
  fit.run();
  EXPECT_GT(fit.calls, 1);
  EXPECT_TRUE(Fit(options).stage->finished());
}

TEST(TrainingStage, AFinishedOneLeavesItsFilesAlone) {
  const TemporaryFolder folder;
  Fit(some_options(folder.path())).run();
  std::map<std::string, fs::file_time_type> times;
  for (const std::string& name : folder.names()) {
    times[name] = fs::last_write_time(folder / name);
  }
  EXPECT_EQ(times.size(), 4U);
  Fit again(some_options(folder.path()));
  EXPECT_TRUE(again.stage->finished());
  again.run();
  EXPECT_EQ(again.calls, 0);
  for (const auto& [name, time] : times) {
    EXPECT_EQ(fs::last_write_time(folder / name), time) << name;
  }
  EXPECT_EQ(folder.names().size(), times.size());
}

TEST(TrainingStage, CanBeReadWithoutTraining) {
  const TemporaryFolder folder;
  StageOptions options = some_options(folder.path());
  options.use = StageUse::Read;
  expect_error(ErrorCode::NotFound, "fit", [&] { const Fit fit(options); });
  EXPECT_TRUE(folder.names().empty());
  Fit trained(some_options(folder.path()));
  expect_error(ErrorCode::Cancelled, "", [&] { trained.run(7); });
  Fit read(options);
  EXPECT_TRUE(read.stage->finished());
  read.run();
  EXPECT_EQ(read.calls, 0);
  EXPECT_TRUE(
      at::equal(read.parameters->state().at("weights"), trained.parameters->state().at("weights")));
}

TEST(TrainingStage, RefusesTheStateOfOtherNetworks) {
  const TemporaryFolder folder;
  Fit(some_options(folder.path())).run();
  const auto other = std::make_shared<Parameters>(1);
  const Linear map(Weights(other, "map", "map"), 5, 2, kFp32);
  other->gather(at::kCPU);
  expect_error(ErrorCode::Corrupt, "another size",
               [&] { TrainingStage(some_options(folder.path()), other); });
}

TEST(StepGenerator, GivesTheSameNoiseForTheSameStep) {
  const auto noise = [](std::uint64_t seed, std::int64_t step) {
    at::Generator generator = step_generator(at::kCPU, seed, step);
    return at::randn({64}, generator);
  };
  EXPECT_TRUE(at::equal(noise(1, 5), noise(1, 5)));
  EXPECT_FALSE(at::equal(noise(1, 5), noise(1, 6)));
  EXPECT_FALSE(at::equal(noise(1, 5), noise(2, 5)));
}

}  // namespace
}  // namespace ptravel::train
