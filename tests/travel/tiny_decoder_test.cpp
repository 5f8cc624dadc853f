// Drafts and sketches by a tiny decoder that lies beside the model.

#include <algorithm>

#include <gtest/gtest.h>

#include "ptravel/model_store.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/travel/tiny_travel.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

const fs::path kDecoder = PTRAVEL_TEST_DATA "/tiny_decoder/decoder.pth";

class TinyDecoderTravel : public testing::Test {
 protected:
  TinyDecoderTravel() {
    for (const char* name : {"model.safetensors", "config.json"}) {
      fs::create_symlink(fs::path(PTRAVEL_TEST_DATA "/tiny_sd1") / name, folder_ / name);
    }
  }
  TravelRequest request(VaeDecoder decoder) const {
    TravelRequest request = tiny_request();
    request.model = folder_ / "model.safetensors";
    request.vae_decoder = decoder;
    return request;
  }
  TemporaryFolder folder_;
  ModelStore store_{std::uint64_t{1} << 30};
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(TinyDecoderTravel, DraftsAreOtherPicturesOfTheSameLatents) {
  fs::copy(kDecoder, folder_ / "taesd_decoder.pth");
  const auto whole = draw(request(VaeDecoder::Full), store_);
  const auto drafts = draw(request(VaeDecoder::Tiny), store_);
  TravelRequest batched = request(VaeDecoder::Tiny);
  batched.batch = 3;
  batched.low_memory = true;
  const auto again = draw(batched, store_);
  ASSERT_EQ(drafts.size(), 4U);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    EXPECT_EQ(drafts[i].latent, whole[i].latent);
    EXPECT_NE(drafts[i].image.pixels, whole[i].image.pixels);
    EXPECT_EQ(drafts[i].image, again[i].image);
    EXPECT_EQ(drafts[i].image.width, 64);
    EXPECT_FALSE(has(whole[i].parameters, "VAE Decoder"));
    EXPECT_TRUE(has(drafts[i].parameters, "VAE Decoder: TAESD, ")) << drafts[i].parameters;
    EXPECT_TRUE(has(drafts[i].parameters, "Travel VAE decoder hash: "));
  }
}

TEST_F(TinyDecoderTravel, DraftsBelongToTheirFile) {
  fs::copy(kDecoder, folder_ / "taesd_decoder.pth");
  Progress progress;
  const auto files = [&](VaeDecoder decoder) {
    std::vector<std::string> roles;
    const auto travel = Travel::open(request(decoder), progress);
    for (const FileIdentity& file : travel->model().files) {
      roles.push_back(file.role + " " + file.name);
    }
    return roles;
  };
  EXPECT_EQ(std::ranges::count(files(VaeDecoder::Tiny), "vae_decoder taesd_decoder.pth"), 1);
  EXPECT_EQ(std::ranges::count(files(VaeDecoder::Full), "vae_decoder taesd_decoder.pth"), 0);
}

TEST_F(TinyDecoderTravel, SketchesHavePixelsWithinCells) {
  for (const bool there : {false, true}) {
    if (there) {
      fs::copy(kDecoder, folder_ / "taesd_decoder.pth");
    }
    std::vector<Image> seen;
    draw(request(VaeDecoder::Full), store_,
         {[&](const FrameSketch& sketch) { seen.push_back(sketch.image); }, 0, 1e9});
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back().width, there ? 64 : 8);
    store_.unload();
  }
}

TEST_F(TinyDecoderTravel, SaysWhatIsMissing) {
  Progress progress;
  expect_error(ErrorCode::NotFound, "found no taesd_decoder (.safetensors, .pth or .pt)",
               [&] { Travel::open(request(VaeDecoder::Tiny), progress); });
  fs::copy(PTRAVEL_TEST_DATA "/tiny_decoder/decode.safetensors",
           folder_ / "taesd_decoder.safetensors");
  expect_error(ErrorCode::Unsupported, "taesd_decoder.safetensors: is a",
               [&] { Travel::open(request(VaeDecoder::Tiny), progress); });
  const auto notes = Travel::open(request(VaeDecoder::Full), progress)->notes();
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const std::string& note) { return has(note, "; previews do without it"); }));
}

}  // namespace
}  // namespace ptravel
