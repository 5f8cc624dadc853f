#include "tensor/cpu/onednn.h"

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dnnl.hpp>

#include "ptravel/error.h"

namespace ptravel::cpu {
namespace {

using dnnl::memory;
using Description = memory::desc;

/// What a primitive is made for: rows and columns of the input, the output's format, whether it
/// adds to its output, whether it has a bias, and the number of threads that it plans for.
using Key = std::tuple<std::int64_t, std::int64_t, memory::data_type, bool, bool, int>;

/// Sizes change seldom: one program run renders one or two.
constexpr std::size_t kMostPlans = 16;

/// A primitive for one image and the memory layouts that it works on.
struct Plan {
  dnnl::primitive primitive;  ///< Empty when oneDNN has no fast kernel.
  Description source, weights, bias, out, scratch;
};

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::data_type data_type(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory wrap(const Description& description, const at::Tensor& storage) {
  return memory(description, engine(), storage.data_ptr());
}

at::Tensor bytes_for(const Description& description) {
  return at::empty({static_cast<std::int64_t>(description.get_size())}, at::kByte);
}

void reorder_between(const Description& from_layout,
                     const at::Tensor& from,
                     const Description& to_layout,
                     at::Tensor& to) {
  dnnl::stream stream(engine());
  memory source = wrap(from_layout, from);
  memory target = wrap(to_layout, to);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
}

dnnl::primitive_attr attributes(bool add_to_out) {
  dnnl::primitive_attr result;
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (add_to_out) {
    dnnl::post_ops operations;
    operations.append_sum(1.0F);
    result.set_post_ops(operations);
  }
  return result;
}

Description bias_layout(const at::Tensor& bias,
                        const memory::dims& sizes,
                        memory::format_tag format) {
  return bias.defined() ? Description(sizes, memory::data_type::f32, format) : Description();
}

template <typename PrimitiveDescription>
Plan plan_from(const PrimitiveDescription& description, const Description& bias) {
  // Reference kernels are slower than LibTorch's own by orders of magnitude.
  if (std::string(description.impl_info_str()).find("ref") != std::string::npos) {
    return {};
  }
  Plan plan;
  plan.primitive = dnnl::primitive(description);
  plan.source = description.src_desc();
  plan.weights = description.weights_desc();
  plan.out = description.dst_desc();
  plan.scratch = description.scratchpad_desc();
  plan.bias = bias;
  return plan;
}

Plan plan_convolution(const Description& source,
                      const Description& weights,
                      const Description& bias,
                      const Description& out,
                      const ConvGeometry& geometry,
                      const dnnl::primitive_attr& attributes) {
  const memory::dims strides = {geometry.stride, geometry.stride};
  const memory::dims before = {geometry.pad_before, geometry.pad_before};
  const memory::dims after = {geometry.pad_after, geometry.pad_after};
  constexpr auto kKind = dnnl::prop_kind::forward_inference;
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  using Convolution = dnnl::convolution_forward;
#if DNNL_VERSION_MAJOR >= 3
  const Convolution::primitive_desc description(engine(), kKind, kDirect, source, weights, bias,
                                                out, strides, before, after, attributes);
#else
  const Convolution::primitive_desc description(
      {kKind, kDirect, source, weights, bias, out, strides, before, after}, attributes, engine());
#endif
  return plan_from(description, bias);
}

Plan plan_matmul(const Description& source,
                 const Description& weights,
                 const Description& bias,
                 const Description& out,
                 const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  const auto description =
      bias.get_size() > 0
          ? dnnl::matmul::primitive_desc(engine(), source, weights, bias, out, attributes)
          : dnnl::matmul::primitive_desc(engine(), source, weights, out, attributes);
#else
  const auto operation = bias.get_size() > 0 ? dnnl::matmul::desc(source, weights, bias, out)
                                             : dnnl::matmul::desc(source, weights, out);
  const dnnl::matmul::primitive_desc description(operation, attributes, engine());
#endif
  return plan_from(description, bias);
}

}  // namespace

struct PackedWeights::State {
  mutable std::mutex mutex;  // guards everything below but the geometry
  at::Tensor storage;
  Description layout;  // of `storage`; matrices as [in, out]
  std::map<Key, Plan> plans;
  ConvGeometry geometry;
  Description plain_layout;
  std::vector<std::int64_t> sizes;
  at::ScalarType dtype = at::kFloat;

  bool is_filter() const { return sizes.size() == 4; }
  Plan make_plan(const at::Tensor& x,
                 const at::Tensor& bias,
                 const at::Tensor& out,
                 bool add_to_out) const;
  /// The plan for these operands, with the weights in the layout that it wants.
  const Plan& plan_for(const at::Tensor& x,
                       const at::Tensor& bias,
                       const at::Tensor& out,
                       bool add_to_out);
};

bool onednn_available() { return true; }

PackedWeights::PackedWeights(at::Tensor plain, ConvGeometry geometry)
    : state_(std::make_unique<State>()) {
  PTRAVEL_CHECK((plain.dim() == 2 || plain.dim() == 4) && plain.is_contiguous());
  const auto type = data_type(plain);
  state_->sizes = plain.sizes().vec();
  state_->dtype = plain.scalar_type();
  state_->geometry = geometry;
  if (plain.dim() == 4) {
    state_->plain_layout = Description(plain.sizes().vec(), type, memory::format_tag::oihw);
  } else {
    state_->plain_layout =
        Description({plain.size(1), plain.size(0)}, type, memory::format_tag::ba);
  }
  state_->layout = state_->plain_layout;
  state_->storage = std::move(plain);
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

Plan PackedWeights::State::make_plan(const at::Tensor& x,
                                     const at::Tensor& bias,
                                     const at::Tensor& out,
                                     bool add_to_out) const {
  const auto type = data_type(x);
  const auto attr = attributes(add_to_out);
  try {
    if (is_filter()) {
      const Description source({1, x.size(1), x.size(2), x.size(3)}, type,
                               memory::format_tag::nhwc);
      const Description target({1, out.size(1), out.size(2), out.size(3)}, data_type(out),
                               memory::format_tag::nhwc);
      const Description weights(sizes, type, memory::format_tag::any);
      const Description offset = bias_layout(bias, {out.size(1)}, memory::format_tag::a);
      return plan_convolution(source, weights, offset, target, geometry, attr);
    }
    const Description source({x.size(1), x.size(2)}, type, memory::format_tag::ab);
    const Description target({out.size(1), out.size(2)}, type, memory::format_tag::ab);
    const Description weights({sizes[1], sizes[0]}, type, memory::format_tag::any);
    const Description offset = bias_layout(bias, {1, out.size(2)}, memory::format_tag::ab);
    return plan_matmul(source, weights, offset, target, attr);
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) {
      throw Error(ErrorCode::Internal, std::string("[onednn] ") + error.message);
    }
    return {};
  }
}

const Plan& PackedWeights::State::plan_for(const at::Tensor& x,
                                           const at::Tensor& bias,
                                           const at::Tensor& out,
                                           bool add_to_out) {
  const Key key{x.size(-2),     is_filter() ? x.size(-1) : 0, data_type(out), add_to_out,
                bias.defined(), at::get_num_threads()};
  auto found = plans.find(key);
  if (found == plans.end()) {
    if (plans.size() >= kMostPlans) {
      plans.clear();
    }
    found = plans.emplace(key, make_plan(x, bias, out, add_to_out)).first;
  }
  const Plan& plan = found->second;
  if (plan.primitive && plan.weights != layout) {
    at::Tensor packed = bytes_for(plan.weights);
    reorder_between(layout, storage, plan.weights, packed);
    storage = packed;
    layout = plan.weights;
  }
  return plan;
}

bool PackedWeights::run(const at::Tensor& x,
                        const at::Tensor& bias,
                        at::Tensor& out,
                        bool add_to_out) const {
  Plan plan;
  at::Tensor weights;
  {
    const std::lock_guard lock(state_->mutex);
    plan = state_->plan_for(x, bias, out, add_to_out);
    weights = state_->storage;
  }
  if (!plan.primitive) {
    return false;
  }
  const at::Tensor scratch = bytes_for(plan.scratch);
  dnnl::stream stream(engine());
  for (std::int64_t image = 0; image < x.size(0); ++image) {
    std::unordered_map<int, memory> arguments = {
        {DNNL_ARG_SRC, wrap(plan.source, x[image])},
        {DNNL_ARG_WEIGHTS, wrap(plan.weights, weights)},
        {DNNL_ARG_DST, wrap(plan.out, out[image])},
        {DNNL_ARG_SCRATCHPAD, wrap(plan.scratch, scratch)},
    };
    if (bias.defined()) {
      arguments.emplace(DNNL_ARG_BIAS, wrap(plan.bias, bias[bias.size(0) == 1 ? 0 : image]));
    }
    plan.primitive.execute(stream, arguments);
  }
  stream.wait();
  return true;
}

}  // namespace ptravel::cpu
