#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>

#include <ATen/core/Tensor.h>

#include "tensor/compute.h"

namespace ptravel {

/// Computes the rows [first, first + count) of a batch's result, [count, ...].
using RowsFunction = std::function<at::Tensor(std::int64_t first, std::int64_t count)>;

/// The result of a network for `rows` independent images. On a CPU whole images are shared out to
/// the threads where there are enough of them, so that no thread waits for another in every layer;
/// elsewhere, and for what is left over, all are computed together. The same, bit for bit, either
/// way, as long as no layer mixes images. `operands` say where they lie and whether one of them
/// wants a gradient.
/// `place` is where and in which format the network computes: LibTorch's ways on a card change with
/// the number of images, so there they are computed one after the other where it does (fp32).
at::Tensor by_image(std::int64_t rows,
                    std::initializer_list<const at::Tensor*> operands,
                    const Compute& place,
                    const RowsFunction& compute);

}  // namespace ptravel
