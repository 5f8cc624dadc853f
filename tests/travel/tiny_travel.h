#pragma once

#include <string>
#include <vector>

#include "ptravel/travel.h"

namespace ptravel {

/// A travel of four small frames on the tiny model.
inline TravelRequest tiny_request(int size = 64, int steps = 2) {
  TravelRequest request;
  request.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
  request.prompt = "a cat\na red dog";
  request.negative_prompt = "blurry";
  request.travel_steps = "2";
  request.steps = steps;
  request.width = size;
  request.height = size;
  request.seed = {7};
  request.precision = Precision::Fp32;
  return request;
}

/// Keeps frames and counts what else it hears.
class KeepingSink : public FrameSink {
 public:
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override { frames.push_back(frame); }
  void debug(const std::string&) override { ++lines; }
  void finish() override {}
  std::vector<RenderedFrame> frames;
  int lines = 0;
};

/// All frames of a travel.
inline std::vector<RenderedFrame> draw(const TravelRequest& request,
                                       ModelStore& store,
                                       const SketchOptions& sketches = {}) {
  Progress progress;
  KeepingSink sink;
  TravelOptions options;
  options.store = &store;
  options.sketches = sketches;
  const auto travel = Travel::open(request, progress, options);
  travel->render({}, sink, progress);
  return sink.frames;
}

}  // namespace ptravel
