// Runs with a second pass at a larger size: stopped, resumed, drawn again from a picture.

#include <gtest/gtest.h>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "ptravel/jobs.h"
#include "tests/jobs/tiny_run.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

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
