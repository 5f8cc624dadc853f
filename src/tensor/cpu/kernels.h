#pragma once

#include <cstdint>

namespace ptravel::cpu {

/// The number format of activations in memory. All arithmetic is fp32, except that attention may
/// multiply bf16 pairs (with fp32 sums) where the processor can.
enum class Element { Float32, Bfloat16 };

/// Number formats that files hold.
enum class Stored { Float16, Bfloat16, Float32 };

enum class UnaryFunction { Silu, QuickGelu, Gelu };

/// One image of an attention: queries, keys and values of all heads side by side in each token.
struct AttentionShape {
  std::int64_t heads = 1;
  std::int64_t head_dim = 1;
  std::int64_t query_rows = 0;
  std::int64_t key_rows = 0;
  std::int64_t query_stride = 0;  ///< Elements between two tokens; likewise below.
  std::int64_t key_stride = 0;
  std::int64_t value_stride = 0;
  std::int64_t out_stride = 0;
  float scale = 1;
  bool causal = false;  ///< Query i sees keys 0..i only.
};

/// What the gradient of one image's attention is made of. Queries, keys and values as in
/// AttentionShape; the result and the gradient that comes in are like AttentionShape's out.
struct AttentionOperands {
  const void* queries;
  const void* keys;
  const void* values;
  const void* out;
  const void* grad;
  const float* logsums;  ///< [heads, query_rows], from attention_rows.
};

/// Floats that the gradient of one head takes, and the shape of its sums for the queries.
struct AttentionGradientSizes {
  std::int64_t packed;   ///< Floats of a head's packed operands.
  std::int64_t scratch;  ///< Floats of scratch memory of one call.
  std::int64_t query_rows;
  std::int64_t query_width;
};

/// Blocks [begin, end) of kGradientKeys keys of one head.
struct KeyRange {
  std::int64_t head;
  std::int64_t begin;
  std::int64_t end;
};

/// Where the gradient of a range of keys goes.
struct AttentionGradients {
  float* queries;  ///< [query_rows, query_width] of AttentionGradientSizes: this range's share.
  void* keys;      ///< Like AttentionShape's out, with the keys' rows; only the range is written.
  void* values;    ///< Likewise.
};

/// A scale and an offset for each channel, then perhaps a SiLU.
struct ScaleOffset {
  const float* scale;
  const float* offset;
  bool silu;
};

/// Query rows that attention_rows computes in one call.
constexpr std::int64_t kQueryBlock = 48;
/// Keys that pack_keys_values lays out in one call, and that attention_rows takes at a time.
constexpr std::int64_t kKeyBlock = 128;
/// Keys that attention_gradient_keys takes at a time.
constexpr std::int64_t kGradientKeys = 192;

/// The vectorised loops, compiled once for each instruction set. Every function works on plain
/// memory in the calling thread. An output element depends on its inputs alone, never on how the
/// caller splits the work. Pointers need no alignment beyond the element's.
struct Kernels {
  const char* name;  ///< "amx", "avx512_bf16", "avx512", "avx2" or "baseline".

  /// For each channel, sums over `rows` of (x - shift) and of its square. x is [rows, channels].
  void (*moments)(Element,
                  const void* x,
                  std::int64_t rows,
                  std::int64_t channels,
                  const float* shift,
                  float* sums,
                  float* squares);
  /// y = x * scale[channel] + offset[channel], then SiLU where wanted. x is [rows, channels]; the
  /// rows of y are `y_stride` elements apart.
  void (*scale_offset)(Element,
                       const void* x,
                       void* y,
                       std::int64_t y_stride,
                       std::int64_t rows,
                       std::int64_t channels,
                       const ScaleOffset&);
  /// For each channel, sums over `rows` of g and of g * x, where g is `grad` carried back through
  /// the SiLU of y = silu(x * scale + offset).
  void (*scale_offset_gradient_sums)(Element,
                                     const void* x,
                                     const void* grad,
                                     std::int64_t rows,
                                     std::int64_t channels,
                                     const ScaleOffset&,
                                     float* sums,
                                     float* products);
  /// out = g * scale[channel] + x * slope[channel] + offset[channel].
  void (*scale_offset_gradient)(Element,
                                const void* x,
                                const void* grad,
                                void* out,
                                std::int64_t rows,
                                std::int64_t channels,
                                const ScaleOffset&,
                                const float* slope,
                                const float* offset);
  /// Layer normalisation of each row of [rows, width].
  void (*layer_norm)(Element,
                     const void* x,
                     void* y,
                     std::int64_t rows,
                     std::int64_t width,
                     const float* weight,
                     const float* bias,
                     float eps);
  /// Its gradient with respect to x. Adds each column's share of the gradients with respect to
  /// weight and bias to `weight_sums` and `bias_sums`, [width] each.
  void (*layer_norm_gradient)(Element,
                              const void* x,
                              const void* grad,
                              void* out,
                              std::int64_t rows,
                              std::int64_t width,
                              const float* weight,
                              float eps,
                              float* weight_sums,
                              float* bias_sums);
  void (*unary)(Element, UnaryFunction, const void* x, void* y, std::int64_t count);
  /// out = grad * function'(x).
  void (*unary_gradient)(
      Element, UnaryFunction, const void* x, const void* grad, void* out, std::int64_t count);
  /// y[r, c] = x[r, c] * gelu(x[r, width + c]); x is [rows, 2 * width], y is [rows, width].
  void (*geglu)(Element, const void* x, void* y, std::int64_t rows, std::int64_t width);
  /// The gradient of geglu with respect to x; grad is [rows, width], x and out [rows, 2 * width].
  void (*geglu_gradient)(
      Element, const void* x, const void* grad, void* out, std::int64_t rows, std::int64_t width);

  /// Numbers in another format, rounded to nearest. Returns false where one of them is infinite or
  /// NaN.
  bool (*convert)(Stored, const void* x, Element, void* y, std::int64_t count);

  /// Floats that the packed keys and values of one head take.
  std::int64_t (*attention_packed_size)(Element, const AttentionShape&);
  /// Floats of scratch memory that one call of attention_rows takes.
  std::int64_t (*attention_scratch_size)(Element, const AttentionShape&);
  /// Lays out keys and values [first_key, first_key + kKeyBlock) of one head in that head's
  /// `packed`.
  void (*pack_keys_values)(Element,
                           const AttentionShape&,
                           const void* keys,
                           const void* values,
                           std::int64_t head,
                           std::int64_t first_key,
                           float* packed);
  /// Softmax attention (online over blocks of keys, Milakov and Gimelshein 2018, Dao et al. 2022)
  /// of query rows [first_query, first_query + kQueryBlock) of one head. Writes the logarithm of
  /// each row's sum of exponentials to `logsums` [heads, query_rows] unless that is null.
  void (*attention_rows)(Element,
                         const AttentionShape&,
                         const void* queries,
                         const float* packed,
                         std::int64_t head,
                         std::int64_t first_query,
                         float* scratch,
                         void* out,
                         float* logsums);

  AttentionGradientSizes (*attention_gradient_sizes)(Element, const AttentionShape&);
  /// Lays out the operands of one head for the gradient in that head's `packed`.
  void (*pack_attention_gradient)(
      Element, const AttentionShape&, const AttentionOperands&, std::int64_t head, float* packed);
  /// The gradient of attention (Dao et al. 2022, algorithm 4) for a range of keys, from all
  /// queries of the head. The probabilities are computed again.
  void (*attention_gradient_keys)(Element,
                                  const AttentionShape&,
                                  float* packed,
                                  const KeyRange&,
                                  float* scratch,
                                  const AttentionGradients&);
};

/// The best table for this processor; chosen on the first call. Safe from any thread.
const Kernels& kernels();

/// True when the processor multiplies bf16 itself (AVX512_BF16 or AMX).
bool has_bf16_instructions();

/// All tables that this processor can run, the best one first: for tests.
/// Ends with a null pointer.
const Kernels* const* runnable_kernels();

}  // namespace ptravel::cpu
