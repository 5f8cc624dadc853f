#pragma once

namespace ptravel {

/// What CUDA reads when it is started: the cards that the process sees, in their order, by number
/// or name. NVIDIA's CUDA programming guide, "CUDA environment variables".
constexpr const char* kVisibleCards = "CUDA_VISIBLE_DEVICES";

}  // namespace ptravel
