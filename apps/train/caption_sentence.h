#pragma once

#include "captions.h"

namespace ptravel::train {

/// A caption as a natural sentence (or a few short ones) that says a random part of what can be
/// said, nothing about the quality.
Caption sentence_caption(const Look& look, Dice& dice);

}  // namespace ptravel::train
