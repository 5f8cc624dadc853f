// Every sampler with every schedule, few steps and many, from noise and from a picture: what
// validation lets through must draw numbers. The network knows the guided_answer for pictures of
// plain noise, so that nothing grows.

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "diffusion/sample.h"
#include "ptravel/preset.h"
#include "request/frame_settings.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

const SigmaTable& table() {
  static const SigmaTable usual;
  return usual;
}

/// eps of data that is normally distributed: sigma / sqrt(1 + sigma^2) of what the network sees.
at::Tensor guided_answer(const std::vector<NetworkRow>& rows) {
  std::vector<at::Tensor> results;
  for (const NetworkRow& row : rows) {
    const double sigma = table().t_to_sigma(row.time);
    results.push_back(row.latent * (sigma / std::sqrt(1 + sigma * sigma)));
  }
  return at::stack(results);
}

at::Tensor drawn(const TravelRequest& request) {
  SamplingBatch batch;
  ImageConditioning image;
  image.parts.resize(1);
  image.parts[0].schedule = ScheduledConditioning(TextEncoding{at::zeros({77, 4}), {}});
  image.uncond = image.parts[0].schedule;
  batch.images = {image};
  batch.seeds.resize(1);
  batch.shape = {4, 2, 2};
  batch.options = at::TensorOptions(at::kFloat);
  if (!request.init_image.empty()) {
    batch.init_latent = at::ones({1, 4, 2, 2});
  }
  return sample_latents({guided_answer, Prediction::Eps, table()}, sampling_settings(request),
                        batch);
}

const std::vector<double> kStrengths = {0.0, 0.02, 0.1, 0.5, 0.99, 1.0};

class EverySampling : public testing::Test {
 protected:
  EverySampling() {
    picture_ = (folder_ / "picture.png").string();
    write_file_atomic(picture_, "x");
  }

  TravelRequest request() const {
    TravelRequest request;
    request.model = picture_;  // Any file: nobody opens it.
    request.prompt = "a cat";
    request.seed = {1};
    return request;
  }

  /// Draws what validation lets through.
  void expect_drawn(const TravelRequest& request) {
    if (!validate_request(request).empty()) {
      ++refused_;
      return;
    }
    ++allowed_;
    const std::string what = request.sampler + ", " + request.scheduler + ", " +
                             std::to_string(request.steps) + " steps, strength " +
                             std::to_string(request.denoise_strength[0]) +
                             (request.img2img_fix_steps ? ", fixed" : "") +
                             (request.init_image.empty() ? "" : ", from a picture");
    try {
      const at::Tensor latent = drawn(request);
      EXPECT_TRUE(at::isfinite(latent).all().item<bool>()) << what;
      EXPECT_LT(latent.abs().max().item<double>(), 100) << what;
    } catch (const Error& error) {
      ADD_FAILURE() << what << ": " << error.what();
    }
  }

  void expect_all(const TravelRequest& settings, const std::vector<double>& strengths) {
    expect_drawn(settings);
    TravelRequest from = settings;
    from.init_image = picture_;
    for (const double strength : strengths) {
      from.denoise_strength = {strength};
      for (const bool fixed : {false, true}) {
        from.img2img_fix_steps = fixed;
        expect_drawn(from);
      }
    }
  }

  TemporaryFolder folder_;
  std::string picture_;
  int allowed_ = 0;
  int refused_ = 0;
};

TEST_F(EverySampling, ThatIsAllowedDrawsNumbers) {
  for (const SamplerInfo& sampler : sampler_infos()) {
    for (const ScheduleInfo& schedule : schedule_infos()) {
      TravelRequest request = this->request();
      request.sampler = sampler.label;
      request.scheduler = schedule.label;
      for (const int steps : {1, 2, 4, 7}) {
        request.steps = steps;
        expect_all(request, kStrengths);
      }
      request.steps = 51;
      expect_all(request, {0.02});
    }
  }
  EXPECT_GT(allowed_, 10000);
  EXPECT_GT(refused_, 10);
}

TEST_F(EverySampling, OfThePresetsDrawsNumbers) {
  for (const Preset& preset : presets()) {
    TravelRequest request = this->request();
    for (const auto& [field, text] : preset.settings) {
      ASSERT_FALSE(set_request_field(request, field, text)) << field;
    }
    expect_all(request, kStrengths);
  }
  EXPECT_GT(allowed_, 100);
}

}  // namespace
}  // namespace ptravel
