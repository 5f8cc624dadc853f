// Stands in for graph.cpp in builds without CUDA, where nothing asks for a graph.

#include "ptravel/error.h"
#include "tensor/cuda/graph.h"

namespace ptravel::cuda {

struct Graph::State {
  at::Tensor result;
};

Graph::Graph(const std::function<at::Tensor()>&) { PTRAVEL_CHECK(false); }
Graph::~Graph() = default;
const at::Tensor& Graph::replay() { return state_->result; }

}  // namespace ptravel::cuda
