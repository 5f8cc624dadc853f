#pragma once

// What the kernels for NVIDIA cards are asked for, in plain C++: no header of CUDA's. All pointers
// point to the card's memory, numbers lie densely, pictures in channels-last memory. Every result
// depends on its own picture alone, bit for bit, however many are computed together: sums run in an
// order that a layer's sizes decide, never the number of pictures.

#include <cstdint>

namespace ptravel::cuda {

enum class Element { Float16, Bfloat16 };

/// A cudaStream_t.
using Stream = void*;

/// A matrix product rows x depth by depth x columns, where the rows are the pixels of a convolution
/// (an implicit matrix: no patches are written out) or the tokens of a linear map (kernel 1).
/// Result: sum + bias + image_bias + residual, rounded once.
struct MatrixProblem {
  const void* parts[2] = {};     ///< The input, its channels in one or two pictures.
  int part_channels[2] = {};     ///< Multiples of 8; the first of 64 where there are two.
  const void* weight = nullptr;  ///< [columns, kernel, kernel, channels].
  int height = 1, width = 1;     ///< Of the input, as it lies in memory.
  int doubled = 0;               ///< 1: the input is seen at twice its size, each pixel four times.
  int out_height = 1, out_width = 1;
  int kernel = 1, stride = 1, pad = 0;  ///< `pad` above and left; what is beyond is zero.
  int images = 1;
  int columns = 0;
  const float* bias = nullptr;        ///< [columns] or null.
  const float* image_bias = nullptr;  ///< [columns] for each image or null.
  int image_bias_step = 0;            ///< From one image's to the next's; 0: all have one.
  const void* residual = nullptr;     ///< Like the result, in the input's format, or null.
  void* out = nullptr;                ///< [images, out_height, out_width, columns].
  bool out_float = false;             ///< float32, else the input's format.

  /// The sum over the depth is made of so many sums, added up in order: `split` says whether blocks
  /// of their own compute them into `partial` [segments, rows, partial_pitch()], which another
  /// kernel adds up. The same bits either way. Results in float32 and columns that are no multiple
  /// of 8 are always split, even into one.
  int segments = 1;
  bool split = false;
  float* partial = nullptr;

  constexpr int channels() const { return part_channels[0] + part_channels[1]; }
  constexpr int partial_pitch() const { return (columns + 7) / 8 * 8; }
  constexpr int rows() const { return images * out_height * out_width; }
};

/// How many segments a layer's sum has: by its sizes for one picture alone.
int matrix_segments(const MatrixProblem& problem);
/// Whether splitting pays for this many pictures on a card of so many multiprocessors.
bool matrix_splits(const MatrixProblem& problem, int multiprocessors);
/// The kinds of block that compute a product, with the same bits: small ones, two on a
/// multiprocessor; large ones; small ones, alone there; on Hopper also blocks fed by the tensor
/// memory accelerator, whose two groups share a tile or take tiles in turn.
enum class MatrixBlock { Chosen, Small, Large, Alone, Shared, InTurn };
/// For measuring: this kind wherever it can compute a product.
void set_matrix_block(MatrixBlock block);
/// Throws std::runtime_error where CUDA reports an error, as all below.
void run_matrix(const MatrixProblem& problem, Element element, Stream stream);
/// A linear map whose first half of columns holds values and the other one gates: `out` [rows,
/// columns / 2] gets value * gelu(gate), rounded once. No residual, no image_bias, one segment.
/// False, and nothing is done, where this thread's card has no kernel for it.
bool run_gated_matrix(const MatrixProblem& problem, Element element, Stream stream);

/// A convolution of an input with few channels (below 8), any format; weights in the input's format
/// [columns, kernel, kernel, channels].
enum class Number { Float32, Float16, Bfloat16 };
void run_narrow_convolution(const MatrixProblem& problem, Number number, Stream stream);

/// Group normalisation [images, pixels, channels] of a picture in one or two parts, with SiLU
/// behind it where `silu`.
struct GroupNormProblem {
  const void* parts[2] = {};
  int part_channels[2] = {};  ///< Multiples of 8.
  int images = 0, pixels = 0, groups = 0;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float eps = 0;
  bool silu = false;
  void* out = nullptr;
  float* sums = nullptr;  ///< Memory for [images, group_norm_chunks(pixels), groups, 2].

  constexpr int channels() const { return part_channels[0] + part_channels[1]; }
};
int group_norm_chunks(int pixels);
/// Whether the kernels take so many channels and groups.
bool group_norm_fits(const GroupNormProblem& problem);
void run_group_norm(const GroupNormProblem& problem, Element element, Stream stream);

/// The widest row that layer normalisation takes.
constexpr int kWidestRow = 2048;
/// rows x width, a multiple of 8 of at most kWidestRow.
struct LayerNormProblem {
  const void* x = nullptr;
  void* out = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float eps = 0;
  int rows = 0, width = 0;
};
void run_layer_norm(const LayerNormProblem& problem, Element element, Stream stream);

/// x [rows, 2 width] holds values and then gates: out = value * gelu(gate). width: a multiple of 8.
void run_geglu(const void* x, void* out, int rows, int width, Element element, Stream stream);

/// The widest head of attention.
constexpr int kWidestHead = 160;
constexpr int kImagesPerCall = 48;
/// Scaled dot-product attention without a matrix of scores (Dao et al., 2022).
struct AttentionProblem {
  const void* queries = nullptr;          ///< [images, query_rows, heads, head].
  const void* keys[kImagesPerCall] = {};  ///< Each [key_rows[i], heads, head].
  const void* values[kImagesPerCall] = {};
  int key_rows[kImagesPerCall] = {};
  void* out = nullptr;                      ///< Like the queries.
  int images = 0;                           ///< At most kImagesPerCall.
  int query_rows = 0, heads = 0, head = 0;  ///< head: a multiple of 8 of at most kWidestHead.
  float scale = 0;                          ///< 1 / sqrt(head).
  bool causal = false;
};
/// For measuring: 1: products by single warps; 2: by groups of four, on Hopper alone; 3 to
/// attention_kernels(head): as 2 with other choices; 0: chosen by card.
constexpr int attention_kernels(int head) { return head <= 64 ? 5 : head <= 80 ? 3 : 1; }
void set_attention_kernel(int kernel);
void run_attention(const AttentionProblem& problem, Element element, Stream stream);

}  // namespace ptravel::cuda
