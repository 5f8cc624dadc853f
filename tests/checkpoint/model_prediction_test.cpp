// What a model predicts and on which noise schedule, as its tensors, marks and metadata say.
#include <cmath>

#include <gtest/gtest.h>

#include "checkpoint/model_files.h"
#include "checkpoint/noise_schedule.h"
#include "schedule/sigma_table.h"
#include "tests/checkpoint/falling.h"
#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

TEST(ModelPrediction, RefusesABrokenNoiseSchedule) {
  const TemporaryFolder folder;
  TinyTensors file = tiny_sd1();
  for (const TinyTensor& schedule :
       {tiny_tensor({7}), falling(0.1, 0.9), falling(2.0, 0.1), tiny_tensor({1000}, NAN),
        falling(1.0, 0.1), falling(0.9, -0.1), tiny_tensor({1000}, 0.5),
        falling(0.9999, 0.1, NumberFormat::BF16), falling(0.9, 0.1, NumberFormat::F8E4M3)}) {
    file["alphas_cumprod"] = schedule;
    write_tiny_safetensors(folder / "m.safetensors", file);
    expect_error(ErrorCode::Corrupt, "m.safetensors: alphas_cumprod",
                 [&] { open_model(folder / "m.safetensors"); });
  }
}

/// The levels of a rule as a tensor of some format.
TinyTensor levels_of(const BetaRule& rule, NumberFormat format) {
  const std::vector<double> levels = alphas_cumprod_of(rule).value_or(default_alphas_cumprod());
  return tiny_tensor(
      {1000}, [&](std::size_t i) { return levels[i]; }, format);
}

TEST(ModelPrediction, ARoundedNoiseScheduleGivesWayToItsRule) {
  const TemporaryFolder folder;
  TinyTensors file = tiny_sd1();
  const BetaRule rules[] = {
      {}, {.zero_terminal_snr = true}, {.start = 0.0001, .end = 0.02, .even_roots = false}};
  for (const BetaRule& rule : rules) {
    for (const NumberFormat format : {NumberFormat::F16, NumberFormat::BF16}) {
      file["alphas_cumprod"] = levels_of(rule, format);
      write_tiny_safetensors(folder / "m.safetensors", file);
      const auto alphas = open_model(folder / "m.safetensors").alphas_cumprod;
      EXPECT_EQ(alphas, alphas_cumprod_of(rule));
      EXPECT_NO_THROW(SigmaTable(alphas.value_or(default_alphas_cumprod())));
    }
  }
  // Numbers of a model's own stay, as far as halves can tell them apart.
  file["alphas_cumprod"] = falling(0.9, 0.1, NumberFormat::F16);
  write_tiny_safetensors(folder / "m.safetensors", file);
  EXPECT_NEAR(open_model(folder / "m.safetensors").alphas_cumprod->back(), 0.1, 1e-4);
  // So do exact ones, even where they are the usual: programs use what the file has.
  file["alphas_cumprod"] = levels_of({}, NumberFormat::F32);
  write_tiny_safetensors(folder / "m.safetensors", file);
  const auto kept = open_model(folder / "m.safetensors").alphas_cumprod;
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->at(500), static_cast<double>(static_cast<float>(default_alphas_cumprod()[500])));
}

TEST(ModelPrediction, ZeroSignalAtTheLastLevelCanBeDrawnFrom) {
  const TemporaryFolder folder;
  TinyTensors file = tiny_sd1();
  file["alphas_cumprod"] = levels_of({.zero_terminal_snr = true}, NumberFormat::F32);
  file["alphas_cumprod"].numbers.back() = 0;
  write_tiny_safetensors(folder / "m.safetensors", file);
  const ModelFiles model = open_model(folder / "m.safetensors");
  ASSERT_TRUE(model.alphas_cumprod);
  EXPECT_EQ(model.alphas_cumprod->back(), 4.8973451890853435e-08);
  EXPECT_NEAR(SigmaTable(*model.alphas_cumprod).sigma_max(), 4518.76, 0.01);
  // Newer files only bear a mark.
  file.erase("alphas_cumprod");
  file["ztsnr"] = tiny_tensor({});
  file["v_pred"] = tiny_tensor({});
  write_tiny_safetensors(folder / "m.safetensors", file);
  const ModelFiles marked = open_model(folder / "m.safetensors");
  EXPECT_EQ(marked.alphas_cumprod, alphas_cumprod_of({.zero_terminal_snr = true}));
  EXPECT_EQ(marked.prediction, Prediction::V);
  EXPECT_TRUE(marked.notes.empty());
}

struct MarkedFile {
  std::map<std::string, std::string> metadata;
  bool v_tensor;
  Prediction prediction;
  const char* reason;
};

TEST(ModelPrediction, MetadataSaysWhatIsPredicted) {
  const TemporaryFolder folder;
  const auto path = folder / "m.safetensors";
  const MarkedFile files[] = {
      {{}, false, Prediction::Eps, "usual for its kind"},
      {{{"modelspec.prediction_type", "v"}},
       false,
       Prediction::V,
       "metadata modelspec.prediction_type"},
      {{{"modelspec.prediction_type", "epsilon"}},
       false,
       Prediction::Eps,
       "metadata modelspec.prediction_type"},
      {{{"modelspec.predict_key", "v"}}, false, Prediction::V, "metadata modelspec.predict_key"},
      {{{"ss_v_parameterization", "True"}}, false, Prediction::V, "metadata ss_v_parameterization"},
      {{{"ss_v_parameterization", "False"}}, false, Prediction::Eps, "usual for its kind"},
      {{{"modelspec.prediction_type", "epsilon"}}, true, Prediction::V, "the tensor v_pred"},
  };
  for (const MarkedFile& file : files) {
    TinyTensors tensors = tiny_sd1();
    if (file.v_tensor) {
      tensors["v_pred"] = tiny_tensor({});
    }
    write_tiny_safetensors(path, tensors, file.metadata);
    const ModelFiles model = open_model(path);
    EXPECT_EQ(model.prediction, file.prediction) << file.reason;
    EXPECT_EQ(model.notes.size(), file.v_tensor ? 1U : 0U) << "a contradiction is told";
    const ModelInfo info = inspect_model(path, Hashing::No);
    EXPECT_EQ(info.prediction, file.prediction) << file.reason;
    EXPECT_EQ(info.prediction_reason, file.reason);
    EXPECT_EQ(open_model(path, {.prediction = Prediction::Eps}).prediction, Prediction::Eps);
  }
}

TEST(ModelPrediction, ZeroSignalCanBeAskedForAndRefused) {
  const TemporaryFolder folder;
  const auto path = folder / "m.safetensors";
  write_tiny_safetensors(path, tiny_sd1());
  const auto zero = alphas_cumprod_of({.zero_terminal_snr = true});
  EXPECT_FALSE(open_model(path, {.zero_snr = false}).alphas_cumprod);
  EXPECT_EQ(open_model(path, {.zero_snr = true}).alphas_cumprod, zero);
  write_tiny_safetensors(path, tiny_sd1(), {{"ss_zero_terminal_snr", "True"}});
  EXPECT_EQ(open_model(path).alphas_cumprod, zero);
  EXPECT_TRUE(inspect_model(path, Hashing::No).zero_snr);
  EXPECT_EQ(open_model(path, {.zero_snr = true}).alphas_cumprod, zero);
  EXPECT_FALSE(open_model(path, {.zero_snr = false}).alphas_cumprod);
}

TEST(ModelPrediction, PredictionComesFromFilesAndOptions) {
  const TemporaryFolder folder;
  write_tiny_safetensors(folder / "m.safetensors", tiny_sd1());
  write_bytes(folder / "config.json", R"({"unet":{"num_heads":4},"parameterization":"v"})");
  const ModelFiles model = open_model(folder / "m.safetensors");
  EXPECT_EQ(model.prediction, Prediction::V);
  EXPECT_EQ(model.unet.heads, (std::vector<std::int64_t>{4, 4}));
  EXPECT_EQ(open_model(folder / "m.safetensors", {.prediction = Prediction::Eps}).prediction,
            Prediction::Eps);
  write_bytes(folder / "m.yaml", "parameterization: eps\n");
  EXPECT_EQ(open_model(folder / "m.safetensors").prediction, Prediction::Eps);
}

}  // namespace
}  // namespace ptravel
