#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <dnnl.hpp>

#include "tensor/cpu/onednn.h"
#include "tensor/cpu/onednn_plans.h"

namespace ptravel::cpu {

enum class Direction { Forward, Backward };

/// What a primitive is made for: its direction, rows and columns of the input and of the output,
/// the output's format, what it adds, its border, whether it has a bias, and the number
/// of threads that there are.
using Key = std::tuple<Direction,
                       std::int64_t,
                       std::int64_t,
                       std::int64_t,
                       std::int64_t,
                       dnnl::memory::data_type,
                       Addend,
                       Border,
                       bool,
                       int>;

/// What decides about a primitive beside its key: the weights' sizes and format, and the geometry.
using Shape =
    std::tuple<std::vector<std::int64_t>, at::ScalarType, std::int64_t, std::int64_t, std::int64_t>;

/// One call of a layer: backward, `x` is the gradient that comes in and `out` the one that goes
/// out.
struct Call {
  Direction direction = Direction::Forward;
  at::Tensor x, bias, residual, out;
  Addend addend = Addend::None;
  Border border = Border::Padded;

  bool is_forward() const { return direction == Direction::Forward; }
  /// One image, [C, h, w] seen as [1, C, h, w], in channels-last memory.
  static dnnl::memory::desc picture(const at::Tensor& x);
  /// One image, [rows, columns].
  static dnnl::memory::desc matrix(const at::Tensor& x);
  /// Of float32; empty where it has none.
  dnnl::memory::desc bias_layout(const dnnl::memory::dims& sizes,
                                 dnnl::memory::format_tag format) const;
};

Key key_of(const Call& call);

/// On how many threads a call gives the bytes of one thread: found once, for all layers alike.
class AgreedThreads {
 public:
  std::optional<int> find(const Shape& shape, const Key& key) const;
  void set(const Shape& shape, const Key& key, int threads);

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<Shape, Key>, int> threads_;
};

AgreedThreads& agreed_threads();

}  // namespace ptravel::cpu
