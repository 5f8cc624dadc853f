#include "tensor/cuda/graph.h"

#include <exception>

#include <ATen/ATen.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace ptravel::cuda {
namespace {

/// Ends a record that is of no use any more, so that the stream works again.
void give_up(at::cuda::CUDAGraph& graph) {
  try {
    graph.capture_end();
  } catch (const std::exception&) {
    // It says that the record is broken, which is known.
  }
}

}  // namespace

struct Graph::State {
  at::cuda::CUDAGraph graph;
  at::Tensor result;
};

Graph::Graph(const std::function<at::Tensor()>& body) : state_(std::make_unique<State>()) {
  const c10::cuda::CUDAStream caller = c10::cuda::getCurrentCUDAStream();
  const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
  caller.synchronize();
  {
    const c10::cuda::CUDAStreamGuard guard(stream);
    body();  // What is chosen or set up in a first call must not fall into the record.
    stream.synchronize();
    state_->graph.capture_begin();
    try {
      state_->result = body();
    } catch (...) {
      give_up(state_->graph);
      throw;
    }
    state_->graph.capture_end();
  }
  stream.synchronize();
}

Graph::~Graph() = default;

const at::Tensor& Graph::replay() {
  state_->graph.replay();
  return state_->result;
}

}  // namespace ptravel::cuda
