#pragma once

#include "ptravel/image.h"

namespace ptravel {

/// Which pixels the mean of SSIM is taken over.
enum class SsimBorder {
  Kept,     ///< All, with mirrored borders: torchmetrics since 2024.
  Cropped,  ///< All but the outer five rows and columns: torchmetrics until 2023, scikit-image.
};

/// Structural similarity (Wang et al. 2004) of two pictures of one size: channels from 0 to 1, an
/// 11x11 Gaussian of sigma 1.5, k1 0.01, k2 0.03, variances not below 0; the mean over pixels and
/// channels. 1 for equal pictures, at least -1. Throws InvalidArgument for different sizes or sides
/// below 6 (Cropped: 11).
double ssim(const Image& one, const Image& other, SsimBorder border);

/// The least side that five scales need.
inline constexpr int kLeastMultiScaleSide = 176;

/// Multi-scale SSIM (Wang et al. 2003) over five scales, each half the one before: contrast terms
/// without their border of all but the last, SSIM of the last, negative means as 0. 1 for equal
/// pictures. Throws InvalidArgument for different sizes or sides below 176.
double ms_ssim(const Image& one, const Image& other);

}  // namespace ptravel
