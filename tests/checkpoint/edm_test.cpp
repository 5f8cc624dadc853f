#include "checkpoint/edm.h"

#include <cmath>

#include <gtest/gtest.h>

#include "checkpoint/model_files.h"
#include "ptravel/model.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

const std::vector<double> kMeans = {-1.5, 2, -1.25, 2.5};
const std::vector<double> kDeviations = {8.5, 6, 6.5, 5.25};

TinyTensor four(const std::vector<double>& numbers) {
  return tiny_tensor({1, 4, 1, 1}, [&](std::size_t i) { return numbers.at(i); });
}

TinyTensors with(std::map<std::string, TinyTensor> marks) {
  TinyTensors tensors = tiny_sd1();
  tensors.merge(marks);
  return tensors;
}

TEST(Edm, MarksOfAFileSayWhatItIs) {
  const TemporaryFolder folder;
  const auto path = folder / "m.safetensors";
  write_tiny_safetensors(path, with({{"edm_vpred.sigma_max", tiny_tensor({}, 100)},
                                     {"edm_vpred.sigma_min", tiny_tensor({}, 0.5)}}));
  ModelFiles model = open_model(path);
  EXPECT_EQ(model.edm, (EdmSchedule{0.5, 100, 1, {}, {}}));
  EXPECT_EQ(model.prediction, Prediction::V);
  EXPECT_EQ(model.vae.scale_factor, 0.18215);
  EXPECT_TRUE(model.notes.empty());
  EXPECT_EQ(open_model(path, {.prediction = Prediction::Eps}).prediction, Prediction::Eps);
  const ModelInfo info = inspect_model(path, Hashing::No);
  EXPECT_EQ(info.prediction_reason, "the tensor edm_vpred.sigma_max");
  EXPECT_EQ(info.noise_levels, "EDM, sigma from 0.5 to 100, data of 1");
  EXPECT_FALSE(info.zero_snr);

  write_tiny_safetensors(path, with({{"edm_mean", four(kMeans)}, {"edm_std", four(kDeviations)}}));
  model = open_model(path);
  EXPECT_EQ(model.edm, (EdmSchedule{0.002, 80, 0.5, kMeans, kDeviations}));
  EXPECT_EQ(model.prediction, Prediction::Eps);
  EXPECT_EQ(model.vae.latent_mean, kMeans);
  EXPECT_EQ(model.vae.latent_std, kDeviations);
  EXPECT_EQ(model.vae.scale_factor, 1);
  expect_error(ErrorCode::Unsupported, "is an EDM model",
               [&] { open_model(path, {.zero_snr = true}); });
  EXPECT_TRUE(open_model(path, {.zero_snr = false}).edm);
}

TEST(Edm, ADiffusersFolderSaysTheSame) {
  const TemporaryFolder folder;
  const auto path = folder / "d";
  write_tiny_folder(path, tiny_sd1());
  write_bytes(path / "scheduler/scheduler_config.json",
              R"({"_class_name":"EDMDPMSolverMultistepScheduler","sigma_min":0.004,"sigma_max":40,
                  "sigma_data":0.25,"prediction_type":"epsilon"})");
  write_bytes(path / "vae/config.json",
              R"({"scaling_factor":0.5,"latents_mean":[-1.5,2,-1.25,2.5],
                  "latents_std":[8.5,6,6.5,5.25]})");
  const ModelFiles model = open_model(path);
  EXPECT_EQ(model.edm, (EdmSchedule{0.004, 40, 0.25, kMeans, kDeviations}));
  EXPECT_EQ(model.prediction, Prediction::Eps);
  EXPECT_EQ(model.vae.scale_factor, 2);
  EXPECT_EQ(model.vae.latent_std, kDeviations);
  write_bytes(path / "vae/config.json", R"({"latents_mean":[1,2],"latents_std":[1,"x"]})");
  expect_error(ErrorCode::Corrupt, "latents_std", [&] { open_model(path); });
  write_bytes(path / "vae/config.json", R"({"latents_mean":[1,2],"latents_std":[1,1]})");
  expect_error(ErrorCode::Corrupt, "means for 2 channels", [&] { open_model(path); });
  write_bytes(path / "scheduler/scheduler_config.json",
              R"({"_class_name":"EDMEulerScheduler","sigma_max":"80"})");
  expect_error(ErrorCode::Corrupt, "sigma_max is no number", [&] { open_model(path); });
}

TEST(Edm, BrokenMarksAreNamed) {
  const TemporaryFolder folder;
  const auto path = folder / "m.safetensors";
  struct Case {
    const char* part;
    std::map<std::string, TinyTensor> marks;
  };
  const TinyTensor one = tiny_tensor({}, 1);
  const Case cases[] = {
      {"expected rising ones", {{"edm_vpred.sigma_max", tiny_tensor({}, 0.001)}}},
      {"expected rising ones", {{"edm_vpred.sigma_max", tiny_tensor({}, NAN)}}},
      {"expected rising ones", {{"edm_vpred.sigma_min", tiny_tensor({}, -1)}}},
      {"expected rising ones", {{"edm_vpred.sigma_max", tiny_tensor({}, HUGE_VAL)}}},
      {"has 2 numbers", {{"edm_vpred.sigma_max", tiny_tensor({2}, 1)}}},
      {"has 0 numbers", {{"edm_vpred.sigma_max", tiny_tensor({0})}}},
      {"stored as C64", {{"edm_vpred.sigma_max", tiny_tensor({}, 1, NumberFormat::C64)}}},
      {"expected \"edm_std\" as well", {{"edm_mean", four(kMeans)}}},
      {"expected \"edm_mean\" as well", {{"edm_std", four(kMeans)}}},
      {"a positive one for each", {{"edm_mean", four(kMeans)}, {"edm_std", four(kMeans)}}},
      {"a positive one for each", {{"edm_mean", four(kMeans)}, {"edm_std", one}}},
      {"tells means for 1 channels", {{"edm_mean", one}, {"edm_std", one}}},
  };
  for (const Case& wrong : cases) {
    write_tiny_safetensors(path, with(wrong.marks));
    expect_error(ErrorCode::Corrupt, wrong.part, [&] { open_model(path); });
    expect_error(ErrorCode::Corrupt, "m.safetensors", [&] { open_model(path); });
    EXPECT_NO_THROW(inspect_model(path, Hashing::No)) << "info tells what it can";
  }
}

}  // namespace
}  // namespace ptravel
