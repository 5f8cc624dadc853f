#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/vae.h"
#include "ptravel/hires.h"
#include "ptravel/image.h"

namespace ptravel {

// What the second pass of a picture (the web UI's Hires. fix) starts from.

/// Latents [N, C, h, w] at `rows` x `columns`, by one of the web UI's kernels, cell centres on cell
/// centres.
at::Tensor resized_latent(const at::Tensor& latents,
                          std::int64_t columns,
                          std::int64_t rows,
                          LatentUpscale kind);

/// Without so many columns and rows, half of them on either side, the odd one right or below.
at::Tensor cut_latent(const at::Tensor& latents, std::int64_t columns, std::int64_t rows);

/// Enlarges a picture once, as far as it can: what a network of a file does.
using EnlargeOnce = std::function<Image(const Image& picture)>;

/// A picture at width x height as the web UI's upscaler of this name makes it: "None" resizes once,
/// by Lanczos; the others enlarge (`once`, up to three times, where it is given; "Nearest" by its
/// pixels) to the whole multiples of 8 of one factor for both sides, and bring that to the size by
/// Lanczos.
Image enlarged(const Image& picture,
               int width,
               int height,
               const std::string& upscaler,
               const EnlargeOnce& once);

}  // namespace ptravel
