#pragma once

#include "tensor/cuda/kernels.h"

namespace ptravel::cuda {

/// Starts Hopper's kernel where it suits the product and the card, or where `wanted` asks for it
/// and it can; partial sums are left to be added up. False where nothing was started.
bool run_specialised_matrix(const MatrixProblem& problem,
                            Element element,
                            Stream stream,
                            MatrixBlock wanted);

}  // namespace ptravel::cuda
