#include "postprocess/optical_flow.h"

#include <mutex>

#include <ATen/ATen.h>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "base/profile_scope.h"
#include "ptravel/error.h"
#include "tensor/cpu/parallel.h"
#include "tensor/layout.h"
#include "tensor/resample.h"

namespace ptravel {
namespace {

cv::Mat lightness(const Image& image) {
  // OpenCV takes no pointer to constant pixels; it only reads them here.
  const cv::Mat colours(image.height, image.width, CV_8UC3,
                        const_cast<std::uint8_t*>(image.pixels.data()));
  cv::Mat gray;
  cv::cvtColor(colours, gray, cv::COLOR_RGB2GRAY);
  return gray;
}

}  // namespace

at::Tensor optical_flow(const Image& from, const Image& to) {
  PTRAVEL_CHECK(from.width == to.width && from.height == to.height &&
                from.width >= kLeastFlowSide && from.height >= kLeastFlowSide);
  const ProfileScope scope("optical flow");
  // Where a row's search begins depends on how rows are shared out to OpenCV's threads.
  static std::once_flag once;
  std::call_once(once, [] { cv::setNumThreads(1); });
  const auto search = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
  cv::Mat flow;
  search->calc(lightness(from), lightness(to), flow);
  PTRAVEL_CHECK(flow.type() == CV_32FC2 && flow.isContinuous());
  return at::from_blob(flow.data, {1, flow.rows, flow.cols, 2}, at::kFloat)
      .permute({0, 3, 1, 2})
      .clone(at::MemoryFormat::ChannelsLast);
}

FlowPair optical_flows(const Image& first, const Image& second) {
  FlowPair pair;
  cpu::parallel_tasks(2, [&](std::int64_t task) {
    if (task == 0) {
      pair.forward = optical_flow(first, second);
    } else {
      pair.backward = optical_flow(second, first);
    }
  });
  return pair;
}

at::Tensor round_trip_error(const at::Tensor& there, const at::Tensor& back) {
  const at::Tensor missed = there + warp(back, there);
  return at::sqrt(missed.square().sum(1, /*keepdim=*/true));
}

}  // namespace ptravel
