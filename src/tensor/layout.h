#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace ptravel {

// Pictures inside the networks are [N, C, H, W] tensors in channels-last memory: that is the layout
// in which a picture is, without copying, also a list of tokens [N, H * W, C].

/// x in channels-last memory; x itself when it is there already.
at::Tensor to_channels_last(const at::Tensor& x);

/// An uninitialised [n, c, h, w] in channels-last memory with the device and dtype of `like`.
at::Tensor empty_picture(
    const at::Tensor& like, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w);

/// The picture [N, C, H, W] as tokens [N, H * W, C]; a view.
at::Tensor to_tokens(const at::Tensor& picture);

/// Pictures of one size and format with their channels side by side, in channels-last memory; the
/// picture itself where there is one. Not differentiable.
at::Tensor join_channels(at::TensorList parts);

/// The tokens [N, H * W, C] as a picture [N, C, H, W]; a view. The inverse of to_tokens.
at::Tensor to_picture(const at::Tensor& tokens, std::int64_t height, std::int64_t width);

/// The picture resized to height x width by taking the nearest pixel: row y comes from row
/// floor(y * H / height), as PyTorch's "nearest".
at::Tensor resize_nearest(const at::Tensor& picture, std::int64_t height, std::int64_t width);

/// Rows [first, first + rows.size(2)) of the picture resized to `height` and rows.size(3) columns,
/// on a CPU; both in channels-last memory, `rows` perhaps a part of a larger picture.
void resize_nearest_rows(const at::Tensor& picture,
                         std::int64_t height,
                         std::int64_t first,
                         at::Tensor& rows);

}  // namespace ptravel
