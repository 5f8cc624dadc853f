#pragma once

namespace ptravel {

/// The number format of a layer's result.
enum class ResultFormat { AsInput, Float32 };

}  // namespace ptravel
