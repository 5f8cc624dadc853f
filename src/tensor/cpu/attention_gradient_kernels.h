// The gradient of attention on vectors (Dao et al. 2022, "FlashAttention", algorithm 4); see
// vector.h for how this file is compiled and attention_units.h for units.
//
// With scores s = q k^T, probabilities p = softmax(s * scale) and out = p v:
//   dv = p^T dout, dp = dout v^T, ds = scale * p * (dp - sum(dout * out)), dq = ds k, dk = ds^T q.
// Blocks of queries and keys are taken in turn, so that p and ds never exist as a whole.

#pragma once

#include "tensor/cpu/attention_units.h"

namespace ptravel::cpu {
namespace {

#if PTRAVEL_LANES == 16
constexpr std::int64_t kTileVectors = 4;  // 6 x 4 sums live in the 32 registers
#else
constexpr std::int64_t kTileVectors = 2;
#endif
constexpr std::int64_t kTileRows = 6;
constexpr std::int64_t kPanel = kTileVectors * kLanes;

static_assert(kQueryBlock % kTileRows == 0);
static_assert(kGradientKeys % kPanel == 0 && kGradientKeys % kTileRows == 0);

/// The packed operands of one head. "Along": [rows][units of channels], the left factor of a
/// product over channels. "Across": [units of rows][padded channels], the right factor of a product
/// over rows. "Down": [panels of kPanel rows][units of channels][kPanel], the right factor of a
/// product over channels.
struct GradientOperands {
  float *queries_along, *queries_across, *grad_along, *grad_across;
  float *keys_across, *keys_down, *values_down;
  float *logsums, *sums;  ///< [query rows]: logarithms of sums, and sums of dout * out.
};

/// Sizes in units or floats that follow from an AttentionShape.
template <typename T>
struct GradientLayout {
  using Units = typename UnitsFor<T>::Type;
  static constexpr std::int64_t kPerUnit = Units::kPerUnit;

  explicit GradientLayout(const AttentionShape& shape)
      : dim_units((shape.head_dim + kPerUnit - 1) / kPerUnit),
        padded_dim(round_up(shape.head_dim, kLanes)),
        query_rows(round_up(shape.query_rows, kQueryBlock)),
        key_rows(round_up(shape.key_rows, kPanel)) {}

  std::int64_t packed_size() const {
    return 2 * query_rows * (dim_units + padded_dim / kPerUnit + 1) +
           key_rows * (2 * dim_units + padded_dim / kPerUnit);
  }
  std::int64_t scratch_size() const {
    return 3 * kQueryBlock * kGradientKeys + 2 * kGradientKeys * padded_dim;
  }
  GradientOperands carve(float* packed) const {
    const auto take = [&](std::int64_t size) {
      float* taken = packed;
      packed += size;
      return taken;
    };
    const std::int64_t query_units = query_rows / kPerUnit;
    return {take(query_rows * dim_units),
            take(query_units * padded_dim),
            take(query_rows * dim_units),
            take(query_units * padded_dim),
            take(key_rows / kPerUnit * padded_dim),
            take(key_rows * dim_units),
            take(key_rows * dim_units),
            take(query_rows),
            take(query_rows)};
  }

  std::int64_t dim_units, padded_dim, query_rows, key_rows;
};

/// Rows of one head in memory: `rows` of `dim` channels, `stride` apart.
template <typename T>
struct HeadRows {
  const T* data;
  std::int64_t rows, dim, stride;
};

template <typename T>
void pack_along(const HeadRows<T>& x, std::int64_t padded_rows, std::int64_t units, float* to) {
  using Units = typename UnitsFor<T>::Type;
  for (std::int64_t row = 0; row < padded_rows; ++row) {
    const T* from = x.data + (row < x.rows ? row : 0) * x.stride;
    for (std::int64_t u = 0; u < units; ++u) {
      const std::int64_t d = u * Units::kPerUnit;
      to[row * units + u] = row < x.rows ? Units::unit(from + d, x.dim - d) : 0.0F;
    }
  }
}

template <typename T>
void pack_across(const HeadRows<T>& x, std::int64_t padded_rows, std::int64_t width, float* to) {
  using Units = typename UnitsFor<T>::Type;
  for (std::int64_t row = 0; row < padded_rows; row += Units::kPerUnit, to += width) {
    const std::int64_t left = x.rows - row;
    const T* from = x.data + (left > 0 ? row : 0) * x.stride;
    const std::int64_t there = left > 0 ? x.dim : 0;
    for (std::int64_t c = 0; c < there; ++c) {
      to[c] = Units::unit_across(from + c, x.stride, left);
    }
    for (std::int64_t c = there; c < width; ++c) {
      to[c] = 0.0F;
    }
  }
}

template <typename T>
void pack_down(const HeadRows<T>& x, std::int64_t padded_rows, std::int64_t units, float* packed) {
  using Units = typename UnitsFor<T>::Type;
  for (std::int64_t row = 0; row < padded_rows; ++row) {
    float* to = packed + row / kPanel * kPanel * units + row % kPanel;
    const T* from = x.data + (row < x.rows ? row : 0) * x.stride;
    for (std::int64_t u = 0; u < units; ++u) {
      const std::int64_t d = u * Units::kPerUnit;
      to[u * kPanel] = row < x.rows ? Units::unit(from + d, x.dim - d) : 0.0F;
    }
  }
}

template <typename T>
void pack_gradient_head(T*,
                        const AttentionShape& shape,
                        const AttentionOperands& operands,
                        std::int64_t head,
                        float* packed) {
  const GradientLayout<T> layout(shape);
  const GradientOperands to = layout.carve(packed);
  const auto head_of = [&](const void* data, std::int64_t rows, std::int64_t stride) {
    return HeadRows<T>{static_cast<const T*>(data) + head * shape.head_dim, rows, shape.head_dim,
                       stride};
  };
  const auto queries = head_of(operands.queries, shape.query_rows, shape.query_stride);
  const auto grad = head_of(operands.grad, shape.query_rows, shape.out_stride);
  const auto out = head_of(operands.out, shape.query_rows, shape.out_stride);
  const auto keys = head_of(operands.keys, shape.key_rows, shape.key_stride);
  const auto values = head_of(operands.values, shape.key_rows, shape.value_stride);
  pack_along(queries, layout.query_rows, layout.dim_units, to.queries_along);
  pack_across(queries, layout.query_rows, layout.padded_dim, to.queries_across);
  pack_along(grad, layout.query_rows, layout.dim_units, to.grad_along);
  pack_across(grad, layout.query_rows, layout.padded_dim, to.grad_across);
  pack_across(keys, layout.key_rows, layout.padded_dim, to.keys_across);
  pack_down(keys, layout.key_rows, layout.dim_units, to.keys_down);
  pack_down(values, layout.key_rows, layout.dim_units, to.values_down);
  for (std::int64_t row = 0; row < layout.query_rows; ++row) {
    const bool there = row < shape.query_rows;
    // Rows that are not there get probabilities of zero.
    to.logsums[row] = there ? operands.logsums[head * shape.query_rows + row] : kInfinity;
    Vec sum{};
    for_lanes(there ? shape.head_dim : 0, [&](std::int64_t c, std::int64_t n) {
      sum +=
          load_n(grad.data + row * grad.stride + c, n) * load_n(out.data + row * out.stride + c, n);
    });
    to.sums[row] = sum_of(sum);
  }
}

/// One block of queries against one block of keys.
struct GradientTile {
  float* scores;  ///< [kQueryBlock, kGradientKeys], turned into p in units across in place
  float* slopes;  ///< [kQueryBlock, kGradientKeys]: dp, turned into ds in units across in place
  float* slopes_along;  ///< ds in units along
  float* keys;          ///< [kGradientKeys, padded_dim]: sums for dk
  float* values;        ///< [kGradientKeys, padded_dim]: sums for dv
};

/// What a row of a tile needs to become probabilities: p = exp(score * scale - logsum).
struct RowTerms {
  float scale, logsum, sum;
};

template <typename Units>
inline Vec probability(const float* scores, const RowTerms& terms) {
  const float scale = terms.scale * Units::kPowers, logsum = terms.logsum * Units::kPowers;
  return Units::power(load(scores) * scale - logsum);
}

inline Vec slope(Vec p, const float* slopes, const RowTerms& terms) {
  return p * (load(slopes) - terms.sum) * terms.scale;
}

/// Turns scores and dp of one unit of rows into p and ds. Floats: one row, in place.
inline void soften_unit(FloatUnits,
                        const GradientTile& tile,
                        std::int64_t row,
                        std::int64_t columns,
                        const RowTerms* terms) {
  float* scores = tile.scores + row * kGradientKeys;
  float* slopes = tile.slopes + row * kGradientKeys;
  for (std::int64_t c = 0; c < columns; c += kLanes) {
    const Vec p = probability<FloatUnits>(scores + c, terms[0]);
    store(slopes + c, slope(p, slopes + c, terms[0]));
    store(scores + c, p);
  }
}

#if defined(__AVX512BF16__)
/// Pairs: two rows, which share units across; units along have memory of their own.
inline void soften_unit(PairUnits,
                        const GradientTile& tile,
                        std::int64_t row,
                        std::int64_t columns,
                        const RowTerms* terms) {
  constexpr std::int64_t kAlong = kGradientKeys / 2;
  float* scores = tile.scores + row * kGradientKeys;
  float* slopes = tile.slopes + row * kGradientKeys;
  float* along = tile.slopes_along + row * kAlong;
  const auto pairs = [](HalfBits low, HalfBits high) {
    return reinterpret_cast<Vec>(widen(low) | widen(high) << 16);
  };
  for (std::int64_t c = 0; c < columns; c += kLanes) {
    const Vec p0 = probability<PairUnits>(scores + c, terms[0]);
    const Vec p1 = probability<PairUnits>(scores + kGradientKeys + c, terms[1]);
    const HalfBits slope0 = to_bf16(slope(p0, slopes + c, terms[0]));
    const HalfBits slope1 = to_bf16(slope(p1, slopes + kGradientKeys + c, terms[1]));
    store(scores + c, pairs(to_bf16(p0), to_bf16(p1)));
    store(slopes + c, pairs(slope0, slope1));
    __builtin_memcpy(along + c / 2, &slope0, sizeof(slope0));
    __builtin_memcpy(along + kAlong + c / 2, &slope1, sizeof(slope1));
  }
}
#endif

/// Hides the columns from `valid` on from a row: their probabilities become zero.
inline void hide_columns(float* scores, std::int64_t valid, std::int64_t columns) {
  for (std::int64_t c = valid > 0 ? valid : 0; c < columns; ++c) {
    scores[c] = -kInfinity;
  }
}

/// sums[rows, padded_dim] += a * b, rows rounded up to whole tiles.
template <typename Units>
inline void multiply_rows(LeftFactor a,
                          std::int64_t rows,
                          const float* b,
                          std::int64_t units,
                          float* sums,
                          std::int64_t padded_dim) {
  for (std::int64_t row = 0; row < rows; row += kTileRows) {
    const LeftFactor left{a.data + row * a.row_stride, a.row_stride, a.unit_stride};
    for (std::int64_t first = 0; first < padded_dim; first += kPanel) {
      float* to = sums + row * padded_dim + first;
      const std::int64_t width = padded_dim - first < kPanel ? padded_dim - first : kPanel;
      const auto tile = [&]<int kVectors>() {
        multiply_tile<Units, kTileRows, kVectors>(left, b + first, padded_dim, units, to,
                                                  padded_dim, true);
      };
      switch (width / kLanes) {
        case 1:
          tile.template operator()<1>();
          break;
        case 2:
          tile.template operator()<2>();
          break;
#if PTRAVEL_LANES == 16
        case 3:
          tile.template operator()<3>();
          break;
        case 4:
          tile.template operator()<4>();
          break;
#endif
        default:
          break;
      }
    }
  }
}

/// One block of queries and one of keys: adds to dq, dk and dv.
template <typename T>
void differentiate_tile(const AttentionShape& shape,
                        const GradientOperands& operands,
                        std::int64_t first_query,
                        std::int64_t first_key,
                        const GradientTile& tile,
                        float* query_sums) {
  using Units = typename UnitsFor<T>::Type;
  constexpr std::int64_t kPerUnit = Units::kPerUnit;
  const GradientLayout<T> layout(shape);
  const std::int64_t units = layout.dim_units;
  const std::int64_t width = layout.padded_dim;
  const std::int64_t rest = layout.key_rows - first_key;
  const std::int64_t columns = rest < kGradientKeys ? rest : kGradientKeys;
  for (std::int64_t c = 0; c < columns; c += kPanel) {
    const std::int64_t panel = (first_key + c) * units;
    for (std::int64_t row = 0; row < kQueryBlock; row += kTileRows) {
      const std::int64_t left = (first_query + row) * units;
      const std::int64_t to = row * kGradientKeys + c;
      multiply_tile<Units, kTileRows, kTileVectors>({operands.queries_along + left, units, 1},
                                                    operands.keys_down + panel, kPanel, units,
                                                    tile.scores + to, kGradientKeys, false);
      multiply_tile<Units, kTileRows, kTileVectors>({operands.grad_along + left, units, 1},
                                                    operands.values_down + panel, kPanel, units,
                                                    tile.slopes + to, kGradientKeys, false);
    }
  }
  for (std::int64_t row = 0; row < kQueryBlock; row += kPerUnit) {
    RowTerms terms[kPerUnit];
    for (std::int64_t i = 0; i < kPerUnit; ++i) {
      const std::int64_t query = first_query + row + i;
      const bool partly = shape.causal && query + 1 < shape.key_rows;
      hide_columns(tile.scores + (row + i) * kGradientKeys,
                   (partly ? query + 1 : shape.key_rows) - first_key, columns);
      terms[i] = {shape.scale, operands.logsums[query], operands.sums[query]};
    }
    soften_unit(Units{}, tile, row, columns, terms);
  }
  const LeftFactor p{tile.scores, 1, kPerUnit * kGradientKeys};
  const LeftFactor ds{tile.slopes, 1, kPerUnit * kGradientKeys};
  const LeftFactor ds_along{kPerUnit == 1 ? tile.slopes : tile.slopes_along,
                            kGradientKeys / kPerUnit, 1};
  const std::int64_t query_units = kQueryBlock / kPerUnit;
  const std::int64_t across = first_query / kPerUnit * width;
  multiply_rows<Units>(ds_along, kQueryBlock, operands.keys_across + first_key / kPerUnit * width,
                       columns / kPerUnit, query_sums + first_query * width, width);
  multiply_rows<Units>(p, columns, operands.grad_across + across, query_units, tile.values, width);
  multiply_rows<Units>(ds, columns, operands.queries_across + across, query_units, tile.keys,
                       width);
}

/// Blocks of keys of one head. `query_sums` is this range's share of dq; keys and values are whole
/// images.
template <typename T>
void differentiate_keys(const AttentionShape& shape,
                        float* packed,
                        const KeyRange& range,
                        float* scratch,
                        float* query_sums,
                        T* keys,
                        T* values) {
  const GradientLayout<T> layout(shape);
  const GradientOperands operands = layout.carve(packed);
  const std::int64_t width = layout.padded_dim;
  constexpr std::int64_t kTile = kQueryBlock * kGradientKeys;
  const GradientTile tile{scratch, scratch + kTile, scratch + 2 * kTile, scratch + 3 * kTile,
                          scratch + 3 * kTile + kGradientKeys * width};
  for (std::int64_t i = 0; i < layout.query_rows * width; ++i) {
    query_sums[i] = 0;
  }
  for (std::int64_t block = range.begin; block < range.end; ++block) {
    const std::int64_t first_key = block * kGradientKeys;
    for (std::int64_t i = 0; i < 2 * kGradientKeys * width; ++i) {
      tile.keys[i] = 0;
    }
    for (std::int64_t query = 0; query < shape.query_rows; query += kQueryBlock) {
      if (!shape.causal || query + kQueryBlock > first_key) {
        differentiate_tile<T>(shape, operands, query, first_key, tile, query_sums);
      }
    }
    for (std::int64_t row = 0; row < kGradientKeys && first_key + row < shape.key_rows; ++row) {
      const std::int64_t to = (first_key + row) * shape.out_stride + range.head * shape.head_dim;
      for_lanes(shape.head_dim, [&](std::int64_t c, std::int64_t n) {
        store_n(keys + to + c, load(tile.keys + row * width + c), n);
        store_n(values + to + c, load(tile.values + row * width + c), n);
      });
    }
  }
}

}  // namespace
}  // namespace ptravel::cpu
