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
                     std::int64_t rows,
                     std::int64_t channels,
                     const float* scale,
                     const float* offset) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* from = x + row * channels;
    T* to = y + row * channels;
    for_lanes(channels, [&](std::int64_t c, std::int64_t n) {
      const Vec value = load_n(from + c, n) * load_n(scale + c, n) + load_n(offset + c, n);
      store_n(to + c, kSilu ? silu(value) : value, n);
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

}  // namespace
}  // namespace ptravel::cpu
