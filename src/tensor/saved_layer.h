#pragma once

#include <utility>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

namespace ptravel {

/// A layer as one of the things that an autograd function keeps for its backward pass
/// (`context->saved_data`).
template <typename Layer>
class SavedLayer : public torch::CustomClassHolder {
 public:
  explicit SavedLayer(Layer layer) : layer_(std::move(layer)) {}

  static c10::IValue pack(const Layer& layer) {
    return c10::IValue::make_capsule(c10::make_intrusive<SavedLayer>(layer));
  }
  /// What `pack` was given.
  static Layer unpack(const c10::IValue& value) {
    return static_cast<const SavedLayer&>(*value.toCapsule()).layer_;
  }

 private:
  Layer layer_;
};

/// An operand that may be undefined, as autograd functions take it.
inline c10::optional<at::Tensor> optional(const at::Tensor& x) {
  return x.defined() ? c10::optional<at::Tensor>(x) : c10::nullopt;
}

}  // namespace ptravel
