// Makes the table of one instruction set; see vector.h for how this file is compiled.

#pragma once

#include "tensor/cpu/attention_gradient_kernels.h"
#include "tensor/cpu/attention_kernels.h"
#include "tensor/cpu/convert_kernels.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/pointwise_kernels.h"

namespace ptravel::cpu {
namespace {

/// Calls function(typed null pointer) for the element's type.
template <typename Function>
inline auto with_element(Element element, Function&& function) {
  if (element == Element::Float32) {
    return function(static_cast<float*>(nullptr));
  }
  return function(static_cast<Bf16*>(nullptr));
}

template <typename T>
inline const T* as(T*, const void* p) {
  return static_cast<const T*>(p);
}
template <typename T>
inline T* as(T*, void* p) {
  return static_cast<T*>(p);
}

void moments(Element element,
             const void* x,
             std::int64_t rows,
             std::int64_t channels,
             const float* shift,
             float* sums,
             float* squares) {
  with_element(element,
               [&](auto* t) { moments_of(as(t, x), rows, channels, shift, sums, squares); });
}

void scale_offset(Element element,
                  const void* x,
                  void* y,
                  std::int64_t y_stride,
                  std::int64_t rows,
                  std::int64_t channels,
                  const ScaleOffset& run) {
  with_element(element, [&](auto* t) {
    if (run.silu) {
      scale_offset_of<true>(as(t, x), as(t, y), y_stride, rows, channels, run);
    } else {
      scale_offset_of<false>(as(t, x), as(t, y), y_stride, rows, channels, run);
    }
  });
}

void scale_offset_gradient_sums(Element element,
                                const void* x,
                                const void* grad,
                                std::int64_t rows,
                                std::int64_t channels,
                                const ScaleOffset& run,
                                float* sums,
                                float* products) {
  with_element(element, [&](auto* t) {
    if (run.silu) {
      scale_offset_gradient_sums_of<true>(as(t, x), as(t, grad), rows, channels, run, sums,
                                          products);
    } else {
      scale_offset_gradient_sums_of<false>(as(t, x), as(t, grad), rows, channels, run, sums,
                                           products);
    }
  });
}

void scale_offset_gradient(Element element,
                           const void* x,
                           const void* grad,
                           void* out,
                           std::int64_t rows,
                           std::int64_t channels,
                           const ScaleOffset& run,
                           const float* slope,
                           const float* offset) {
  with_element(element, [&](auto* t) {
    if (run.silu) {
      scale_offset_gradient_of<true>(as(t, x), as(t, grad), as(t, out), rows, channels, run, slope,
                                     offset);
    } else {
      scale_offset_gradient_of<false>(as(t, x), as(t, grad), as(t, out), rows, channels, run, slope,
                                      offset);
    }
  });
}

void layer_norm(Element element,
                const void* x,
                void* y,
                std::int64_t rows,
                std::int64_t width,
                const float* weight,
                const float* bias,
                float eps) {
  with_element(element,
               [&](auto* t) { layer_norm_of(as(t, x), as(t, y), rows, width, weight, bias, eps); });
}

void unary(Element element, UnaryFunction function, const void* x, void* y, std::int64_t count) {
  with_element(element, [&](auto* t) { unary_of(function, as(t, x), as(t, y), count); });
}

void layer_norm_gradient(Element element,
                         const void* x,
                         const void* grad,
                         void* out,
                         std::int64_t rows,
                         std::int64_t width,
                         const float* weight,
                         float eps,
                         float* weight_sums,
                         float* bias_sums) {
  with_element(element, [&](auto* t) {
    layer_norm_gradient_of(as(t, x), as(t, grad), as(t, out), rows, width, weight, eps, weight_sums,
                           bias_sums);
  });
}

void unary_gradient(Element element,
                    UnaryFunction function,
                    const void* x,
                    const void* grad,
                    void* out,
                    std::int64_t count) {
  with_element(element, [&](auto* t) {
    unary_gradient_of(function, as(t, x), as(t, grad), as(t, out), count);
  });
}

void geglu(Element element, const void* x, void* y, std::int64_t rows, std::int64_t width) {
  with_element(element, [&](auto* t) { geglu_of(as(t, x), as(t, y), rows, width); });
}

void geglu_gradient(Element element,
                    const void* x,
                    const void* grad,
                    void* out,
                    std::int64_t rows,
                    std::int64_t width) {
  with_element(element,
               [&](auto* t) { geglu_gradient_of(as(t, x), as(t, grad), as(t, out), rows, width); });
}

bool convert(Stored stored, const void* x, Element element, void* y, std::int64_t count) {
  return with_element(element, [&](auto* t) {
    switch (stored) {
      case Stored::Float16:
        return convert_numbers(static_cast<const Half*>(x), as(t, y), count);
      case Stored::Bfloat16:
        return convert_numbers(static_cast<const Bf16*>(x), as(t, y), count);
      default:
        return convert_numbers(static_cast<const float*>(x), as(t, y), count);
    }
  });
}

/// Attention that multiplies on vectors.
struct VectorAttention {
  template <typename T>
  using Products = VectorProducts<typename UnitsFor<T>::Type>;
};

template <typename Attention, typename T>
AttentionLayout<typename Attention::template Products<T>> attention_layout(
    T*, const AttentionShape& shape) {
  return AttentionLayout<typename Attention::template Products<T>>(shape);
}

template <typename Attention>
std::int64_t attention_packed_size(Element element, const AttentionShape& shape) {
  return with_element(element, [&](auto* t) {
    const auto layout = attention_layout<Attention>(t, shape);
    return layout.packed_keys_size() + layout.packed_values_size();
  });
}

template <typename Attention>
std::int64_t attention_scratch_size(Element element, const AttentionShape& shape) {
  return with_element(
      element, [&](auto* t) { return attention_layout<Attention>(t, shape).scratch_size(); });
}

template <typename Attention>
void pack_keys_values(Element element,
                      const AttentionShape& shape,
                      const void* keys,
                      const void* values,
                      std::int64_t head,
                      std::int64_t first_key,
                      float* packed) {
  with_element(element, [&]<typename T>(T* t) {
    pack_block<typename Attention::template Products<T>>(shape, as(t, keys), as(t, values), head,
                                                         first_key, packed);
  });
}

template <typename Attention>
void attention_rows(Element element,
                    const AttentionShape& shape,
                    const void* queries,
                    const float* packed,
                    std::int64_t head,
                    std::int64_t first_query,
                    float* scratch,
                    void* out,
                    float* logsums) {
  with_element(element, [&]<typename T>(T* t) {
    attend<typename Attention::template Products<T>>(shape, as(t, queries), packed, head,
                                                     first_query, scratch, as(t, out), logsums);
  });
}

template <typename T>
AttentionGradientSizes gradient_sizes_of(T*, const AttentionShape& shape) {
  const GradientLayout<T> layout(shape);
  return {layout.packed_size(), layout.scratch_size(), layout.query_rows, layout.padded_dim};
}

AttentionGradientSizes attention_gradient_sizes(Element element, const AttentionShape& shape) {
  return with_element(element, [&](auto* t) { return gradient_sizes_of(t, shape); });
}

void pack_attention_gradient(Element element,
                             const AttentionShape& shape,
                             const AttentionOperands& operands,
                             std::int64_t head,
                             float* packed) {
  with_element(element, [&](auto* t) { pack_gradient_head(t, shape, operands, head, packed); });
}

void attention_gradient_keys(Element element,
                             const AttentionShape& shape,
                             float* packed,
                             const KeyRange& range,
                             float* scratch,
                             const AttentionGradients& out) {
  with_element(element, [&](auto* t) {
    differentiate_keys(shape, packed, range, scratch, out.queries, as(t, out.keys),
                       as(t, out.values));
  });
}

template <typename Attention = VectorAttention>
constexpr Kernels make_table(const char* name) {
  return {name,
          moments,
          scale_offset,
          scale_offset_gradient_sums,
          scale_offset_gradient,
          layer_norm,
          layer_norm_gradient,
          unary,
          unary_gradient,
          geglu,
          geglu_gradient,
          convert,
          attention_packed_size<Attention>,
          attention_scratch_size<Attention>,
          pack_keys_values<Attention>,
          attention_rows<Attention>,
          attention_gradient_sizes,
          pack_attention_gradient,
          attention_gradient_keys};
}

}  // namespace
}  // namespace ptravel::cpu
