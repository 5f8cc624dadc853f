// Attention on vectors; see vector.h for how this file is compiled.
//
// All operands are kept in 32-bit units: a float, or two bf16 that one instruction multiplies and
// adds. Keys of a head are packed as [panels of kPanel keys][units of head_dim][kPanel], values as
// [panels of kPanel channels][units of keys][panel width], so that the inner loop reads memory in
// order.

#pragma once

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/vector.h"

namespace ptravel::cpu {
namespace {

#if PTRAVEL_LANES == 16
constexpr std::int64_t kTileVectors = 4;  // 6 x 4 sums live in the 32 registers
#else
constexpr std::int64_t kTileVectors = 2;
#endif
constexpr std::int64_t kTileRows = 6;
constexpr std::int64_t kPanel = kTileVectors * kLanes;
constexpr float kInfinity = __builtin_inff();

static_assert(kQueryBlock % kTileRows == 0 && kKeyBlock % kPanel == 0);

constexpr std::int64_t round_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

/// Units are floats; bf16 input is widened.
struct FloatUnits {
  static constexpr std::int64_t kPerUnit = 1;
  static Vec multiply_add(float a, Vec b, Vec sum) { return sum + a * b; }
  static float unit(const float* p, std::int64_t) { return *p; }
  static float unit(const Bf16* p, std::int64_t) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(p->bits) << 16);
  }
  template <typename T>
  static float unit_across(const T* p, std::int64_t, std::int64_t) {
    return unit(p, 1);
  }
};

#if defined(__AVX512BF16__)
/// Units are pairs of bf16.
struct PairUnits {
  static constexpr std::int64_t kPerUnit = 2;
  static float pair(std::uint32_t low, std::uint32_t high) {
    return __builtin_bit_cast(float, low | high << 16);
  }
  static Vec multiply_add(float a, Vec b, Vec sum) {
    const Bits pairs = __builtin_bit_cast(std::uint32_t, a) + Bits{};
    const auto left = reinterpret_cast<__m512bh>(pairs);
    const auto right = reinterpret_cast<__m512bh>(b);
    return reinterpret_cast<Vec>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), left, right));
  }
  /// Elements p[0], p[1]; the second is zero when only `left` = 1 is there.
  static float unit(const Bf16* p, std::int64_t left) {
    return pair(p[0].bits, left > 1 ? p[1].bits : 0);
  }
  /// Elements of two rows, `stride` apart.
  static float unit_across(const Bf16* p, std::int64_t stride, std::int64_t left) {
    return pair(p[0].bits, left > 1 ? p[stride].bits : 0);
  }
};
#endif

template <typename T>
struct UnitsFor {
  using Type = FloatUnits;
};
#if defined(__AVX512BF16__)
template <>
struct UnitsFor<Bf16> {
  using Type = PairUnits;
};
#endif

/// Sizes in units or floats that follow from an AttentionShape.
template <typename T>
struct AttentionLayout {
  using Units = typename UnitsFor<T>::Type;
  static constexpr std::int64_t kPerUnit = Units::kPerUnit;

  explicit AttentionLayout(const AttentionShape& shape)
      : dim_units((shape.head_dim + kPerUnit - 1) / kPerUnit),
        padded_dim(round_up(shape.head_dim, kLanes)),
        padded_keys(round_up(shape.key_rows, kKeyBlock)),
        key_units(padded_keys / kPerUnit) {}

  std::int64_t packed_keys_size() const { return padded_keys * dim_units; }
  std::int64_t packed_values_size() const { return key_units * padded_dim; }
  std::int64_t panel_width(std::int64_t channel) const {
    return padded_dim - channel < kPanel ? padded_dim - channel : kPanel;
  }

  std::int64_t dim_units;
  std::int64_t padded_dim;
  std::int64_t padded_keys;
  std::int64_t key_units;
};

/// sums[rows, width] (+)= a[rows, units] * b[units, width], width = kVectors * kLanes.
template <typename Units, int kVectors>
inline void multiply_tile(const float* a,
                          std::int64_t a_stride,
                          const float* b,
                          std::int64_t units,
                          float* sums,
                          std::int64_t sums_stride,
                          bool add) {
  constexpr std::int64_t kWidth = kVectors * kLanes;
  Vec tile[kTileRows][kVectors];
#pragma GCC unroll 6
  for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      tile[r][v] = add ? load(sums + r * sums_stride + v * kLanes) : Vec{};
    }
  }
  for (std::int64_t u = 0; u < units; ++u) {
    Vec column[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      column[v] = load(b + u * kWidth + v * kLanes);
    }
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) {
      const float left = a[r * a_stride + u];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        tile[r][v] = Units::multiply_add(left, column[v], tile[r][v]);
      }
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      store(sums + r * sums_stride + v * kLanes, tile[r][v]);
    }
  }
}

template <typename Units>
inline void multiply_panel(std::int64_t vectors,
                           const float* a,
                           std::int64_t a_stride,
                           const float* b,
                           std::int64_t units,
                           float* sums,
                           std::int64_t sums_stride,
                           bool add) {
  switch (vectors) {
    case 1:
      return multiply_tile<Units, 1>(a, a_stride, b, units, sums, sums_stride, add);
    case 2:
      return multiply_tile<Units, 2>(a, a_stride, b, units, sums, sums_stride, add);
#if PTRAVEL_LANES == 16
    case 3:
      return multiply_tile<Units, 3>(a, a_stride, b, units, sums, sums_stride, add);
    default:
      return multiply_tile<Units, 4>(a, a_stride, b, units, sums, sums_stride, add);
#else
    default:
      return;
#endif
  }
}

template <typename T>
void pack_block(const AttentionShape& shape,
                const T* keys,
                const T* values,
                std::int64_t head,
                std::int64_t first_key,
                float* packed) {
  using Units = typename UnitsFor<T>::Type;
  constexpr std::int64_t kPerUnit = Units::kPerUnit;
  const AttentionLayout<T> layout(shape);
  const std::int64_t dim = shape.head_dim;
  for (std::int64_t key = first_key; key < first_key + kKeyBlock; ++key) {
    float* to = packed + key / kPanel * kPanel * layout.dim_units + key % kPanel;
    const bool there = key < shape.key_rows;
    const T* from = keys + (there ? key : 0) * shape.key_stride + head * dim;
    for (std::int64_t u = 0; u < layout.dim_units; ++u) {
      const std::int64_t d = u * kPerUnit;
      to[u * kPanel] = there ? Units::unit(from + d, dim - d) : 0.0F;
    }
  }
  float* packed_values = packed + layout.packed_keys_size();
  for (std::int64_t first = 0; first < layout.padded_dim; first += kPanel) {
    const std::int64_t width = layout.panel_width(first);
    float* panel = packed_values + first * layout.key_units;
    for (std::int64_t key = first_key; key < first_key + kKeyBlock; key += kPerUnit) {
      float* to = panel + key / kPerUnit * width;
      const std::int64_t left = shape.key_rows - key;
      const T* from = values + (left > 0 ? key : 0) * shape.value_stride + head * dim + first;
      for (std::int64_t c = 0; c < width; ++c) {
        const bool there = left > 0 && first + c < dim;
        to[c] = there ? Units::unit_across(from + c, shape.value_stride, left) : 0.0F;
      }
    }
  }
}

/// The state of one block of queries while it walks over the keys.
struct QueryBlock {
  float* queries;  ///< [kQueryBlock, dim_units] units
  float* scores;   ///< [kQueryBlock, kKeyBlock], turned into units of probabilities in place
  float* sums;     ///< [kQueryBlock, padded_dim], not yet divided by `total`
  float* largest;  ///< [kQueryBlock], of the scaled scores so far
  float* total;    ///< [kQueryBlock], sum of the probabilities relative to `largest`
};

template <typename T>
QueryBlock carve(const AttentionLayout<T>& layout, float* scratch) {
  QueryBlock block;
  block.scores = scratch;
  block.sums = block.scores + kQueryBlock * kKeyBlock;
  block.queries = block.sums + kQueryBlock * layout.padded_dim;
  block.largest = block.queries + kQueryBlock * layout.dim_units;
  block.total = block.largest + kQueryBlock;
  return block;
}

/// Writes probabilities over the scores they were made from; pairs take half of the room.
inline void store_probability(FloatUnits, float* row, std::int64_t column, Vec p) {
  store(row + column, p);
}
#if defined(__AVX512BF16__)
inline void store_probability(PairUnits, float* row, std::int64_t column, Vec p) {
  const HalfBits half = to_bf16(p);
  __builtin_memcpy(row + column / 2, &half, sizeof(half));
}
#endif

/// One row of the online softmax over `columns` keys, of which the first `valid` count.
template <typename T>
inline void soften_row(const QueryBlock& block,
                       std::int64_t row,
                       std::int64_t columns,
                       std::int64_t valid,
                       float scale,
                       std::int64_t padded_dim) {
  using Units = typename UnitsFor<T>::Type;
  float* scores = block.scores + row * kKeyBlock;
  for (std::int64_t c = valid > 0 ? valid : 0; c < columns; ++c) {
    scores[c] = -kInfinity;
  }
  Vec best = splat(-kInfinity);
  for (std::int64_t c = 0; c < columns; c += kLanes) {
    best = max(best, load(scores + c));
  }
  const float block_largest = max_of(best) * scale;
  const float before = block.largest[row];
  const float largest = block_largest > before ? block_largest : before;
  Vec sum{};
  for (std::int64_t c = 0; c < columns; c += kLanes) {
    const Vec p = exp(load(scores + c) * scale - largest);
    sum += p;
    store_probability(Units{}, scores, c, p);
  }
  if (largest != before) {
    const float correction = exp(splat(before - largest))[0];
    block.total[row] *= correction;
    float* sums = block.sums + row * padded_dim;
    for (std::int64_t c = 0; c < padded_dim; c += kLanes) {
      store(sums + c, load(sums + c) * correction);
    }
    block.largest[row] = largest;
  }
  block.total[row] += sum_of(sum);
}

template <typename T>
void begin_rows(const AttentionShape& shape,
                const AttentionLayout<T>& layout,
                const T* queries,
                std::int64_t rows,
                std::int64_t padded_rows,
                const QueryBlock& block) {
  using Units = typename UnitsFor<T>::Type;
  for (std::int64_t row = 0; row < padded_rows; ++row) {
    float* to = block.queries + row * layout.dim_units;
    for (std::int64_t u = 0; u < layout.dim_units; ++u) {
      const std::int64_t d = u * Units::kPerUnit;
      const T* from = queries + (row < rows ? row : 0) * shape.query_stride + d;
      to[u] = row < rows ? Units::unit(from, shape.head_dim - d) : 0.0F;
    }
    for (std::int64_t c = 0; c < layout.padded_dim; ++c) {
      block.sums[row * layout.padded_dim + c] = 0;
    }
    block.largest[row] = -kInfinity;
    block.total[row] = 0;
  }
}

/// Scores of `padded_rows` queries against the `columns` packed keys from `first_key` on.
template <typename T>
void score_block(const AttentionLayout<T>& layout,
                 const QueryBlock& block,
                 const float* packed,
                 std::int64_t padded_rows,
                 std::int64_t first_key,
                 std::int64_t columns) {
  using Units = typename UnitsFor<T>::Type;
  for (std::int64_t c = 0; c < columns; c += kPanel) {
    const float* panel = packed + (first_key + c) * layout.dim_units;
    for (std::int64_t row = 0; row < padded_rows; row += kTileRows) {
      multiply_tile<Units, kTileVectors>(block.queries + row * layout.dim_units, layout.dim_units,
                                         panel, layout.dim_units,
                                         block.scores + row * kKeyBlock + c, kKeyBlock, false);
    }
  }
}

/// Adds probabilities times values to the running sums.
template <typename T>
void gather_block(const AttentionLayout<T>& layout,
                  const QueryBlock& block,
                  const float* values,
                  std::int64_t padded_rows,
                  std::int64_t first_key,
                  std::int64_t columns) {
  using Units = typename UnitsFor<T>::Type;
  for (std::int64_t first = 0; first < layout.padded_dim; first += kPanel) {
    const std::int64_t width = layout.panel_width(first);
    const float* panel = values + first * layout.key_units + first_key / Units::kPerUnit * width;
    for (std::int64_t row = 0; row < padded_rows; row += kTileRows) {
      multiply_panel<Units>(width / kLanes, block.scores + row * kKeyBlock, kKeyBlock, panel,
                            columns / Units::kPerUnit, block.sums + row * layout.padded_dim + first,
                            layout.padded_dim, true);
    }
  }
}

template <typename T>
void attend(const AttentionShape& shape,
            const T* queries,
            const float* packed,
            std::int64_t head,
            std::int64_t first_query,
            float* scratch,
            T* out,
            float* logsums) {
  const AttentionLayout<T> layout(shape);
  const QueryBlock block = carve(layout, scratch);
  const std::int64_t left = shape.query_rows - first_query;
  const std::int64_t rows = left < kQueryBlock ? left : kQueryBlock;
  const std::int64_t padded_rows = round_up(rows, kTileRows);
  begin_rows(shape, layout, queries + first_query * shape.query_stride + head * shape.head_dim,
             rows, padded_rows, block);
  const std::int64_t seen = first_query + rows;
  const std::int64_t keys = shape.causal && seen < shape.key_rows ? seen : shape.key_rows;
  for (std::int64_t key = 0; key < keys; key += kKeyBlock) {
    const std::int64_t rest = round_up(shape.key_rows - key, kPanel);
    const std::int64_t columns = rest < kKeyBlock ? rest : kKeyBlock;
    score_block(layout, block, packed, padded_rows, key, columns);
    for (std::int64_t row = 0; row < padded_rows; ++row) {
      const std::int64_t visible = first_query + row + 1;
      const std::int64_t limit =
          shape.causal && visible < shape.key_rows ? visible : shape.key_rows;
      soften_row<T>(block, row, columns, limit - key, shape.scale, layout.padded_dim);
    }
    gather_block(layout, block, packed + layout.packed_keys_size(), padded_rows, key, columns);
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    T* to = out + (first_query + row) * shape.out_stride + head * shape.head_dim;
    const float* sums = block.sums + row * layout.padded_dim;
    const float scale = 1.0F / block.total[row];
    for_lanes(shape.head_dim,
              [&](std::int64_t c, std::int64_t n) { store_n(to + c, load(sums + c) * scale, n); });
  }
  for (std::int64_t row = 0; logsums != nullptr && row < rows; ++row) {
    logsums[head * shape.query_rows + first_query + row] =
        block.largest[row] + __builtin_logf(block.total[row]);
  }
}

}  // namespace
}  // namespace ptravel::cpu
