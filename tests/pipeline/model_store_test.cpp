#include "ptravel/model_store.h"

#include <filesystem>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "pipeline/loaded_model.h"
#include "ptravel/error.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

ModelSpec tiny_spec() {
  ModelSpec spec;
  spec.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
  spec.device = DeviceChoice::Cpu;
  spec.precision = Precision::Fp32;
  return spec;
}

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 40;

std::shared_ptr<const LoadedModel> load(ModelStore& store, const ModelSpec& spec) {
  Progress progress;
  return store.load(OpenModel::open(spec), progress);
}

TEST(ModelStore, EqualSettingsShareOneModel) {
  ModelStore store(kPlenty);
  const auto one = load(store, tiny_spec());
  EXPECT_EQ(one, load(store, tiny_spec()));
  ModelSpec other = tiny_spec();
  other.prediction = PredictionChoice::V;
  EXPECT_NE(one, load(store, other));
  EXPECT_EQ(store.models(), 2u);
  EXPECT_EQ(store.bytes(), 2 * one->bytes());
  EXPECT_GT(one->bytes(), 10'000u);
}

TEST(LoadedModel, LetsTextEncodersGoWhereMemoryIsShort) {
  Progress progress;
  ModelSpec spec = tiny_spec();
  const auto plain = LoadedModel::load(*OpenModel::open(spec), progress);
  const std::weak_ptr<const std::vector<ClipTextModel>> stays = plain->text_encoders();
  plain->unet();
  EXPECT_FALSE(stays.expired());

  spec.low_memory = true;
  const auto lean = LoadedModel::load(*OpenModel::open(spec), progress);
  std::weak_ptr<const std::vector<ClipTextModel>> goes = lean->text_encoders();
  EXPECT_EQ(goes.lock(), lean->text_encoders());  // Not read again for the next text.
  const Unet* unet = &lean->unet();
  EXPECT_TRUE(goes.expired());
  const SharedTextEncoders held = lean->text_encoders();
  goes = held;
  EXPECT_EQ(unet, &lean->unet());
  EXPECT_FALSE(goes.expired());  // While somebody encodes with them.
  const at::Tensor ids = at::full({1, 77}, 3, at::kLong);
  EXPECT_TRUE(held->front().forward(ids).equal(plain->text_encoders()->front().forward(ids)));
  EXPECT_EQ(lean->bytes(), plain->bytes());
}

/// What stands beside the weights takes room, too.
TEST(LoadedModel, CountsLorasBesideTheUnet) {
  Progress progress;
  ModelSpec spec = tiny_spec();
  spec.addons = {{"lora", PTRAVEL_TEST_DATA "/addons/lora/no_alpha.safetensors", "no_alpha"}};
  const auto merged = LoadedModel::load(*OpenModel::open(spec), progress);
  spec.addons[0].beside = true;
  // Two ranks of a layer of 32 x 32 and of one of 32 x 48, in fp32.
  EXPECT_EQ(LoadedModel::load(*OpenModel::open(spec), progress)->bytes(),
            merged->bytes() + 4 * 2 * (32 + 32 + 32 + 48));
}

/// The store compares settings as a whole, so models that differ in an add-on are different ones.
TEST(ModelStore, AddonsArePartOfTheKey) {
  ModelSpec one = tiny_spec();
  one.addons = {{"lora", "a.safetensors"}, {"lora", "b.safetensors"}};
  ModelSpec other = one;
  EXPECT_TRUE(one == other);
  std::swap(other.addons[0], other.addons[1]);
  EXPECT_FALSE(one == other);
  other = one;
  other.addons[1].role = "controlnet";
  EXPECT_FALSE(one == other);
  EXPECT_FALSE(one == tiny_spec());
}

TEST(OpenModel, RefusesAddonsByName) {
  ModelSpec spec = tiny_spec();
  spec.addons = {{"controlnet", "/models/a style.safetensors"}};
  expect_error(ErrorCode::Unsupported,
               "[addons] /models/a style.safetensors: add-ons of the kind \"controlnet\" are not "
               "supported yet",
               [&] { OpenModel::open(spec); });
}

TEST(ModelStore, AFileThatHasChangedIsReadAgain) {
  const TemporaryFolder folder;
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors", folder / "model.safetensors");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_sd1/config.json", folder / "config.json");
  ModelSpec spec = tiny_spec();
  spec.model = folder / "model.safetensors";
  ModelStore store(kPlenty);
  const auto one = load(store, spec);
  EXPECT_EQ(one, load(store, spec));
  fs::last_write_time(folder / "config.json",
                      fs::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_NE(one, load(store, spec));
}

TEST(ModelStore, LetsTheLeastRecentlyAskedForGo) {
  ModelSpec specs[3] = {tiny_spec(), tiny_spec(), tiny_spec()};
  specs[1].prediction = PredictionChoice::V;
  specs[2].prediction = PredictionChoice::Eps;
  const std::uint64_t bytes = [&] {
    ModelStore store(kPlenty);
    return load(store, specs[0])->bytes();
  }();
  ModelStore store(2 * bytes);
  const std::weak_ptr<const LoadedModel> first = load(store, specs[0]);
  const std::weak_ptr<const LoadedModel> second = load(store, specs[1]);
  load(store, specs[0]);
  load(store, specs[2]);
  EXPECT_EQ(store.models(), 2u);
  EXPECT_FALSE(first.expired());
  EXPECT_TRUE(second.expired());
}

TEST(ModelStore, WithoutRoomItStillSharesWhatIsInUse) {
  ModelStore store(0);
  const auto one = load(store, tiny_spec());
  EXPECT_EQ(store.models(), 0u);
  EXPECT_EQ(one, load(store, tiny_spec()));
}

TEST(ModelStore, UnloadingLetsGoOfWhatNobodyUses) {
  ModelStore store(kPlenty);
  ModelSpec other = tiny_spec();
  other.precision = Precision::Bf16;
  const auto in_use = load(store, tiny_spec());
  const std::weak_ptr<const LoadedModel> idle = load(store, other);
  EXPECT_EQ(store.models(), 2U);
  store.unload();
  EXPECT_EQ(store.models(), 0U);
  EXPECT_EQ(store.bytes(), 0U);
  EXPECT_TRUE(idle.expired());
  EXPECT_EQ(load(store, tiny_spec()), in_use);  // still shared
}

TEST(ModelStore, ManyThreadsWaitForOneLoading) {
  ModelStore store(kPlenty);
  std::vector<std::shared_ptr<const LoadedModel>> models(4);
  std::vector<std::thread> threads;
  for (auto& model : models) {
    threads.emplace_back([&] { model = load(store, tiny_spec()); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& model : models) {
    EXPECT_EQ(model, models.front());
  }
}

TEST(ModelStore, CancelledLoadingLeavesNothingBehind) {
  ModelStore store(kPlenty);
  Progress cancelled;
  cancelled.cancel();
  EXPECT_THROW(store.load(OpenModel::open(tiny_spec()), cancelled), Error);
  EXPECT_EQ(store.models(), 0u);
  EXPECT_TRUE(load(store, tiny_spec()));
}

TEST(OpenModel, KnowsEveryFileThatItRead) {
  const auto single = OpenModel::open(tiny_spec());
  ASSERT_EQ(single->stamps().size(), 2u);
  EXPECT_EQ(single->stamps()[0].role, "model");
  EXPECT_EQ(single->stamps()[0].name, "model.safetensors");
  EXPECT_EQ(single->stamps()[1].role, "config");
  EXPECT_EQ(single->stamps()[1].name, "config.json");
}

}  // namespace
}  // namespace ptravel
