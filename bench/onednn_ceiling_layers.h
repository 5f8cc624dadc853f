#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace ptravel {

enum class LayerKind { Convolution, Linear };

/// Who computes which images of a batch.
enum class Sharing { WholeBatch, ImageByImage, ImagePerThread };

/// All layers of a network that have the same sizes.
struct LayerGroup {
  LayerKind kind = LayerKind::Convolution;
  /// Of one image. Convolution: in, out, kernel, stride, height and width of the result; linear:
  /// rows, in, out.
  std::vector<std::int64_t> sizes;
  double images = 0;  ///< In all calls together.
  double flops = 0;   ///< Of all calls.
};

/// "convolution 320 -> 640, 3x3, 32x32" or "linear 320 -> 640, 4096 rows".
std::string to_text(const LayerGroup& group);

/// Memory full of random numbers, which layers use one after the other.
struct RandomMemory {
  at::ScalarType type = at::kFloat;  ///< Of the numbers: float32 or bfloat16.
  at::Tensor source, weights, out, scratch;
};

struct TimerOptions {
  std::int64_t batch = 1;  ///< Images that the network computes together.
  /// Also try Winograd's algorithm, which multiplies less and rounds more.
  bool winograd = false;
};

/// Times the primitives of oneDNN that can compute a layer: pictures and rows in the network's
/// layout or in the one that oneDNN chooses; the whole batch, image by image, or one image on each
/// thread. Weights lie in the primitive's own layout; there is a bias, and no post-ops.
class LayerTimer {
 public:
  /// Makes the primitives and keeps those that are about the fastest in a first comparison. Takes
  /// memory from `numbers`. Throws Unsupported where oneDNN has no fast kernel.
  LayerTimer(LayerGroup group, const TimerOptions& options, RandomMemory& numbers);
  LayerTimer(LayerTimer&&) noexcept;
  ~LayerTimer();

  /// Seconds of the whole group at the speed of the fastest of at least so many runs.
  double best(int repeats);

  const LayerGroup& group() const { return group_; }
  double best_so_far() const { return best_; }
  /// What the fastest run so far was: "matmul, own layout, image per thread (brgemm:avx512_core)".
  const std::string& fastest() const { return fastest_; }

 private:
  struct Way;

  void add_ways(Sharing sharing, bool plain, RandomMemory& numbers);
  void keep_fastest();
  double group_seconds(double batch_seconds) const;

  LayerGroup group_;
  TimerOptions options_;
  std::vector<Way> ways_;
  double best_;
  std::string fastest_;
};

}  // namespace ptravel
