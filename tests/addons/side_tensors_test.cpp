#include "addons/side_tensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "addons/lora_file.h"
#include "checkpoint/model_files.h"

namespace ptravel {
namespace {

SideLora lora(const char* name, const ModelFiles& model, LoraOptions options = {}) {
  const std::string path = std::string(PTRAVEL_TEST_DATA "/addons/lora/") + name + ".safetensors";
  return {LoraFit::make(LoraFile::open(path), model, LoraTargets(model)), options};
}

class SideTensorsTest : public testing::Test {
 protected:
  ModelFiles model_ = open_model(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
  std::shared_ptr<const FileTensors> weights_ = std::make_shared<FileTensors>(model_.weights);
};

TEST_F(SideTensorsTest, SizesAreThoseOfTheNumbers) {
  for (const std::optional<std::int64_t> dyn :
       {std::optional<std::int64_t>(), std::optional<std::int64_t>(1),
        std::optional<std::int64_t>(-1)}) {
    const SideTensors sides(weights_,
                            {lora("kohya_linear", model_, {dyn}), lora("no_alpha", model_, {dyn})});
    std::int64_t all = 0;
    for (const std::string& name : sides.names()) {
      std::int64_t numbers = 0;
      for (const SideBranch& branch : sides.side_branches(name)) {
        numbers += branch.up.numel() + branch.down.numel();
      }
      EXPECT_EQ(sides.side_numbers(name), numbers) << name;
      all += numbers;
    }
    EXPECT_GT(all, 0);
  }
}

TEST_F(SideTensorsTest, EachHasItsSlotAndItsOwnFactors) {
  const SideLora first = lora("kohya_linear", model_), second = lora("no_alpha", model_);
  const SideTensors both(weights_, {first, second});
  const SideTensors alone(weights_, {second});
  bool met = false;
  for (const std::string& name : both.names()) {
    for (const SideBranch& branch : both.side_branches(name)) {
      EXPECT_TRUE(branch.slot == 0 || branch.slot == 1) << name;
      if (branch.slot == 1) {
        met = true;
        const std::vector<SideBranch> own = alone.side_branches(name);
        ASSERT_EQ(own.size(), 1U) << name;
        EXPECT_EQ(own.front().slot, 0);
        EXPECT_TRUE(own.front().up.equal(branch.up)) << name;
        EXPECT_TRUE(own.front().down.equal(branch.down)) << name;
      }
    }
  }
  EXPECT_TRUE(met);
}

TEST_F(SideTensorsTest, SomeKindsDependOnWhatOthersMadeOfTheWeights) {
  for (const char* name : {"kohya_linear", "loha", "lokr", "full"}) {
    EXPECT_TRUE(is_independent(*lora(name, model_).fit)) << name;
  }
  for (const char* name : {"dora", "ia3", "glora", "oft_kohya"}) {
    EXPECT_FALSE(is_independent(*lora(name, model_).fit)) << name;
  }
}

TEST_F(SideTensorsTest, PlainLowRanksOfWholeWeightsStandBeside) {
  EXPECT_TRUE(can_stand_beside(lora("no_alpha", model_), *weights_));
  EXPECT_TRUE(can_stand_beside(lora("kohya_linear", model_, {2}), *weights_));
  EXPECT_FALSE(can_stand_beside(lora("kohya_linear", model_, {0}), *weights_)) << "no rank is used";
  EXPECT_FALSE(can_stand_beside(lora("loha", model_), *weights_));
}

}  // namespace
}  // namespace ptravel
