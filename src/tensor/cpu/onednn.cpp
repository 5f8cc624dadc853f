#include "tensor/cpu/onednn.h"

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "ptravel/error.h"
#include "tensor/cpu/onednn_plans.h"

namespace ptravel::cpu {
namespace {

using dnnl::memory;
using Description = memory::desc;
using Tag = memory::format_tag;

enum class Direction { Forward, Backward };

/// What a primitive is made for: its direction, rows and columns of the input and of the output,
/// the output's format, what it adds, the border of its rows, whether it has a bias, and the number
/// of threads that it plans for.
using Key = std::tuple<Direction,
                       std::int64_t,
                       std::int64_t,
                       std::int64_t,
                       std::int64_t,
                       memory::data_type,
                       Addend,
                       RowBorder,
                       bool,
                       int>;

/// Sizes change seldom: one program run renders one or two.
constexpr std::size_t kMostPlans = 16;

/// Weights are laid out for a picture of this side, and for as many tokens, before the first one is
/// seen. oneDNN's layouts depend on the picture's size for few filters; those layouts serve other
/// sizes, too.
constexpr std::int64_t kUsualSide = 64;
constexpr std::int64_t kUsualRows = 1024;

/// One call of a layer: backward, `x` is the gradient that comes in and `out` the one that goes
/// out.
struct Call {
  Direction direction = Direction::Forward;
  at::Tensor x, bias, residual, out;
  Addend addend = Addend::None;
  RowBorder border = RowBorder::Padded;

  bool is_forward() const { return direction == Direction::Forward; }
  /// One image, [C, h, w] seen as [1, C, h, w], in channels-last memory.
  static Description picture(const at::Tensor& x) {
    return {{1, x.size(1), x.size(2), x.size(3)}, data_type(x.scalar_type()), Tag::nhwc};
  }
  /// One image, [rows, columns].
  static Description matrix(const at::Tensor& x) {
    return {{x.size(1), x.size(2)}, data_type(x.scalar_type()), Tag::ab};
  }
  Description bias_layout(const memory::dims& sizes, Tag format) const {
    return bias.defined() ? Description(sizes, memory::data_type::f32, format) : Description();
  }
};

Key key_of(const Call& call) {
  return {call.direction,       call.x.size(-2),   call.x.size(-1),
          call.out.size(-2),    call.out.size(-1), data_type(call.out.scalar_type()),
          call.addend,          call.border,       call.bias.defined(),
          at::get_num_threads()};
}

/// Memory for weights that are laid out for one call. It stays from one call to the next, as fresh
/// memory of that size comes from the system page by page, which takes longer than filling it.
/// As large as the largest weights; calls at the same time take memory of their own.
class SpareMemory {
 public:
  at::Tensor take(const Description& layout) {
    const std::lock_guard lock(mutex_);
    const at::Tensor taken = std::exchange(spare_, at::Tensor());
    const auto wanted = static_cast<std::int64_t>(layout.get_size());
    return taken.defined() && taken.size(0) >= wanted ? taken : bytes_for(layout);
  }
  void give_back(at::Tensor memory) {
    const std::lock_guard lock(mutex_);
    if (!spare_.defined() || spare_.size(0) < memory.size(0)) {
      spare_ = std::move(memory);
    }
  }

 private:
  std::mutex mutex_;
  at::Tensor spare_;
};

SpareMemory& spare_memory() {
  static SpareMemory memory;
  return memory;
}

void execute(const Plan& plan, const Call& call, const at::Tensor& weights, bool as_gradient) {
  const at::Tensor scratch = bytes_for(plan.scratch);
  dnnl::stream stream(engine());
  for (std::int64_t image = 0; image < call.x.size(0); ++image) {
    std::unordered_map<int, memory> arguments = {
        {as_gradient ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, wrap(plan.source, call.x[image])},
        {DNNL_ARG_WEIGHTS, wrap(plan.weights, weights)},
        {as_gradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, wrap(plan.out, call.out[image])},
        {DNNL_ARG_SCRATCHPAD, wrap(plan.scratch, scratch)},
    };
    if (call.bias.defined()) {
      const at::Tensor bias = call.bias[call.bias.size(0) == 1 ? 0 : image];
      arguments.emplace(DNNL_ARG_BIAS, wrap(plan.bias, bias));
    }
    if (call.addend == Addend::Residual || call.addend == Addend::Residual32) {
      arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                        wrap(addend_layout(call.addend, plan.out), call.residual[image]));
    }
    plan.primitive.execute(stream, arguments);
  }
  stream.wait();
}

}  // namespace

struct PackedWeights::State {
  mutable std::mutex mutex;  // guards `storage`, `layout` and `plans`
  at::Tensor storage;
  Description layout;  // of `storage`; matrices as [in, out]
  std::map<Key, Plan> plans;
  ConvGeometry geometry;
  Description plain_layout;
  std::vector<std::int64_t> sizes;
  at::ScalarType dtype = at::kFloat;

  bool is_filter() const { return sizes.size() == 4; }
  memory::data_type type() const { return data_type(dtype); }
  /// The layout that oneDNN wants for a usual size; empty where it has no fast kernel.
  Description usual_layout() const;
  Plan make_plan(const Call& call, const Description& weights) const;
  const Plan& plan_for(const Call& call);
  /// Lays the weights out anew, for good.
  void pack(const Description& wanted);
};

namespace {

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

bool onednn_out_of_memory() {
  try {
    throw;
  } catch (const dnnl::error& error) {
    return error.status == dnnl_out_of_memory;
  } catch (...) {
    return false;
  }
}

PackedWeights::PackedWeights(at::Tensor plain, ConvGeometry geometry)
    : state_(std::make_unique<State>()) {
  PTRAVEL_CHECK((plain.dim() == 2 || plain.dim() == 4) && plain.is_contiguous());
  const auto type = data_type(plain.scalar_type());
  state_->sizes = plain.sizes().vec();
  state_->dtype = plain.scalar_type();
  state_->geometry = geometry;
  if (plain.dim() == 4) {
    state_->plain_layout = Description(plain.sizes().vec(), type, Tag::oihw);
  } else {
    state_->plain_layout = Description({plain.size(1), plain.size(0)}, type, Tag::ba);
  }
  state_->layout = state_->plain_layout;
  state_->storage = std::move(plain);
  const Description wanted = state_->usual_layout();
  if (wanted.get_size() > 0) {
    state_->pack(wanted);
  }
}

PackedWeights::~PackedWeights() = default;

at::Tensor PackedWeights::plain() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->layout == state_->plain_layout) {
    return state_->storage;
  }
  at::Tensor result = at::empty(state_->sizes, state_->dtype);
  reorder_between(state_->layout, state_->storage, state_->plain_layout, result);
  return result;
}

Description PackedWeights::State::usual_layout() const {
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
                               : plan_convolution_backward(operands, geometry);
    }
    return plan_matmul({Call::matrix(call.x), weights, call.bias_layout({1, sizes[0]}, Tag::ab),
                        Call::matrix(call.out)},
                       call.addend);
  });
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
  Plan plan;
  if (call.is_forward()) {
    plan = make_plan(call, layout);
  }
  if (!plan.primitive) {
    const memory::dims turned = {call.x.size(2), call.out.size(2)};
    plan = make_plan(call, Description(is_filter() ? sizes : turned, type(), Tag::any));
  }
  return plans.emplace(key, std::move(plan)).first->second;
}

void PackedWeights::State::pack(const Description& wanted) {
  if (wanted != layout) {
    at::Tensor packed = bytes_for(wanted);
    reorder_between(layout, storage, wanted, packed);
    storage = packed;
    layout = wanted;
  }
}

bool PackedWeights::run(const at::Tensor& x,
                        const at::Tensor& bias,
                        const at::Tensor& residual,
                        at::Tensor& out,
                        RowBorder border) const {
  Call call{Direction::Forward, x, bias, residual, out, Addend::None, border};
  const bool in_place = residual.defined() && residual.data_ptr() == out.data_ptr();
  if (residual.defined()) {
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
    return false;
  }
  if (call.addend == Addend::Out && !in_place) {
    out.copy_(residual);
  }
  execute(plan, call, weights, false);
  return true;
}

bool PackedWeights::run_backward(const at::Tensor& grad, at::Tensor& out) const {
  const Call call{Direction::Backward, grad, {}, {}, out, Addend::None};
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
    return false;
  }
  // A second copy for good would take as much memory as the network; laying the weights out anew
  // costs little beside the product.
  at::Tensor weights = spare_memory().take(plan.weights);
  reorder_between(layout, packed, plan.weights, weights);
  execute(plan, call, weights, state_->is_filter());
  spare_memory().give_back(std::move(weights));
  return true;
}

}  // namespace ptravel::cpu
