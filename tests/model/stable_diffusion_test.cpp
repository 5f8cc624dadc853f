#include "model/stable_diffusion.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/tensor_sources.h"
#include "ptravel/error.h"
#include "tests/model/tiny.h"

namespace ptravel {
namespace {

/// Remembers what networks ask for, so that a complete model can be put together.
class RecordingTensors : public RandomTensors {
 public:
  explicit RecordingTensors(std::shared_ptr<MemoryTensors> recorded)
      : RandomTensors(5), recorded_(std::move(recorded)) {}
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override {
    auto made = RandomTensors::make(name, shape, compute);
    recorded_->add(std::string(name), *made);
    return made;
  }

 private:
  std::shared_ptr<MemoryTensors> recorded_;
};

class LoadedModel : public testing::Test {
 protected:
  LoadedModel() {
    files.clips[0] = tiny_clip();
    files.unet = tiny_unet();
    files.unet.context_dim = files.clips[0].width;
    files.vae = tiny_vae();
    Progress progress;
    StableDiffusion::load(files, std::make_shared<RecordingTensors>(tensors), cpu_fp32(), progress);
  }

  std::shared_ptr<MemoryTensors> tensors = std::make_shared<MemoryTensors>();
  ModelFiles files;
};

TEST_F(LoadedModel, ComputesFromTextToPicture) {
  std::vector<double> done;
  double total = 0;
  Progress progress([&](const ProgressSnapshot& snapshot) {
    done.push_back(snapshot.done);
    total = snapshot.total;
  });
  const StableDiffusion model = StableDiffusion::load(files, tensors, cpu_fp32(), progress);
  EXPECT_EQ(done.back(), total);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  const at::Tensor context = model.clips[0].forward(at::zeros({1, 77}, at::kLong));
  const at::Tensor latent =
      model.unet.forward(at::randn({1, 4, 4, 4}), at::full({1}, 10.0F), context);
  EXPECT_TRUE(model.vae.decode(latent).isfinite().all().item<bool>());
}

TEST_F(LoadedModel, KeepsTheTextEncoderInFullPrecision) {
  Progress progress;
  const StableDiffusion exact = StableDiffusion::load(files, tensors, cpu_fp32(), progress);
  const StableDiffusion low = StableDiffusion::load(files, tensors, cpu_bf16(), progress);
  const at::Tensor ids = at::ones({1, 77}, at::kLong);
  EXPECT_TRUE(at::equal(exact.clips[0].forward(ids), low.clips[0].forward(ids)));
}

TEST_F(LoadedModel, RefusesStrayAndBrokenTensors) {
  tensors->add("first_stage_model.surplus.weight", at::zeros({3}));
  Progress progress;
  try {
    StableDiffusion::load(files, tensors, cpu_fp32(), progress);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    EXPECT_NE(std::string(error.what()).find("surplus"), std::string::npos);
  }
}

TEST_F(LoadedModel, StopsWhenCancelled) {
  Progress progress;
  progress.cancel();
  try {
    StableDiffusion::load(files, tensors, cpu_fp32(), progress);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Cancelled);
  }
}

}  // namespace
}  // namespace ptravel
