#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace ptravel {

/// What a text encoder makes of a text. A value: nobody writes to its tensors.
struct TextEncoding {
  at::Tensor tokens;  ///< [tokens, width].
  /// [vector width]: the text as a whole (pooled) and, behind it, the picture's sizes embedded, as
  /// the network takes them; undefined where it takes none.
  at::Tensor vector = {};

  std::int64_t length() const { return tokens.size(0); }
};

/// The same numbers.
bool equal(const TextEncoding& a, const TextEncoding& b);

// Lengthened to `length` tokens; what is as long already comes back as it is. The vector stays.

/// By repeating the last token, as the web UI does for the parts of one picture.
TextEncoding padded_with_last(const TextEncoding& encoding, std::int64_t length);
TextEncoding padded_with_zeros(const TextEncoding& encoding, std::int64_t length);
/// By whole `fillers` (the empty prompt's encoding), the last of them cut where the length asks for
/// it.
TextEncoding padded_with(const TextEncoding& encoding,
                         const TextEncoding& filler,
                         std::int64_t length);

// Mixed, the vector like one more token. Shapes must be equal. alpha 0 and 1 give back a and b
// themselves.

/// (1 - alpha) a + alpha b.
TextEncoding lerp(const TextEncoding& a, const TextEncoding& b, double alpha);
/// Spherical interpolation of each token's vector, unnormalised, with the angle of the normalised
/// ones (Shoemake, 1985). Vectors whose cosine exceeds 0.9995, or of zeros, use lerp.
TextEncoding slerp(const TextEncoding& a, const TextEncoding& b, double alpha);

/// Two encodings of one length that stand at the same place of their prompts.
struct EncodingPair {
  TextEncoding from;
  TextEncoding to;
};

/// The same of what both have beyond `centre`, which is as long as they are.
TextEncoding slerp_around(const TextEncoding& centre, const EncodingPair& pair, double alpha);

/// `pair.to` with its tokens in another order: that in which they are nearest to those of
/// `pair.from`, by the sum of squared distances (optimal transport), so that mixing moves them as
/// little as can be. Networks attend to tokens as a set, so both orders draw the same picture, up
/// to rounding. The first token stays: it begins every text, and networks rest their attention on
/// it. Equal on every machine.
TextEncoding aligned(const EncodingPair& pair);

/// Mean |difference| of the tokens' numbers.
double mean_distance(const TextEncoding& a, const TextEncoding& b);

/// What can be swapped in an encoding: a token's vector, a channel of all tokens, or a single
/// number.
enum class SwapUnit { Token, Channel, Value };

/// Mean |difference| of each unit between the two: [tokens], [width] or, token by token, [tokens *
/// width].
std::vector<double> unit_distances(const EncodingPair& pair, SwapUnit unit);

/// `pair.from` with those units of `pair.to` that are `taken`; the vector is mixed by their
/// share.
TextEncoding swapped(const EncodingPair& pair, SwapUnit unit, const std::vector<bool>& taken);

}  // namespace ptravel
