#include "tensor/box_muller.h"

#include <bit>
#include <cmath>

namespace ptravel {
namespace {

constexpr double kTwoPi = 6.283185307179586476925;

// ln u for normal, positive u: u = m 2^e with m in [sqrt(1/2), sqrt(2)), then the series of
// 2 artanh((m - 1) / (m + 1)).
inline double natural_log(double u) {
  constexpr std::uint64_t kSqrtHalfBits = 0x3FE6A09E667F3BCDu;
  constexpr std::uint64_t kExponentBias = std::uint64_t{1023} << 52;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(u);
  // The field above bit 52 counts how many octaves u lies above [sqrt(1/2), sqrt(2)).
  const std::uint64_t octaves = (bits - kSqrtHalfBits + kExponentBias) >> 52;
  const double m = std::bit_cast<double>(bits - (octaves << 52) + kExponentBias);
  // An integer below 2^52 becomes a double by placing it in the fraction of 2^52.
  const double e =
      std::bit_cast<double>(octaves | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double series = 1.0 / 23;
  series = series * z + 1.0 / 21;
  series = series * z + 1.0 / 19;
  series = series * z + 1.0 / 17;
  series = series * z + 1.0 / 15;
  series = series * z + 1.0 / 13;
  series = series * z + 1.0 / 11;
  series = series * z + 1.0 / 9;
  series = series * z + 1.0 / 7;
  series = series * z + 1.0 / 5;
  series = series * z + 1.0 / 3;
  return e * 0.693147180559945309417 + (2.0 * s + 2.0 * s * z * series);
}

struct SineCosine {
  double sine;
  double cosine;
};

// Taylor series around the nearest multiple of pi/2, for angles in [0, 7).
inline SineCosine sine_cosine(double angle) {
  constexpr double kRounder = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer.
  constexpr double kHalfPiHigh = 1.57079632673412561417;     // 33 bits of pi/2
  constexpr double kHalfPiLow = 6.07710050650619224932e-11;  // the rest
  const double shifted = angle * 0.636619772367581343076 + kRounder;
  const std::uint64_t quadrant = std::bit_cast<std::uint64_t>(shifted);
  const double turns = shifted - kRounder;
  const double r = (angle - turns * kHalfPiHigh) - turns * kHalfPiLow;
  const double z = r * r;
  double s = 1.0 / 355687428096000;
  s = s * z - 1.0 / 1307674368000;
  s = s * z + 1.0 / 6227020800;
  s = s * z - 1.0 / 39916800;
  s = s * z + 1.0 / 362880;
  s = s * z - 1.0 / 5040;
  s = s * z + 1.0 / 120;
  s = s * z - 1.0 / 6;
  s = r + r * z * s;
  double c = 1.0 / 20922789888000;
  c = c * z - 1.0 / 87178291200;
  c = c * z + 1.0 / 479001600;
  c = c * z - 1.0 / 3628800;
  c = c * z + 1.0 / 40320;
  c = c * z - 1.0 / 720;
  c = c * z + 1.0 / 24;
  c = c * z - 0.5;
  c = 1.0 + z * c;
  // Odd quadrants exchange the two; the sign bits follow from the quadrant's second bit.
  const std::uint64_t swap = 0 - (quadrant & 1);
  const std::uint64_t s_bits = std::bit_cast<std::uint64_t>(s);
  const std::uint64_t c_bits = std::bit_cast<std::uint64_t>(c);
  const std::uint64_t sine_bits = (s_bits & ~swap) | (c_bits & swap);
  const std::uint64_t cosine_bits = (c_bits & ~swap) | (s_bits & swap);
  const std::uint64_t sine_sign = (quadrant & 2) << 62;
  const std::uint64_t cosine_sign = ((quadrant + 1) & 2) << 62;
  return {std::bit_cast<double>(sine_bits ^ sine_sign),
          std::bit_cast<double>(cosine_bits ^ cosine_sign)};
}

// PyTorch's single precision path rounds the angle to float, which is its largest error by far;
// rounded alike, our numbers agree with its numbers best.
template <typename Number>
inline double angle_of(double uniform) {
  return static_cast<Number>(kTwoPi) * static_cast<Number>(uniform);
}

template <typename Number>
void transform_blocks(const double* uniforms, std::size_t count, Number* out) {
  for (std::size_t block = 0; block < count; block += 16) {
    for (std::size_t j = block; j < block + 8; ++j) {
      const double radius = std::sqrt(-2.0 * natural_log(1.0 - uniforms[j]));
      const SineCosine angle = sine_cosine(angle_of<Number>(uniforms[j + 8]));
      out[j] = static_cast<Number>(radius * angle.cosine);
      out[j + 8] = static_cast<Number>(radius * angle.sine);
    }
  }
}

}  // namespace

void normals_from_uniforms(const double* uniforms, std::size_t count, float* out) {
  transform_blocks(uniforms, count, out);
}

void normals_from_uniforms(const double* uniforms, std::size_t count, double* out) {
  transform_blocks(uniforms, count, out);
}

NormalPair normal_pair(double radius_uniform, double angle_uniform) {
  const double radius = std::sqrt(-2.0 * natural_log(1.0 - radius_uniform));
  const SineCosine angle = sine_cosine(kTwoPi * angle_uniform);
  return {radius * angle.cosine, radius * angle.sine};
}

void normals_from_words(const std::uint32_t* radius_words,
                        const std::uint32_t* angle_words,
                        std::size_t count,
                        float* out) {
  constexpr double kPerWord = 2.3283064365386962890625e-10;  // 2^-32
  constexpr double kAnglePerWord = 2.3283064e-10 * 6.2831855;
  constexpr double kRoundedAngle = static_cast<float>(kAnglePerWord);
  for (std::size_t i = 0; i < count; ++i) {
    const double u = radius_words[i] * kPerWord + kPerWord / 2;
    const double angle = angle_words[i] * kRoundedAngle + kRoundedAngle / 2;
    out[i] = static_cast<float>(std::sqrt(-2.0 * natural_log(u)) * sine_cosine(angle).sine);
  }
}

}  // namespace ptravel
