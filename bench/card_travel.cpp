// Draws travels on an NVIDIA card: how alike its pictures are to the processor's in fp32, whether
// they depend on how many are drawn at once or on what was drawn before, and how many there are in
// a second. Builds without the media libraries.
//
//   card_travel pictures MODEL [fp16|bf16|fp32]     96 pictures: PSNR, median and lowest
//   card_travel same MODEL                          exit status 1 where bytes differ
//   card_travel speed MODEL FRAMES STEPS BATCH      of the model's own size

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "ptravel/travel.h"

namespace {

using namespace ptravel;

class KeepingSink : public FrameSink {
 public:
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override { frames.push_back(frame); }
  void finish() override {}
  std::vector<RenderedFrame> frames;
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Where models are kept between travels; main's, because a card's memory is given back before the
/// program's own things go.
ModelStore* models = nullptr;

/// The travel's frames in film order. `seconds_drawing`: without loading the model.
std::vector<RenderedFrame> draw(const TravelRequest& request,
                                const FrameSelection& selection = {},
                                double* seconds_drawing = nullptr) {
  Progress progress;
  KeepingSink sink;
  TravelOptions options;
  options.store = models;
  const auto travel = Travel::open(request, progress, options);
  const double start = seconds();
  travel->render(selection, sink, progress);
  if (seconds_drawing != nullptr) {
    *seconds_drawing = seconds() - start;
  }
  std::sort(sink.frames.begin(), sink.frames.end(),
            [](const auto& a, const auto& b) { return a.index < b.index; });
  return sink.frames;
}

TravelRequest travel_of(const std::string& model, const std::string& prompt) {
  TravelRequest request;
  request.model = model;
  request.prompt = prompt;
  request.travel_steps = "6";
  request.steps = 15;
  request.seed = {1};
  request.device = DeviceChoice::Cuda;
  return request;
}

/// Decibels; infinite for equal pictures.
double psnr(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double d = static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]);
    sum += d * d;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.pixels.size()) / sum);
}

const std::vector<std::string>& travels() {
  static const std::vector<std::string> all = {
      "(((masterpiece))), highres, ((boy)), child, cat ears, white hair, red eyes, yellow bell, "
      "red "
      "cloak, barefoot, angel, [flying], egyptian\n((masterpiece)), highres, ((girl)), cat ears, "
      "light blue hair, red eyes, magical wand, barefoot, [running]",
      "masterpiece, highres, girl, red hair, long hair, green eyes, smile, sky, standing, shoes, "
      "blue dress\nmasterpiece, highres, girl, blue hair, long hair, green eyes, smile, sky, "
      "standing, shoes, blue dress",
      "masterpiece, highres, boy, brown hair, short hair, blue eyes, smile, forest, standing, "
      "shoes, "
      "red shirt\nmasterpiece, highres, boy, brown hair, short hair, blue eyes, smile, beach, "
      "standing, shoes, red shirt",
      "masterpiece, highres, girl, pink hair, twintails, purple eyes, smile, white background, "
      "standing, shoes, yellow dress\nmasterpiece, highres, cat, pink fur, purple eyes, smile, "
      "white "
      "background, standing"};
  return all;
}

int compare_pictures(const std::string& model, Precision precision) {
  std::vector<double> all;
  for (const std::int64_t seed : {1, 2, 3}) {
    for (const std::string& prompt : travels()) {
      TravelRequest request = travel_of(model, prompt);
      request.seed = {seed};
      request.batch = 8;
      request.precision = precision;
      const std::vector<RenderedFrame> card = draw(request);
      request.device = DeviceChoice::Cpu;
      request.precision = Precision::Fp32;
      const std::vector<RenderedFrame> processor = draw(request);
      for (std::size_t i = 0; i < card.size(); ++i) {
        all.push_back(psnr(card[i].image, processor[i].image));
        std::printf("%.1f ", all.back());
      }
      std::printf("\n");
    }
  }
  std::sort(all.begin(), all.end());
  std::printf("%zu pictures: median %.1f dB, lowest %.1f dB, %zu reach 35 dB\n", all.size(),
              all[all.size() / 2], all.front(),
              static_cast<std::size_t>(
                  std::count_if(all.begin(), all.end(), [](double db) { return db >= 35; })));
  return 0;
}

bool same(const char* name,
          const std::vector<RenderedFrame>& a,
          const std::vector<RenderedFrame>& b) {
  bool equal = a.size() == b.size() && !a.empty();
  for (std::size_t i = 0; equal && i < a.size(); ++i) {
    equal = a[i].image.pixels == b[i].image.pixels && a[i].latent == b[i].latent;
  }
  std::printf("%s %s\n", equal ? "same " : "OTHER", name);
  return equal;
}

int compare_bytes(const std::string& model) {
  TravelRequest request = travel_of(model, travels()[0]);
  const std::vector<RenderedFrame> one = draw(request);
  bool right = same("drawn again", draw(request), one);
  for (const int batch : {3, 8}) {
    request.batch = batch;
    right = same(("in batches of " + std::to_string(batch)).c_str(), draw(request), one) && right;
  }
  FrameSelection rest;
  rest.wanted = [](std::int64_t index) { return index % 3 == 1; };
  std::vector<RenderedFrame> wanted;
  std::copy_if(one.begin(), one.end(), std::back_inserter(wanted),
               [&](const RenderedFrame& frame) { return rest.wanted(frame.index); });
  right = same("only some, as after a stop", draw(request, rest), wanted) && right;
  for (const char* sampler : {"DPM++ 2M Karras", "DPM++ SDE", "DDIM", "UniPC", "LMS"}) {
    request.sampler = sampler;
    request.batch = 1;
    const std::vector<RenderedFrame> alone = draw(request);
    request.batch = 8;
    right = same(sampler, draw(request), alone) && right;
  }
  return right ? 0 : 1;
}

int measure_speed(const std::string& model, int frames, int steps, int batch) {
  TravelRequest request = travel_of(model, travels()[1]);
  request.steps = steps;
  request.batch = batch;
  request.travel_steps = std::to_string(batch);
  draw(request);  // Loads the model, chooses and records what first calls do.
  request.travel_steps = std::to_string(frames - 2);
  double time = 0;
  const auto drawn = draw(request, {}, &time);
  std::printf("%zu frames of %dx%d, %d steps, batches of %d: %.2f s, %.2f frames/s\n", drawn.size(),
              drawn[0].image.width, drawn[0].image.height, steps, batch, time,
              static_cast<double>(drawn.size()) / time);
  return 0;
}

Precision precision_of(const std::string& word) {
  return word == "bf16" ? Precision::Bf16 : word == "fp32" ? Precision::Fp32 : Precision::Fp16;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string what = words.empty() ? "" : words[0];
  ModelStore store(std::uint64_t{16} << 30);
  models = &store;
  try {
    if (what == "pictures" && words.size() >= 2) {
      return compare_pictures(words[1], precision_of(words.size() > 2 ? words[2] : "fp16"));
    }
    if (what == "same" && words.size() == 2) {
      return compare_bytes(words[1]);
    }
    if (what == "speed" && words.size() == 5) {
      return measure_speed(words[1], std::atoi(words[2].c_str()), std::atoi(words[3].c_str()),
                           std::atoi(words[4].c_str()));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: card_travel pictures MODEL [fp16|bf16|fp32]\n"
               "       card_travel same MODEL\n"
               "       card_travel speed MODEL FRAMES STEPS BATCH\n");
  return 2;
}
