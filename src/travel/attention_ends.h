#pragma once

#include <cstdint>

#include "diffusion/conditioning.h"
#include "ptravel/request.h"
#include "travel/pairing.h"

namespace ptravel {

/// The two stages' pictures that those between attend to while all are drawn together.
class AttentionEnds {
 public:
  /// How, and for how long.
  struct Rules {
    AttentionBlend blend;  ///< Its share is that of each picture.
    int calls = 0;         ///< Model calls from the first one, at least 1.
    EncodingPadding padding;
  };

  /// Both stages have a single part. Throws InvalidArgument otherwise.
  AttentionEnds(const ImageConditioning& from, const ImageConditioning& to, const Rules& rules);

  /// What both ends' pictures are conditioned on; nobody else is on the same. They end with the
  /// last call that is attended to.
  const ImageConditioning& from() const { return from_; }
  const ImageConditioning& to() const { return to_; }
  /// The conditioning of a picture that is `share` (0 to 1) of the way between them.
  ImageConditioning between(const ImageConditioning& picture, double share) const;

 private:
  ImageConditioning own(const ImageConditioning& stage) const;

  Rules rules_;
  ImageConditioning from_;
  ImageConditioning to_;
};

/// How the request interpolates attention; its share is 0. Not Off.
AttentionBlend attention_blend(AttentionInterpolation interpolation);

/// In how many model calls it does.
int attention_calls(const TravelRequest& request);

}  // namespace ptravel
