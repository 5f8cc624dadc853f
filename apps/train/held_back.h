#pragma once

#include <cstdint>

namespace ptravel::train {

/// The seeds whose drawings the model's training never sees: those for measuring the autoencoder
/// and the judge, those of the scorer's prompts, and those that the judge learns from.
inline constexpr std::uint64_t kHeldBackSeed = 0x6865'6c64'6261'636bULL;
inline constexpr std::uint64_t kPromptSeed = 0x7072'6f6d'7074'7321ULL;
inline constexpr std::uint64_t kJudgeSeed = 0x6a75'6467'6521'2121ULL;

}  // namespace ptravel::train
