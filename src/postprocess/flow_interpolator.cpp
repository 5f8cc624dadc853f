#include "postprocess/flow_interpolator.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "postprocess/optical_flow.h"
#include "postprocess/picture_tensor.h"
#include "tensor/layout.h"
#include "tensor/resample.h"

namespace ptravel {
namespace {

/// Motion is believed when this share of the pixels comes back to within a pixel.
constexpr double kConsistentShare = 0.6;
constexpr double kConsistentPixels = 1.0;

/// Below this much visibility of both pictures, they are faded into each other.
constexpr double kVisible = 0.1;

/// Motion is taken where it leaves less than this of the pictures' difference, wholly where it
/// leaves kFadesOver less.
constexpr double kUnexplained = 0.5;
constexpr double kFadesOver = 0.25;
/// Differences below this, a step of eight bits, are none.
constexpr double kSame = 1.0 / 255;

/// The mean absolute difference of two pictures around each pixel, each weighted by what it counts:
/// [1, 1, h, w].
at::Tensor local_difference(const at::Tensor& one,
                            const at::Tensor& other,
                            const at::Tensor& counts = {}) {
  const at::Tensor difference = (one - other).abs().mean(1, /*keepdim=*/true);
  return at::avg_pool2d(counts.defined() ? difference * counts : difference, 9, 1, 4,
                        /*ceil_mode=*/false, /*count_include_pad=*/false);
}

/// How sure it is that a pixel of one picture is seen in the other, 0 to 1: by how well it comes
/// back, less strictly for long ways.
at::Tensor visibility(const at::Tensor& there, const at::Tensor& error) {
  const at::Tensor length = at::sqrt(there.square().sum(1, /*keepdim=*/true));
  const at::Tensor allowed = length * 0.05 + 1.0;
  return at::exp(-(error / allowed).square() / 2.0);
}

class FlowInterpolator : public Interpolator {
 public:
  std::vector<Image> between(const Image& first, const Image& second, int count) const override {
    const at::Tensor from = unit_tensor(first), to = unit_tensor(second);
    std::vector<Image> pictures;
    const auto add_all = [&](const auto& picture_at) {
      for (int i = 1; i <= count; ++i) {
        pictures.push_back(image_of(picture_at(i / (count + 1.0)), "optical flow"));
      }
    };
    const auto faded = [&](double t) { return from * (1.0 - t) + to * t; };
    if (std::min(first.width, first.height) < kLeastFlowSide) {
      add_all(faded);
      return pictures;
    }
    const FlowPair flow = optical_flows(first, second);
    const at::Tensor error = round_trip_error(flow.forward, flow.backward);
    const double consistent = (error < kConsistentPixels).to(at::kFloat).mean().item<double>();
    if (consistent < kConsistentShare) {
      add_all(faded);
      return pictures;
    }
    const at::Tensor error_back = round_trip_error(flow.backward, flow.forward);
    const at::Tensor left = join_channels({from, visibility(flow.forward, error)});
    const at::Tensor right = join_channels({to, visibility(flow.backward, error_back)});
    const at::Tensor apart = local_difference(from, to);
    add_all([&](double t) { return moved(left, right, flow, t, faded(t), apart); });
    return pictures;
  }
  std::string description() const override { return "optical flow (DIS)"; }

 private:
  /// The picture at time t of two with their visibilities. The motion from it to both is that of a
  /// pixel at the same place, to the second order (Jiang et al. 2018).
  static at::Tensor moved(const at::Tensor& left,
                          const at::Tensor& right,
                          const FlowPair& flow,
                          double t,
                          const at::Tensor& faded,
                          const at::Tensor& apart) {
    const at::Tensor to_left = flow.forward * (-(1.0 - t) * t) + flow.backward * (t * t);
    const at::Tensor to_right =
        flow.forward * ((1.0 - t) * (1.0 - t)) - flow.backward * (t * (1.0 - t));
    const at::Tensor near_left = warp(left, to_left), near_right = warp(right, to_right);
    const at::Tensor weight_left = near_left.narrow(1, 3, 1) * (1.0 - t);
    const at::Tensor weight_right = near_right.narrow(1, 3, 1) * t;
    const at::Tensor sum = weight_left + weight_right;
    const at::Tensor mixed =
        (near_left.narrow(1, 0, 3) * weight_left + near_right.narrow(1, 0, 3) * weight_right) /
        (sum + 1e-6);
    // Motion explains a place as far as it brings the two pictures closer to each other there. What
    // only one of them shows says nothing about it.
    const at::Tensor both = near_left.narrow(1, 3, 1) * near_right.narrow(1, 3, 1);
    const at::Tensor left_over =
        local_difference(near_left.narrow(1, 0, 3), near_right.narrow(1, 0, 3), both) /
        (apart + kSame);
    const at::Tensor sure = (sum / kVisible).clamp(0.0, 1.0) *
                            ((kUnexplained - left_over) / kFadesOver).clamp(0.0, 1.0);
    return mixed * sure + faded * (1.0 - sure);
  }
};

}  // namespace

std::unique_ptr<Interpolator> make_flow_interpolator() {
  return std::make_unique<FlowInterpolator>();
}

}  // namespace ptravel
