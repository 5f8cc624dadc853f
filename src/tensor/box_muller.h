#pragma once

#include <cstddef>
#include <cstdint>

namespace ptravel {

/// The Box-Muller transform (Box and Muller, 1958) with logarithm, sine and cosine of our own in
/// double precision: sums and products alone, so that every machine gets the same bits, whatever
/// its mathematics library. Errors are a few units in the last place of a double.

/// Normal numbers from `count` uniform numbers in [0, 1); `count` is a multiple of 16. Each block
/// of 16 holds eight radii, then eight angles, and gives eight cosine, then eight sine values:
/// PyTorch's layout. `out` may not overlap `uniforms`.
void normals_from_uniforms(const double* uniforms, std::size_t count, float* out);
void normals_from_uniforms(const double* uniforms, std::size_t count, double* out);

/// Both normal numbers of one pair: radius from `radius_uniform`, angle from `angle_uniform`, both
/// in [0, 1).
struct NormalPair {
  double cosine;
  double sine;
};
NormalPair normal_pair(double radius_uniform, double angle_uniform);

/// The sine branch for 32-bit words in the web UI's "NV" scaling: u = g0 / 2^32 + 2^-33, angle
/// (g1 + 1/2) C, where C is 2 pi / 2^32 rounded to float.
void normals_from_words(const std::uint32_t* radius_words,
                        const std::uint32_t* angle_words,
                        std::size_t count,
                        float* out);

}  // namespace ptravel
