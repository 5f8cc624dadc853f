#include "tensor/cpu/onednn_plans.h"

#include <string>
#include <unordered_map>

#include <ATen/ATen.h>

#include "tensor/thread_scope.h"

namespace ptravel::cpu {
namespace {

using dnnl::memory;
using Description = memory::desc;

constexpr auto kDirect = dnnl::algorithm::convolution_direct;

memory wrap(const Description& layout, void* begin) { return memory(layout, engine(), begin); }

}  // namespace

memory::dims sizes_of(const Description& layout) {
#if DNNL_VERSION_MAJOR >= 3
  return layout.get_dims();
#else
  return layout.dims();
#endif
}

memory::data_type format_of(const Description& layout) {
#if DNNL_VERSION_MAJOR >= 3
  return layout.get_data_type();
#else
  return layout.data_type();
#endif
}

Description addend_layout(Addend addend, const Description& out) {
  return addend == Addend::Residual32
             ? Description(sizes_of(out), memory::data_type::f32, memory::format_tag::ab)
             : out;
}

namespace {

dnnl::primitive_attr attributes(Addend addend, const Description& out) {
  dnnl::primitive_attr result;
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops operations;
  if (addend == Addend::Out) {
    operations.append_sum(1.0F);
  } else if (addend != Addend::None) {
    operations.append_binary(dnnl::algorithm::binary_add, addend_layout(addend, out));
  }
  result.set_post_ops(operations);
  return result;
}

/// How a filter moves, as oneDNN wants it.
struct Movement {
  explicit Movement(const ConvGeometry& geometry, Border border = Border::Padded)
      : strides{geometry.stride, geometry.stride},
        before{border == Border::Padded ? geometry.pad_before : 0,
               border == Border::Given ? 0 : geometry.pad_before},
        after{border == Border::Padded ? geometry.pad_after : 0,
              border == Border::Given ? 0 : geometry.pad_after} {}

  memory::dims strides, before, after;
};

dnnl::convolution_forward::primitive_desc describe_convolution(
    dnnl::prop_kind kind,
    const PlanOperands& operands,
    const Movement& movement,
    const dnnl::primitive_attr& attributes) {
  const auto& [source, weights, bias, out] = operands;
  const auto& [strides, before, after] = movement;
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), kind, kDirect, source, weights, bias, out, strides, before, after, attributes};
#else
  return {
      {kind, kDirect, source, weights, bias, out, strides, before, after}, attributes, engine()};
#endif
}

/// True for reference kernels, which are slower than LibTorch's own by orders of magnitude.
template <typename PrimitiveDescription>
bool is_slow(const PrimitiveDescription& description) {
  return std::string(description.impl_info_str()).find("ref") != std::string::npos;
}

template <typename PrimitiveDescription>
Plan plan_from(const PrimitiveDescription& description, const Description& bias, Addend addend) {
  if (is_slow(description)) {
    return {};
  }
  Plan plan;
  plan.primitive = dnnl::primitive(description);
  plan.source = description.src_desc();
  plan.weights = description.weights_desc();
  plan.out = description.dst_desc();
  plan.scratch = description.scratchpad_desc();
  plan.bias = bias;
  plan.addend = addend;
  plan.threads = threads_here();
  return plan;
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::data_type data_type(at::ScalarType type) {
  return type == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

at::Tensor bytes_for(const Description& layout) {
  return at::empty({static_cast<std::int64_t>(layout.get_size())}, at::kByte);
}

void reorder_between(const Description& from_layout,
                     const at::Tensor& from,
                     const Description& to_layout,
                     at::Tensor& to) {
  dnnl::stream stream(engine());
  memory source = wrap(from_layout, from.data_ptr());
  memory target = wrap(to_layout, to.data_ptr());
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
}

namespace {

dnnl::convolution_forward::primitive_desc describe_convolution(const PlanOperands& operands,
                                                               const Movement& movement,
                                                               Addend addend) {
  return describe_convolution(dnnl::prop_kind::forward_inference, operands, movement,
                              attributes(addend, operands.out));
}

dnnl::matmul::primitive_desc describe_matmul(const PlanOperands& operands, Addend addend) {
  const auto& [source, weights, bias, out] = operands;
  const dnnl::primitive_attr attr = attributes(addend, out);
#if DNNL_VERSION_MAJOR >= 3
  return bias.get_size() > 0
             ? dnnl::matmul::primitive_desc(engine(), source, weights, bias, out, attr)
             : dnnl::matmul::primitive_desc(engine(), source, weights, out, attr);
#else
  const auto operation = bias.get_size() > 0 ? dnnl::matmul::desc(source, weights, bias, out)
                                             : dnnl::matmul::desc(source, weights, out);
  return dnnl::matmul::primitive_desc(operation, attr, engine());
#endif
}

}  // namespace

Plan plan_convolution(const PlanOperands& operands,
                      const ConvGeometry& geometry,
                      Border border,
                      Addend addend) {
  return plan_from(describe_convolution(operands, Movement(geometry, border), addend),
                   operands.bias, addend);
}

Plan plan_matmul(const PlanOperands& operands, Addend addend) {
  return plan_from(describe_matmul(operands, addend), operands.bias, addend);
}

Description convolution_weights(const PlanOperands& operands, const ConvGeometry& geometry) {
  const auto description = describe_convolution(operands, Movement(geometry), Addend::None);
  return is_slow(description) ? Description() : description.weights_desc();
}

Description matmul_weights(const PlanOperands& operands) {
  const auto description = describe_matmul(operands, Addend::None);
  return is_slow(description) ? Description() : description.weights_desc();
}

Plan plan_convolution_backward(const PlanOperands& operands,
                               const ConvGeometry& geometry,
                               Border border) {
  const Movement movement(geometry, border);
  const auto& [strides, before, after] = movement;
  const auto& [grad, weights, bias, out] = operands;
  // oneDNN asks which forward pass this belongs to; any one of the same sizes will do.
  const auto hint =
      describe_convolution(dnnl::prop_kind::forward_training, {out, weights, bias, grad}, movement,
                           attributes(Addend::None, grad));
  using Backward = dnnl::convolution_backward_data::primitive_desc;
#if DNNL_VERSION_MAJOR >= 3
  const Backward description(engine(), kDirect, out, weights, grad, strides, before, after, hint,
                             attributes(Addend::None, out));
#else
  const Backward description({kDirect, out, weights, grad, strides, before, after},
                             attributes(Addend::None, out), engine(), hint);
#endif
  if (is_slow(description)) {
    return {};
  }
  Plan plan;
  plan.primitive = dnnl::primitive(description);
  plan.source = description.diff_dst_desc();
  plan.weights = description.weights_desc();
  plan.out = description.diff_src_desc();
  plan.scratch = description.scratchpad_desc();
  plan.as_gradient = true;
  plan.threads = threads_here();
  return plan;
}

void run(const Plan& plan, const PlanMemory& memory) {
  // Some primitives ask for the number of threads again when they run.
  const ThreadScope threads(plan.threads);
  std::unordered_map<int, dnnl::memory> arguments = {
      {plan.as_gradient ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, wrap(plan.source, memory.source)},
      {DNNL_ARG_WEIGHTS, wrap(plan.weights, memory.weights)},
      {plan.as_gradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, wrap(plan.out, memory.out)},
      {DNNL_ARG_SCRATCHPAD, wrap(plan.scratch, memory.scratch)},
  };
  if (memory.bias != nullptr) {
    arguments.emplace(DNNL_ARG_BIAS, wrap(plan.bias, memory.bias));
  }
  if (plan.addend == Addend::Residual || plan.addend == Addend::Residual32) {
    arguments.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                      wrap(addend_layout(plan.addend, plan.out), memory.residual));
  }
  dnnl::stream stream(engine());
  plan.primitive.execute(stream, arguments);
  stream.wait();
}

}  // namespace ptravel::cpu
