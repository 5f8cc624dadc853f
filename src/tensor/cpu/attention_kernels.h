// Attention on vectors; see vector.h for how this file is compiled and attention_units.h for units.
//
// A vector holds a number of each of kLanes queries, so that the softmax takes no maxima or sums
// across lanes. A block of queries makes the columns of all results:
//   scores^T = keys * queries^T,  out^T = values^T * probabilities^T.
// The left factors of a head are packed once: keys as [keys][units of head_dim], values as [blocks
// of keys][channels][units of kKeyBlock keys].

#pragma once

#include "tensor/cpu/attention_units.h"

namespace ptravel::cpu {
namespace {

/// Products on vectors, in tiles whose sums stay in registers.
template <typename AnyUnits>
struct VectorProducts {
  using Units = AnyUnits;
#if PTRAVEL_LANES == 16
  static constexpr int kTileRows = 8, kTileVectors = 3;
#elif PTRAVEL_LANES == 8
  static constexpr int kTileRows = 4, kTileVectors = 3;
#else
  static constexpr int kTileRows = 4, kTileVectors = 2;
#endif
  /// The left factor's rows and units come in multiples of these.
  static constexpr std::int64_t kRowStep = kTileRows, kUnitStep = 1;

  /// Lives while one thread multiplies.
  struct Session {};

  /// sums[rows, columns] (+)= a[rows, units] * b[units, columns], columns a multiple of kLanes. The
  /// rows of a are `a_stride` apart, those of b and sums kQueryBlock.
  static void multiply(const float* a,
                       std::int64_t a_stride,
                       std::int64_t rows,
                       const float* b,
                       std::int64_t units,
                       std::int64_t columns,
                       float* sums,
                       bool add) {
    for (std::int64_t c = 0; c < columns; c += kTileVectors * kLanes) {
      const auto band = [&]<int kVectors>() {
        for (std::int64_t row = 0; row < rows; row += kTileRows) {
          multiply_tile<Units, kTileRows, kVectors>({a + row * a_stride, a_stride, 1}, b + c,
                                                    kQueryBlock, units,
                                                    sums + row * kQueryBlock + c, kQueryBlock, add);
        }
      };
      switch ((columns - c) / kLanes) {
        case 1:
          band.template operator()<1>();
          break;
        case 2:
          band.template operator()<2>();
          break;
        default:
          band.template operator()<kTileVectors>();
      }
    }
  }
};

/// Sizes in rows, units or floats that follow from an AttentionShape.
template <typename Products>
struct AttentionLayout {
  static constexpr std::int64_t kPerUnit = Products::Units::kPerUnit;
  static constexpr std::int64_t kBlockUnits = kKeyBlock / kPerUnit;
  static constexpr std::int64_t kKeysPerStep = kPerUnit * Products::kUnitStep;
  static constexpr std::int64_t kKeyStep =
      Products::kRowStep > kKeysPerStep ? Products::kRowStep : kKeysPerStep;
  static_assert(kKeyBlock % kKeyStep == 0 && kBlockUnits % kLanes == 0 &&
                kKeyStep % Products::kRowStep == 0 && kKeyStep % kKeysPerStep == 0 &&
                kQueryBlock % kLanes == 0);

  explicit AttentionLayout(const AttentionShape& shape)
      : dim_units(round_up((shape.head_dim + kPerUnit - 1) / kPerUnit, Products::kUnitStep)),
        channels(round_up(shape.head_dim, Products::kRowStep)),
        keys(round_up(shape.key_rows, kKeyStep)) {}

  std::int64_t packed_keys_size() const { return keys * dim_units; }
  std::int64_t packed_values_size() const {
    return round_up(keys, kKeyBlock) / kPerUnit * channels;
  }
  std::int64_t scratch_size() const {
    return kQueryBlock * (kKeyBlock + sum_rows() + dim_units + 2) + kLanes;
  }
  /// The block of values that begins at `first_key`, in the packed operands of a head.
  std::int64_t values_of(std::int64_t first_key) const {
    return packed_keys_size() + first_key / kPerUnit * channels;
  }
  /// Whole vectors of channels, for transposing.
  std::int64_t sum_rows() const { return round_up(channels, kLanes); }

  std::int64_t dim_units;
  std::int64_t channels;
  std::int64_t keys;
};

/// Lays out keys [first_key, end), zeros where none are.
template <typename Products, typename T>
void pack_keys(const AttentionShape& shape,
               const T* keys,
               std::int64_t first_key,
               std::int64_t end,
               float* packed) {
  using Units = typename Products::Units;
  const AttentionLayout<Products> layout(shape);
  for (std::int64_t key = first_key; key < end; ++key) {
    float* to = packed + key * layout.dim_units;
    const T* from = keys + key * shape.key_stride;
    for_lanes(layout.dim_units, [&](std::int64_t u, std::int64_t n) {
      const std::int64_t d = u * Units::kPerUnit;
      const bool there = key < shape.key_rows && d < shape.head_dim;
      store_n(to + u, there ? Units::load_units(from + d, shape.head_dim - d) : Vec{}, n);
    });
  }
}

/// Lays out the values of keys [first_key, end) in the block that begins at first_key.
template <typename Products, typename T>
void pack_values(const AttentionShape& shape,
                 const T* values,
                 std::int64_t first_key,
                 std::int64_t end,
                 float* block) {
  using Units = typename Products::Units;
  using Layout = AttentionLayout<Products>;
  const Layout layout(shape);
  const std::int64_t units = (end - first_key) / Units::kPerUnit;
  for (std::int64_t u = 0; u < units; u += kLanes) {
    for_lanes(layout.channels, [&](std::int64_t c, std::int64_t n) {
      Vec lanes[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i) {
        const std::int64_t key = first_key + (u + i) * Units::kPerUnit;
        const std::int64_t left = shape.head_dim - c;
        lanes[i] =
            left > 0 && key < shape.key_rows
                ? Units::load_across(values + key * shape.value_stride + c, shape.value_stride,
                                     shape.key_rows - key, left < kLanes ? left : kLanes)
                : Vec{};
      }
      transpose(lanes);
      for (std::int64_t i = 0; i < n; ++i) {
        store(block + (c + i) * Layout::kBlockUnits + u, lanes[i]);
      }
    });
  }
}

template <typename Products, typename T>
void pack_block(const AttentionShape& shape,
                const T* keys,
                const T* values,
                std::int64_t head,
                std::int64_t first_key,
                float* packed) {
  const AttentionLayout<Products> layout(shape);
  const std::int64_t rest = layout.keys - first_key;
  const std::int64_t end = first_key + (rest < kKeyBlock ? rest : kKeyBlock);
  pack_keys<Products>(shape, keys + head * shape.head_dim, first_key, end, packed);
  pack_values<Products>(shape, values + head * shape.head_dim, first_key, end,
                        packed + layout.values_of(first_key));
}

/// The state of one block of queries while it walks over the keys. All rows are kQueryBlock long.
struct QueryBlock {
  float* scores;   ///< [kKeyBlock], turned into units of probabilities in place
  float* sums;     ///< [channels], not yet divided by `total`
  float* queries;  ///< [dim_units] units
  float* largest;  ///< [1], of the scaled scores so far
  float* total;    ///< [1], sum of the probabilities relative to `largest`
};

template <typename Layout>
QueryBlock carve(const Layout& layout, float* scratch) {
  const auto address = reinterpret_cast<std::uintptr_t>(scratch);
  const auto aligned = (address + sizeof(Vec) - 1) / sizeof(Vec) * sizeof(Vec);
  QueryBlock block;
  block.scores = scratch + (aligned - address) / sizeof(float);
  block.sums = block.scores + kQueryBlock * kKeyBlock;
  block.queries = block.sums + kQueryBlock * layout.sum_rows();
  block.largest = block.queries + kQueryBlock * layout.dim_units;
  block.total = block.largest + kQueryBlock;
  return block;
}

/// Lays out `rows` queries as columns, zeros behind them, and sets out with no keys seen.
template <typename Products, typename T>
void begin_block(const AttentionShape& shape,
                 const T* queries,
                 std::int64_t rows,
                 std::int64_t columns,
                 const QueryBlock& block) {
  using Units = typename Products::Units;
  const AttentionLayout<Products> layout(shape);
  for (std::int64_t column = 0; column < columns; column += kLanes) {
    for (std::int64_t first = 0; first < layout.dim_units; first += kLanes) {
      Vec lanes[kLanes];
      const std::int64_t d = first * Units::kPerUnit;
      for (std::int64_t i = 0; i < kLanes; ++i) {
        const bool there = column + i < rows && d < shape.head_dim;
        const T* from = queries + (column + i) * shape.query_stride + d;
        lanes[i] = there ? Units::load_units(from, shape.head_dim - d) : Vec{};
      }
      transpose(lanes);
      for (std::int64_t i = 0; i < kLanes && first + i < layout.dim_units; ++i) {
        store(block.queries + (first + i) * kQueryBlock + column, lanes[i]);
      }
    }
    for (std::int64_t c = 0; c < layout.channels; ++c) {
      store(block.sums + c * kQueryBlock + column, Vec{});
    }
    store(block.largest + column, splat(-kInfinity));
    store(block.total + column, Vec{});
  }
}

/// Hides the scores of keys [first_key, first_key + keys) that are not there, or that come after
/// the query where `causal`.
inline void hide_keys(const AttentionShape& shape,
                      std::int64_t first_key,
                      std::int64_t keys,
                      std::int64_t first_query,
                      std::int64_t columns,
                      float* scores) {
  for (std::int64_t row = 0; row < keys; ++row) {
    const std::int64_t key = first_key + row;
    const std::int64_t before = shape.causal ? key - first_query : 0;
    const std::int64_t hidden = key < shape.key_rows && before < columns ? before : columns;
    for (std::int64_t c = 0; c < hidden; ++c) {
      scores[row * kQueryBlock + c] = -kInfinity;
    }
  }
}

/// Online softmax of kLanes queries over `keys` more scores, in the column of each: turns these
/// into units of probabilities, and brings sums and total to the new largest score.
template <typename Units>
inline void soften_columns(const QueryBlock& block,
                           std::int64_t column,
                           std::int64_t keys,
                           float scale,
                           std::int64_t channels) {
  float* scores = block.scores + column;
  Vec best[2] = {splat(-kInfinity), splat(-kInfinity)};
  for (std::int64_t key = 0; key < keys; key += 2) {
    best[0] = max(best[0], load(scores + key * kQueryBlock));
    best[1] = max(best[1], load(scores + (key + 1) * kQueryBlock));
  }
  const Vec before = load(block.largest + column);
  const Vec largest = max(max(best[0], best[1]) * scale, before);
  Vec sums[Units::kPerUnit] = {};
  for (std::int64_t key = 0; key < keys; key += Units::kPerUnit) {
    Vec p[Units::kPerUnit];
    for (std::int64_t i = 0; i < Units::kPerUnit; ++i) {
      p[i] = Units::power(load(scores + (key + i) * kQueryBlock) * scale - largest);
      sums[i] += p[i];
    }
    store(scores + key / Units::kPerUnit * kQueryBlock, Units::across(p));
  }
  Vec total = sums[0];
  for (std::int64_t i = 1; i < Units::kPerUnit; ++i) {
    total += sums[i];
  }
  // Exactly one where nothing changes.
  const Vec correction = exp((before - largest) * (1.0F / Units::kPowers));
  store(block.total + column, load(block.total + column) * correction + total);
  store(block.largest + column, largest);
  for (std::int64_t c = 0; c < channels; ++c) {
    float* sum = block.sums + c * kQueryBlock + column;
    store(sum, load(sum) * correction);
  }
}

/// Divides by the totals and writes `rows` results.
template <typename T>
void finish_block(const AttentionShape& shape, std::int64_t rows, const QueryBlock& block, T* out) {
  for (std::int64_t column = 0; column < rows; column += kLanes) {
    const Vec inverse = 1.0F / load(block.total + column);
    for_lanes(shape.head_dim, [&](std::int64_t c, std::int64_t n) {
      Vec lanes[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i) {
        lanes[i] = load(block.sums + (c + i) * kQueryBlock + column) * inverse;
      }
      transpose(lanes);
      for (std::int64_t i = 0; i < kLanes && column + i < rows; ++i) {
        store_n(out + (column + i) * shape.out_stride + c, lanes[i], n);
      }
    });
  }
}

template <typename Products, typename T>
void attend(const AttentionShape& shape,
            const T* queries,
            const float* packed,
            std::int64_t head,
            std::int64_t first_query,
            float* scratch,
            T* out,
            float* logsums) {
  using Units = typename Products::Units;
  using Layout = AttentionLayout<Products>;
  [[maybe_unused]] const typename Products::Session session;
  const Layout layout(shape);
  const QueryBlock block = carve(layout, scratch);
  const std::int64_t left = shape.query_rows - first_query;
  const std::int64_t rows = left < kQueryBlock ? left : kQueryBlock;
  const std::int64_t columns = round_up(rows, kLanes);
  begin_block<Products>(shape, queries + first_query * shape.query_stride + head * shape.head_dim,
                        rows, columns, block);
  const std::int64_t seen = first_query + rows;
  const std::int64_t end = shape.causal && seen < shape.key_rows ? seen : shape.key_rows;
  for (std::int64_t key = 0; key < end; key += kKeyBlock) {
    const std::int64_t rest = round_up(end - key, Layout::kKeyStep);
    const std::int64_t keys = rest < kKeyBlock ? rest : kKeyBlock;
    Products::multiply(packed + key * layout.dim_units, layout.dim_units, keys, block.queries,
                       layout.dim_units, columns, block.scores, false);
    if (key + keys > shape.key_rows || (shape.causal && key + keys > first_query)) {
      hide_keys(shape, key, keys, first_query, columns, block.scores);
    }
    for (std::int64_t column = 0; column < columns; column += kLanes) {
      soften_columns<Units>(block, column, keys, shape.scale * Units::kPowers, layout.channels);
    }
    Products::multiply(packed + layout.values_of(key), Layout::kBlockUnits, layout.channels,
                       block.scores, keys / Units::kPerUnit, columns, block.sums, true);
  }
  finish_block(shape, rows, block, out + first_query * shape.out_stride + head * shape.head_dim);
  for (std::int64_t row = 0; logsums != nullptr && row < rows; ++row) {
    logsums[head * shape.query_rows + first_query + row] =
        block.largest[row] / Units::kPowers + __builtin_logf(block.total[row]);
  }
}

}  // namespace
}  // namespace ptravel::cpu
