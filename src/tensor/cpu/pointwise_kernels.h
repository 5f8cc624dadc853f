// Norms and activations on vectors; see vector.h for how this file is compiled.

#pragma once

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/vector.h"

namespace ptravel::cpu {
namespace {

template <typename T>
void moments_of(const T* x,
                std::int64_t rows,
                std::int64_t channels,
                const float* shift,
                float* sums,
                float* squares) {
  for_lanes(channels, [&](std::int64_t c, std::int64_t n) {
    store_n(sums + c, Vec{}, n);
    store_n(squares + c, Vec{}, n);
  });
  constexpr std::int64_t kRowsAtOnce = 8;
  for (std::int64_t first = 0; first < rows; first += kRowsAtOnce) {
    const std::int64_t end = first + kRowsAtOnce < rows ? first + kRowsAtOnce : rows;
    for_lanes(channels, [&](std::int64_t c, std::int64_t n) {
      const Vec center = load_n(shift + c, n);
      Vec sum = load_n(sums + c, n);
      Vec square = load_n(squares + c, n);
      for (std::int64_t row = first; row < end; ++row) {
        const Vec d = load_n(x + row * channels + c, n) - center;
        sum += d;
        square += d * d;
      }
      store_n(sums + c, sum, n);
      store_n(squares + c, square, n);
    });
  }
}

template <bool kSilu, typename T>
void scale_offset_of(const T* x,
                     T* y,
                     std::int64_t y_stride,
                     std::int64_t rows,
                     std::int64_t channels,
                     const ScaleOffset& run) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* from = x + row * channels;
    T* to = y + row * y_stride;
    for_lanes(channels, [&](std::int64_t c, std::int64_t n) {
      const Vec value = load_n(from + c, n) * load_n(run.scale + c, n) + load_n(run.offset + c, n);
      store_n(to + c, kSilu ? silu(value) : value, n);
    });
  }
}

/// `grad` carried back through the SiLU behind a scale and an offset.
template <bool kSilu>
inline Vec before_silu(Vec x, Vec grad, Vec scale, Vec offset) {
  if constexpr (!kSilu) {
    return grad;
  }
  const Vec y = x * scale + offset;
  const Vec s = sigmoid(y);
  return grad * s * (1.0F + y * (1.0F - s));
}

template <bool kSilu, typename T>
void scale_offset_gradient_sums_of(const T* x,
                                   const T* grad,
                                   std::int64_t rows,
                                   std::int64_t channels,
                                   const ScaleOffset& run,
                                   float* sums,
                                   float* products) {
  for_lanes(channels, [&](std::int64_t c, std::int64_t n) {
    const Vec scale = load_n(run.scale + c, n);
    const Vec offset = load_n(run.offset + c, n);
    Vec sum{};
    Vec product{};
    for (std::int64_t row = 0; row < rows; ++row) {
      const Vec value = load_n(x + row * channels + c, n);
      const Vec g = before_silu<kSilu>(value, load_n(grad + row * channels + c, n), scale, offset);
      sum += g;
      product += g * value;
    }
    store_n(sums + c, sum, n);
    store_n(products + c, product, n);
  });
}

template <bool kSilu, typename T>
void scale_offset_gradient_of(const T* x,
                              const T* grad,
                              T* out,
                              std::int64_t rows,
                              std::int64_t channels,
                              const ScaleOffset& run,
                              const float* slope,
                              const float* offset) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::int64_t first = row * channels;
    for_lanes(channels, [&](std::int64_t c, std::int64_t n) {
      const Vec value = load_n(x + first + c, n);
      const Vec scale = load_n(run.scale + c, n);
      const Vec g =
          before_silu<kSilu>(value, load_n(grad + first + c, n), scale, load_n(run.offset + c, n));
      store_n(out + first + c, g * scale + value * load_n(slope + c, n) + load_n(offset + c, n), n);
    });
  }
}

template <typename T>
void layer_norm_of(const T* x,
                   T* y,
                   std::int64_t rows,
                   std::int64_t width,
                   const float* weight,
                   const float* bias,
                   float eps) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* from = x + row * width;
    T* to = y + row * width;
    Vec sum{};
    for_lanes(width, [&](std::int64_t c, std::int64_t n) { sum += load_n(from + c, n); });
    const float mean = sum_of(sum) / static_cast<float>(width);
    Vec squares{};
    for_lanes(width, [&](std::int64_t c, std::int64_t n) {
      const Vec d = load_n(from + c, n) - mean;
      const Vec counted = n == kLanes ? d : keep_first(d, n);
      squares += counted * counted;
    });
    const float variance = sum_of(squares) / static_cast<float>(width);
    const float scale = 1.0F / __builtin_sqrtf(variance + eps);
    for_lanes(width, [&](std::int64_t c, std::int64_t n) {
      const Vec normal = (load_n(from + c, n) - mean) * scale;
      store_n(to + c, normal * load_n(weight + c, n) + load_n(bias + c, n), n);
    });
  }
}

/// With xhat = (x - mean) * rate: dx = rate * (w dy - mean(w dy) - xhat * mean(w dy xhat)).
template <typename T>
void layer_norm_gradient_of(const T* x,
                            const T* grad,
                            T* out,
                            std::int64_t rows,
                            std::int64_t width,
                            const float* weight,
                            float eps,
                            float* weight_sums,
                            float* bias_sums) {
  const float share = 1.0F / static_cast<float>(width);
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* from = x + row * width;
    const T* gradient = grad + row * width;
    T* to = out + row * width;
    Vec sum{};
    for_lanes(width, [&](std::int64_t c, std::int64_t n) { sum += load_n(from + c, n); });
    const float mean = sum_of(sum) * share;
    Vec squares{};
    Vec direct{};
    Vec along{};
    for_lanes(width, [&](std::int64_t c, std::int64_t n) {
      const Vec away = load_n(from + c, n) - mean;
      const Vec d = n == kLanes ? away : keep_first(away, n);
      const Vec g = load_n(gradient + c, n) * load_n(weight + c, n);
      squares += d * d;
      direct += g;
      along += g * d;
    });
    const float rate = 1.0F / __builtin_sqrtf(sum_of(squares) * share + eps);
    const float mean_direct = sum_of(direct) * share;
    const float mean_along = sum_of(along) * share * rate;
    for_lanes(width, [&](std::int64_t c, std::int64_t n) {
      const Vec normal = (load_n(from + c, n) - mean) * rate;
      const Vec dy = load_n(gradient + c, n);
      store_n(to + c, (dy * load_n(weight + c, n) - mean_direct - normal * mean_along) * rate, n);
      store_n(weight_sums + c, load_n(weight_sums + c, n) + dy * normal, n);
      store_n(bias_sums + c, load_n(bias_sums + c, n) + dy, n);
    });
  }
}

inline Vec slope_of(UnaryFunction function, Vec x) {
  constexpr float kDensity = 0.3989422804F;  // 1 / sqrt(2 pi)
  const float sharpness = function == UnaryFunction::QuickGelu ? 1.702F : 1.0F;
  if (function == UnaryFunction::Gelu) {
    return 0.5F * (1.0F + erf(x * 0.70710678F)) + x * kDensity * exp(-0.5F * x * x);
  }
  const Vec s = sigmoid(x * sharpness);
  return s * (1.0F + sharpness * x * (1.0F - s));
}

template <typename T>
void unary_gradient_of(
    UnaryFunction function, const T* x, const T* grad, T* out, std::int64_t count) {
  for_lanes(count, [&](std::int64_t i, std::int64_t n) {
    store_n(out + i, load_n(grad + i, n) * slope_of(function, load_n(x + i, n)), n);
  });
}

template <typename T>
void unary_of(UnaryFunction function, const T* x, T* y, std::int64_t count) {
  for_lanes(count, [&](std::int64_t i, std::int64_t n) {
    const Vec value = load_n(x + i, n);
    switch (function) {
      case UnaryFunction::Silu:
        return store_n(y + i, silu(value), n);
      case UnaryFunction::QuickGelu:
        return store_n(y + i, quick_gelu(value), n);
      case UnaryFunction::Gelu:
        return store_n(y + i, gelu(value), n);
    }
  });
}

template <typename T>
void geglu_of(const T* x, T* y, std::int64_t rows, std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* value = x + row * 2 * width;
    const T* gate = value + width;
    T* to = y + row * width;
    for_lanes(width, [&](std::int64_t c, std::int64_t n) {
      store_n(to + c, load_n(value + c, n) * gelu(load_n(gate + c, n)), n);
    });
  }
}

template <typename T>
void geglu_gradient_of(const T* x, const T* grad, T* out, std::int64_t rows, std::int64_t width) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* value = x + row * 2 * width;
    const T* gate = value + width;
    T* to = out + row * 2 * width;
    for_lanes(width, [&](std::int64_t c, std::int64_t n) {
      const Vec g = load_n(grad + row * width + c, n);
      const Vec z = load_n(gate + c, n);
      store_n(to + width + c, g * load_n(value + c, n) * slope_of(UnaryFunction::Gelu, z), n);
      store_n(to + c, g * gelu(z), n);
    });
  }
}

}  // namespace
}  // namespace ptravel::cpu
