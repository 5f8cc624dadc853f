#pragma once

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "media/image_file.h"
#include "ptravel/travel.h"
#include "tests/sdapi/sdapi_server.h"

namespace ptravel {

inline LoadedImage decoded(const Json& image) {
  return decode_image(from_base64(image.get<std::string>()).value(), "picture", 1 << 20);
}

class LastFrame : public FrameSink {
 public:
  void begin(std::int64_t) override {}
  void add(const RenderedFrame& frame) override { image = frame.image; }
  void finish() override {}
  Image image;
};

/// The picture that our own way of drawing makes of these settings.
inline Image rendered(const std::function<void(TravelRequest&)>& change = {}) {
  TravelRequest request;
  request.model = PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors";
  request.prompt = "a cat";
  request.negative_prompt = "blurry";
  request.sampler = "Euler";
  request.steps = 2;
  request.width = 64;
  request.height = 64;
  request.seed = {7};
  request.precision = Precision::Fp32;
  if (change) {
    change(request);
  }
  Progress progress;
  LastFrame sink;
  Travel::open(request, progress)->render({}, sink, progress);
  return sink.image;
}

/// The only entry of what a request is refused with.
inline Json refused_entry(const Json& changes, const char* way = "txt2img") {
  Json request = small_picture();
  request.update(changes);
  const Json detail = sdapi_server().posted(way, request, 422).at("detail");
  EXPECT_EQ(detail.size(), 1u) << detail.dump();
  return detail.at(0);
}

inline std::string png_base64(int width, int height) {
  Image image(width, height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(i * 5);
  }
  return to_base64(encode_png(image));
}

}  // namespace ptravel
