#include "tensor/cpu/onednn.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/cpu/kernel_choice.h"
#include "tensor/cpu/onednn_call.h"
#include "tensor/cpu/onednn_plans.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/plan_agreement.h"
#include "tensor/cpu/resting_weights.h"
#include "tensor/thread_scope.h"

namespace ptravel::cpu {
namespace {

using dnnl::memory;
using Description = memory::desc;
using Tag = memory::format_tag;

/// Sizes change seldom: one program run renders one or two, on one and on all threads.
constexpr std::size_t kMostPlans = 32;

/// Weights are laid out for a picture of this side, and for as many tokens, before the first one is
/// seen. oneDNN's layouts depend on the picture's size for few filters; those layouts serve other
/// sizes, too.
constexpr std::int64_t kUsualSide = 64;
constexpr std::int64_t kUsualRows = 1024;

/// Where an image of [N, ...] begins; null for an undefined tensor.
void* of_image(const at::Tensor& x, std::int64_t image) {
  return x.defined()
             ? static_cast<char*>(x.data_ptr()) + image * x.stride(0) * std::int64_t(x.itemsize())
             : nullptr;
}

/// Computes all images: one after the other where each takes all threads, else shared out.
void execute(const Plan& plan, const Call& call, const at::Tensor& weights) {
  const auto images = [&](std::int64_t begin, std::int64_t end) {
    const at::Tensor scratch = bytes_for(plan.scratch);
    for (std::int64_t image = begin; image < end; ++image) {
      const std::int64_t bias = call.bias.defined() && call.bias.size(0) == 1 ? 0 : image;
      run(plan, {of_image(call.x, image), weights.data_ptr(), of_image(call.bias, bias),
                 of_image(call.residual, image), of_image(call.out, image), scratch.data_ptr()});
    }
  };
  if (plan.threads == 1) {
    parallel_ranges(call.x.size(0), 1, images);
  } else {
    images(0, call.x.size(0));
  }
}

}  // namespace

struct PackedWeights::State {
  mutable std::mutex mutex;  // guards `storage`, `layout` and `plans`
  at::Tensor storage;        // bytes; where it rests in 16 bits, numbers
  Description layout;        // of `storage`; matrices as [in, out]
  std::map<Key, Plan> plans;
  ConvGeometry geometry;
  Description plain_layout, usual_layout;  // the latter empty where oneDNN has no fast kernel
  std::vector<std::int64_t> sizes;
  at::ScalarType dtype = at::kFloat;
  std::optional<at::ScalarType> resting;

  bool is_filter() const { return sizes.size() == 4; }
  memory::data_type type() const { return data_type(dtype); }
  Shape shape() const {
    return {sizes, dtype, geometry.stride, geometry.pad_before, geometry.pad_after};
  }
  Description find_usual_layout() const;
  /// For weights in this layout; if there is no fast kernel for them, in whatever layout it wants.
  Plan make_plan(const Call& call, const Description& preferred, int threads) const;
  Plan make_plan(const Call& call, const Description& weights) const;
  /// A plan for several threads that gives the bytes of `one`, or `one` itself, for one thread.
  Plan shared_plan(const Call& call, const Plan& one) const;
  const Plan& plan_for(const Call& call);
  /// Lays the weights out anew, for good.
  void pack(const Description& wanted);
  /// Keeps numbers that are laid out as `layout_in`.
  void keep(at::Tensor numbers, const Description& layout_in);
};

/// A layer's weights in the format that they are computed in, for one call.
class WideWeights {
 public:
  /// `kept`: numbers in 16 bits that stand for float32, or what is computed with.
  WideWeights(at::Tensor kept, at::ScalarType computed) : weights_(std::move(kept)) {
    const auto type = weights_.scalar_type();
    if (computed == at::kFloat && (type == at::kHalf || type == at::kBFloat16)) {
      spare_.emplace(4 * weights_.numel());
      widen_into(weights_, spare_->memory());
      weights_ = spare_->memory();
    }
  }
  const at::Tensor& weights() const { return weights_; }

 private:
  std::optional<SpareMemory> spare_;
  at::Tensor weights_;
};

namespace {

/// The next lower power of two.
int fewer(int threads) {
  int result = 1;
  while (2 * result < threads) {
    result *= 2;
  }
  return result;
}

/// Memory for a result of the same sizes, unrounded; pictures in channels-last memory.
at::Tensor like_in_float32(const at::Tensor& out) {
  return at::empty(out.sizes(), out.options().dtype(at::kFloat),
                   out.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

/// Runs `make`; an empty result where oneDNN has no kernel at all.
template <typename Make>
auto or_nothing(const Make& make) -> decltype(make()) {
  try {
    return make();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) {
      throw;
    }
    if (error.status != dnnl_unimplemented) {
      throw Error(ErrorCode::Internal, std::string("[onednn] ") + error.message);
    }
    return {};
  }
}

}  // namespace

bool onednn_available() { return true; }

void limit_onednn(std::string_view name) {
  const dnnl::cpu_isa isa = name == "amx"           ? dnnl::cpu_isa::avx512_core_amx
                            : name == "avx512_bf16" ? dnnl::cpu_isa::avx512_core_bf16
                            : name == "avx512"      ? dnnl::cpu_isa::avx512_core
                            : name == "avx2"        ? dnnl::cpu_isa::avx2
                                                    : dnnl::cpu_isa::sse41;
  PTRAVEL_CHECK(dnnl::set_max_cpu_isa(isa) == dnnl::status::success);
}

bool onednn_out_of_memory() {
  try {
    throw;
  } catch (const dnnl::error& error) {
    return error.status == dnnl_out_of_memory;
  } catch (...) {
    return false;
  }
}

PackedWeights::PackedWeights(at::Tensor plain,
                             ConvGeometry geometry,
                             std::optional<at::ScalarType> resting)
    : state_(std::make_unique<State>()) {
  PTRAVEL_CHECK((plain.dim() == 2 || plain.dim() == 4) && plain.is_contiguous());
  const auto type = data_type(plain.scalar_type());
  state_->sizes = plain.sizes().vec();
  state_->dtype = plain.scalar_type();
  state_->geometry = geometry;
  state_->resting = resting;
  if (plain.dim() == 4) {
    state_->plain_layout = Description(plain.sizes().vec(), type, Tag::oihw);
  } else {
    state_->plain_layout = Description({plain.size(1), plain.size(0)}, type, Tag::ba);
  }
  state_->layout = state_->plain_layout;
  state_->storage = std::move(plain);
  state_->usual_layout = state_->find_usual_layout();
  const bool has_usual = state_->usual_layout.get_size() > 0;
  if (has_usual && state_->usual_layout != state_->layout) {
    state_->pack(state_->usual_layout);
  } else {
    state_->keep(state_->storage, state_->layout);
  }
}

PackedWeights::~PackedWeights() = default;

at::Tensor PackedWeights::plain() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->layout == state_->plain_layout && state_->storage.scalar_type() == state_->dtype) {
    return state_->storage;
  }
  at::Tensor result = at::empty(state_->sizes, state_->dtype);
  const WideWeights wide(state_->storage, state_->dtype);
  reorder_between(state_->layout, wide.weights(), state_->plain_layout, result);
  return result;
}

Description PackedWeights::State::find_usual_layout() const {
  const ThreadScope one_thread(1);
  return or_nothing([&] {
    if (is_filter()) {
      const memory::dim side = kUsualSide * geometry.stride + sizes[2] - geometry.pad_before -
                               geometry.pad_after - geometry.stride;
      const auto picture = [&](memory::dim channels, memory::dim length) {
        return Description({1, channels, length, length}, type(), Tag::nhwc);
      };
      return convolution_weights(
          {picture(sizes[1], side), Description(sizes, type(), Tag::any),
           Description({sizes[0]}, memory::data_type::f32, Tag::a), picture(sizes[0], kUsualSide)},
          geometry);
    }
    const auto matrix = [&](memory::dim columns) {
      return Description({kUsualRows, columns}, type(), Tag::ab);
    };
    return matmul_weights({matrix(sizes[1]), Description({sizes[1], sizes[0]}, type(), Tag::any),
                           Description({1, sizes[0]}, memory::data_type::f32, Tag::ab),
                           matrix(sizes[0])});
  });
}

Plan PackedWeights::State::make_plan(const Call& call, const Description& weights) const {
  return or_nothing([&] {
    if (is_filter()) {
      const PlanOperands operands{Call::picture(call.x), weights,
                                  call.bias_layout({sizes[0]}, Tag::a), Call::picture(call.out)};
      return call.is_forward() ? plan_convolution(operands, geometry, call.border, call.addend)
                               : plan_convolution_backward(operands, geometry, call.border);
    }
    return plan_matmul({Call::matrix(call.x), weights, call.bias_layout({1, sizes[0]}, Tag::ab),
                        Call::matrix(call.out)},
                       call.addend);
  });
}

Plan PackedWeights::State::make_plan(const Call& call,
                                     const Description& preferred,
                                     int threads) const {
  const ThreadScope scope(threads);
  Plan plan;
  if (call.is_forward() && preferred.get_size() > 0) {
    plan = make_plan(call, preferred);
  }
  if (!plan.primitive) {
    const memory::dims turned = {call.x.size(2), call.out.size(2)};
    plan = make_plan(call, Description(is_filter() ? sizes : turned, type(), Tag::any));
  }
  return plan;
}

Plan PackedWeights::State::shared_plan(const Call& call, const Plan& one) const {
  const Key key = key_of(call);
  if (const auto known = agreed_threads().find(shape(), key)) {
    return *known == 1 ? one : make_plan(call, one.weights, *known);
  }
  const int reduced = is_filter() && call.is_forward() ? 1 : 0;
  for (int threads = threads_here(); threads > 1; threads = fewer(threads)) {
    Plan plan = make_plan(call, one.weights, threads);
    if (plan.primitive && agree(plan, one, reduced)) {
      agreed_threads().set(shape(), key, threads);
      return plan;
    }
  }
  agreed_threads().set(shape(), key, 1);
  return one;
}

const Plan& PackedWeights::State::plan_for(const Call& call) {
  const Key key = key_of(call);
  const auto found = plans.find(key);
  if (found != plans.end()) {
    return found->second;
  }
  if (plans.size() >= kMostPlans) {
    plans.clear();
  }
  // What one thread computes is what every number of threads has to give.
  Plan plan = make_plan(call, usual_layout, 1);
  if (plan.primitive && threads_here() > 1) {
    plan = shared_plan(call, plan);
  }
  return plans.emplace(key, std::move(plan)).first->second;
}

void PackedWeights::State::pack(const Description& wanted) {
  if (wanted != layout) {
    at::Tensor packed = bytes_for(wanted);
    reorder_between(layout, WideWeights(storage, dtype).weights(), wanted, packed);
    keep(std::move(packed), wanted);
  }
}

void PackedWeights::State::keep(at::Tensor numbers, const Description& layout_in) {
  layout = layout_in;
  storage = std::move(numbers);
  if (resting && dtype == at::kFloat) {
    const at::Tensor floats =
        storage.scalar_type() == at::kByte ? storage.view(at::kFloat) : storage;
    storage = floats.to(*resting);
  }
}

bool PackedWeights::run(const at::Tensor& x,
                        const at::Tensor& bias,
                        const at::Tensor& residual,
                        at::Tensor& out,
                        Border border) const {
  Call call{Direction::Forward, x, bias, residual, out, Addend::None, border};
  const bool in_place = residual.defined() && residual.data_ptr() == out.data_ptr();
  if (residual.defined()) {
    // A kernel reads one of another type as float32, which a machine without that kernel would not.
    PTRAVEL_CHECK(residual.scalar_type() == out.scalar_type() ||
                  residual.scalar_type() == at::kFloat);
    // oneDNN's fastest convolutions add what lies in the result's memory, and nothing else.
    call.addend = in_place || state_->is_filter()               ? Addend::Out
                  : residual.scalar_type() == out.scalar_type() ? Addend::Residual
                                                                : Addend::Residual32;
  }
  Plan plan;
  at::Tensor weights;
  {
    const std::lock_guard lock(state_->mutex);
    plan = state_->plan_for(call);
    if (plan.primitive) {
      state_->pack(plan.weights);
    }
    weights = state_->storage;
  }
  if (!plan.primitive) {
    return run_in_float32(x, bias, residual, out, border);
  }
  if (call.addend == Addend::Out && !in_place) {
    out.copy_(residual);
  }
  execute(plan, call, WideWeights(std::move(weights), state_->dtype).weights());
  return true;
}

bool PackedWeights::run_backward(const at::Tensor& grad, at::Tensor& out, Border border) const {
  const Call call{Direction::Backward, grad, {}, {}, out, Addend::None, border};
  Plan plan;
  at::Tensor packed;
  Description layout;
  {
    const std::lock_guard lock(state_->mutex);
    plan = state_->plan_for(call);
    packed = state_->storage;
    layout = state_->is_filter() ? state_->layout : state_->layout.permute_axes({1, 0});
  }
  if (!plan.primitive) {
    return run_backward_in_float32(grad, out, border);
  }
  // A second copy for good would take as much memory as the network; laying the weights out anew
  // costs little beside the product.
  SpareMemory weights(static_cast<std::int64_t>(plan.weights.get_size()));
  const WideWeights wide(std::move(packed), state_->dtype);
  reorder_between(layout, wide.weights(), plan.weights, weights.memory());
  execute(plan, call, weights.memory());
  return true;
}

bool PackedWeights::run_in_float32(const at::Tensor& x,
                                   const at::Tensor& bias,
                                   const at::Tensor& residual,
                                   at::Tensor& out,
                                   Border border) const {
  if (state_->dtype == at::kFloat) {
    return false;
  }
  const PackedWeights wide(plain().to(at::kFloat), state_->geometry);
  at::Tensor sum = like_in_float32(out);
  if (!wide.run(x.to(at::kFloat), bias, {}, sum, border)) {
    return false;
  }
  out.copy_(residual.defined() ? sum + residual : sum);
  return true;
}

bool PackedWeights::run_backward_in_float32(const at::Tensor& grad,
                                            at::Tensor& out,
                                            Border border) const {
  if (state_->dtype == at::kFloat) {
    return false;
  }
  const PackedWeights wide(plain().to(at::kFloat), state_->geometry);
  at::Tensor sum = like_in_float32(out);
  if (!wide.run_backward(grad.to(at::kFloat), sum, border)) {
    return false;
  }
  out.copy_(sum);
  return true;
}

}  // namespace ptravel::cpu
