// A picture is a function of the model and its settings: the bytes of every network, and of a whole
// drawing, for every number of threads and every batch.

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "pipeline/latent_loss.h"
#include "pipeline/latents.h"
#include "pipeline/pipeline.h"
#include "tensor/cpu/onednn.h"
#include "tensor/rng.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

constexpr std::int64_t kMostImages = 7;
constexpr int kThreads[] = {1, 2, 3};

struct Model {
  const char* name;
  const char* path;
  int side;  // of its pictures
};
constexpr Model kTiny = {"tiny", PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", 64};
constexpr Model kDefault = {"default", PTRAVEL_DEFAULT_MODEL, 128};

using Parameters = std::tuple<Model, Precision>;

const std::vector<std::string>& prompts() {
  static const std::vector<std::string> texts = {"boy, white hair, red cloak",
                                                 "girl, blue hair, witch hat",
                                                 "a (cat:1.3)",
                                                 "((dog)), [night]",
                                                 "castle",
                                                 "knight, sword",
                                                 "tree"};
  return texts;
}

std::unique_ptr<Pipeline> opened(const Model& model, Precision precision) {
  PipelineOptions options;
  options.model = model.path;
  options.precision = precision;
  options.device = DeviceChoice::Cpu;
  options.threads = 2;
  auto pipeline = Pipeline::open(options);
  Progress progress;
  pipeline->load(progress);
  return pipeline;
}

/// Draws pictures [first, first + count) of the prompts.
at::Tensor draw(const Pipeline& pipeline, int side, std::int64_t first, std::int64_t count) {
  SamplingSettings settings;
  settings.sampler = "Euler a";
  settings.num_steps = 2;
  PictureBatch batch;
  batch.width = batch.height = side;
  for (std::int64_t image = first; image < first + count; ++image) {
    batch.images.push_back(
        pipeline.encoder().encode(prompts()[static_cast<std::size_t>(image)], "blurry", {}));
    ImageSeed seed;
    seed.seed = static_cast<std::uint64_t>(image);
    batch.seeds.push_back(seed);
  }
  return pipeline.sample(settings, batch);
}

class SameBytes : public testing::TestWithParam<Parameters> {
 protected:
  void SetUp() override {
    if (!cpu::onednn_available()) {
      GTEST_SKIP() << "LibTorch's products depend on the number of threads";
    }
    pipeline_ = opened(std::get<Model>(GetParam()), std::get<Precision>(GetParam()));
  }

  int side() const { return std::get<Model>(GetParam()).side; }
  at::Tensor noise(std::int64_t images, std::int64_t channels, std::int64_t length) const {
    return Rng(RngSource::Cpu, 11).randn({images, channels, length, length});
  }
  at::Tensor latents() const { return noise(kMostImages, 4, side() / pipeline_->size_factor()); }

  at::Tensor text_like() const {
    return Rng(RngSource::Cpu, 12).randn({77, pipeline_->unet().config().context_dim});
  }

  /// compute(first, count) gives a result for some of the images. All of them at once, in batches
  /// of every size, on every number of threads, must be what one thread computes one by one.
  template <typename Compute>
  void expect_same(const Compute& compute) const {
    std::vector<at::Tensor> singles;
    {
      const ThreadScope one(1);
      for (std::int64_t image = 0; image < kMostImages; ++image) {
        singles.push_back(compute(image, std::int64_t{1}));
      }
    }
    for (const int threads : kThreads) {
      const ThreadScope scope(threads);
      for (std::int64_t count = 1; count <= kMostImages; ++count) {
        const at::Tensor batch = compute(std::int64_t{0}, count);
        for (std::int64_t image = 0; image < count; ++image) {
          EXPECT_TRUE(at::equal(batch[image], singles[static_cast<std::size_t>(image)][0]))
              << "image " << image << " of " << count << " on " << threads << " threads";
        }
      }
    }
  }

  std::unique_ptr<Pipeline> pipeline_;
};

TEST_P(SameBytes, OfTextEncodings) {
  const SharedTextEncoders encoders = pipeline_->text_encoders();
  const ClipTextModel& clip = encoders->front();
  const at::Tensor ids =
      at::arange(kMostImages * 77).reshape({kMostImages, 77}).remainder(clip.config().vocab_size);
  expect_same([&](std::int64_t first, std::int64_t count) {
    return clip.forward(ids.narrow(0, first, count));
  });
}

TEST_P(SameBytes, OfPromptsWithEmphasis) {
  std::string text = "(a very long prompt:1.2)";
  for (int i = 0; i < 150; ++i) {
    text += ", word";
  }
  const auto encode = [&](int threads) {
    const ThreadScope scope(threads);
    return pipeline_->encoder()
        .encode_texts({tokenize_text(pipeline_->tokenizers(), text, {})}, {})
        .front()
        .tokens;
  };
  const at::Tensor one = encode(1);
  for (const int threads : kThreads) {
    EXPECT_TRUE(at::equal(encode(threads), one)) << threads;
  }
}

TEST_P(SameBytes, OfNoisePredictions) {
  const at::Tensor x = latents();
  const Unet& unet = pipeline_->unet();
  std::vector<UnetConditioning> images;
  for (std::int64_t image = 0; image < kMostImages; ++image) {
    const at::Tensor context = text_like();
    images.push_back(
        {unet.prepare_time(static_cast<float>(900 - 100 * image)), unet.prepare_text(context)});
  }
  expect_same([&](std::int64_t first, std::int64_t count) {
    const auto begin = images.begin() + first;
    return unet.forward(x.narrow(0, first, count), {begin, begin + count});
  });
}

TEST_P(SameBytes, OfDecodedPictures) {
  const at::Tensor x = latents();
  expect_same([&](std::int64_t first, std::int64_t count) {
    return pipeline_->vae().decode(x.narrow(0, first, count));
  });
}

TEST_P(SameBytes, OfEncodedPictures) {
  const at::Tensor x = noise(kMostImages, 3, side()).clamp(-1, 1);
  expect_same([&](std::int64_t first, std::int64_t count) {
    return pipeline_->vae().encode(x.narrow(0, first, count)).mean;
  });
}

TEST_P(SameBytes, OfWholeDrawings) {
  expect_same([&](std::int64_t first, std::int64_t count) {
    return draw(*pipeline_, side(), first, count);
  });
}

TEST_P(SameBytes, OfGradients) {
  const at::Tensor context = text_like();
  const at::Tensor latent = latents().narrow(0, 0, 1);
  const auto gradient = [&](int threads) {
    const ThreadScope scope(threads);
    const LatentLoss loss =
        latent_loss(*pipeline_, latent, {500, latents().narrow(0, 1, 1)}, {context}, true);
    return at::cat({loss.loss.flatten(), loss.gradient.flatten()});
  };
  const at::Tensor one = gradient(1);
  for (const int threads : kThreads) {
    EXPECT_TRUE(at::equal(gradient(threads), one)) << threads;
  }
}

/// Two pieces of work in one process, each on its own number of threads.
TEST(TwoAtOnce, DrawWhatEachDrawsAlone) {
  if (!cpu::onednn_available()) {
    GTEST_SKIP() << "LibTorch's products depend on the number of threads";
  }
  const auto first = opened(kDefault, Precision::Fp32), second = opened(kDefault, Precision::Bf16);
  const auto alone = [](const Pipeline& pipeline) {
    const ThreadScope one(1);
    return draw(pipeline, kDefault.side, 0, 3);
  };
  const at::Tensor first_alone = alone(*first), second_alone = alone(*second);
  const auto draws = [](const Pipeline& pipeline, int threads, const at::Tensor& expected) {
    const ThreadScope scope(threads);
    bool same = true;
    for (int i = 0; i < 5; ++i) {
      same = same && at::equal(draw(pipeline, kDefault.side, 0, 3), expected) &&
             threads_here() == threads;
    }
    return same;
  };
  auto beside = std::async(std::launch::async, draws, std::cref(*first), 3, first_alone);
  EXPECT_TRUE(draws(*second, 2, second_alone));
  EXPECT_TRUE(beside.get());
}

std::string name_of(const testing::TestParamInfo<Parameters>& info) {
  const bool fp32 = std::get<Precision>(info.param) == Precision::Fp32;
  return std::get<Model>(info.param).name + std::string(fp32 ? "_fp32" : "_bf16");
}

INSTANTIATE_TEST_SUITE_P(Models,
                         SameBytes,
                         testing::Combine(testing::Values(kTiny, kDefault),
                                          testing::Values(Precision::Fp32, Precision::Bf16)),
                         name_of);

}  // namespace
}  // namespace ptravel
