// Stands in for onednn.cpp in builds without oneDNN: the weights stay plain and LibTorch computes.

#include <utility>

#include <ATen/ATen.h>

#include "tensor/cpu/kernel_choice.h"
#include "tensor/cpu/onednn.h"

namespace ptravel::cpu {

struct PackedWeights::State {
  at::Tensor plain;
};

bool onednn_available() { return false; }

void limit_onednn(std::string_view) {}

bool onednn_out_of_memory() { return false; }

PackedWeights::PackedWeights(at::Tensor plain, ConvGeometry, std::optional<at::ScalarType>)
    : state_(std::make_unique<State>(State{std::move(plain)})) {}

PackedWeights::~PackedWeights() = default;

at::Tensor PackedWeights::plain() const { return state_->plain; }

bool PackedWeights::run(
    const at::Tensor&, const at::Tensor&, const at::Tensor&, at::Tensor&, Border) const {
  return false;
}

bool PackedWeights::run_backward(const at::Tensor&, at::Tensor&, Border) const { return false; }

}  // namespace ptravel::cpu
