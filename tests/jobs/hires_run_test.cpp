// Runs with a second pass at a larger size: stopped, resumed, drawn again from a picture.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "ptravel/jobs.h"
#include "ptravel/model.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/tiny_upscaler.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TravelRequest hires_request(const TemporaryFolder& out) {
  TravelRequest request = tiny_request(out);
  request.hires = true;
  request.hires_scale = 1.5;
  request.hires_upscaler = "Lanczos";
  request.hires_prompt = "a cat, detailed\na red dog, [sharp:soft:1.5]";
  return request;
}

fs::path run(const TravelRequest& request) {
  Progress progress;
  return run_travel(request, progress, kNoEvents, &shared_store()).folder;
}

TEST(HiresRun, StoppedAndResumedEndsWithTheSameBytes) {
  for (const Genesis genesis : {Genesis::Fixed, Genesis::Successive, Genesis::Embryo}) {
    const TemporaryFolder whole_out, out;
    TravelRequest request = hires_request(whole_out);
    request.genesis = genesis;
    const auto whole = contents(run(request));
    request.out = out.path().string();
    const fs::path folder = stopped_run(request, 2);
    Progress progress;
    ResumeOptions options;
    options.store = &shared_store();
    resume_travel(folder, options, progress, kNoEvents);
    EXPECT_TRUE(contents(folder) == whole) << static_cast<int>(genesis);
    EXPECT_EQ(read_image(folder / "00003.png").image.width, 96);
  }
}

TEST(HiresRun, ANetworkEnlargesWhatTheSecondPassBeginsWith) {
  const TemporaryFolder plain_out, whole_out, out, models;
  const auto network = models / "ESRGAN/2x_tiny.safetensors";
  fs::create_directories(network.parent_path());
  write_tiny_safetensors(network, tiny_upscaler(4, 1, 2));
  TravelRequest request = hires_request(plain_out);
  const auto by_lanczos = contents(run(request));
  request.hires_upscaler = "2x_tiny";
  request.models_dir = models.path().string();
  request.out = whole_out.path().string();
  const fs::path whole = run(request);
  const auto frames = contents(whole);
  EXPECT_TRUE(frames.at("00001.png") != by_lanczos.at("00001.png"));
  EXPECT_EQ(read_image(whole / "00001.png").image.width, 96);
  const auto parameters = find_text(read_png_text(whole / "00001.png"), "parameters");
  EXPECT_THAT(parameters.value(), HasSubstr("Hires upscaler: 2x_tiny"));
  const std::vector<FileIdentity> files = read_manifest(whole / "travel.json").files;
  const auto upscaler = std::ranges::find(files, "upscaler", &FileIdentity::role);
  ASSERT_NE(upscaler, files.end());
  EXPECT_EQ(upscaler->sha256, file_sha256(network));
  request.out = out.path().string();
  const fs::path stopped = stopped_run(request, 2);
  Progress progress;
  ResumeOptions options;
  options.store = &shared_store();
  // Another network under the name is another film.
  write_tiny_safetensors(network, tiny_upscaler(5, 1, 2));
  EXPECT_THROW(resume_travel(stopped, options, progress, kNoEvents), Error);
  write_tiny_safetensors(network, tiny_upscaler(4, 1, 2));
  resume_travel(stopped, options, progress, kNoEvents);
  EXPECT_TRUE(contents(stopped) == frames);
}

TEST(HiresRun, DraftsByATinyDecoderAreResumedWithIt) {
  const TemporaryFolder whole_out, out, models;
  fs::create_directories(models / "VAE-approx");
  fs::copy(PTRAVEL_TEST_DATA "/tiny_decoder/decoder.pth",
           models / "VAE-approx" / "taesd_decoder.pth");
  TravelRequest request = tiny_request(whole_out);
  request.vae_decoder = VaeDecoder::Tiny;
  request.models_dir = models.path().string();
  const auto whole = contents(run(request));
  request.out = out.path().string();
  const fs::path folder = stopped_run(request, 2);
  Progress progress;
  ResumeOptions options;
  options.store = &shared_store();
  fs::remove(models / "VAE-approx" / "taesd_decoder.pth");
  EXPECT_THROW(resume_travel(folder, options, progress, kNoEvents), Error);
  fs::copy(PTRAVEL_TEST_DATA "/tiny_decoder/decoder.pth",
           models / "VAE-approx" / "taesd_decoder.pth");
  resume_travel(folder, options, progress, kNoEvents);
  EXPECT_TRUE(contents(folder) == whole);
}

}  // namespace
}  // namespace ptravel
