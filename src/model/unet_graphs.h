#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "model/unet.h"
#include "model/unet_blocks.h"

namespace ptravel {

/// Small calls of a UNet on an NVIDIA card, recorded once for each size and then started as a whole
/// with other numbers. What goes in is copied to where the record expects it. May be used from
/// several threads.
class UnetGraphs {
 public:
  /// Computes a call; the pass holds prepared times and texts.
  using Run = std::function<at::Tensor(const at::Tensor& x, const UnetPass& pass)>;

  UnetGraphs();
  ~UnetGraphs();

  /// Whether a call is one of those: on a card with kernels of ours, of few images, none of them
  /// mixed, and nobody measures its layers.
  static bool suits(const Compute& compute,
                    const at::Tensor& x,
                    const std::vector<UnetConditioning>& images);

  /// The result of `run`, float32 [N, out, h, w], in memory of its own; the same bytes.
  at::Tensor operator()(const at::Tensor& x,
                        const std::vector<UnetConditioning>& images,
                        Wrap wrap,
                        const Run& run);

 private:
  struct Record;

  std::mutex mutex_;                            // guards records_ and what lies in their memory
  std::list<std::unique_ptr<Record>> records_;  // most recently used first
};

}  // namespace ptravel
