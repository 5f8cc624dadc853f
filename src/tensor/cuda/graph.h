#pragma once

// Work for a card that is recorded once and then started as a whole: for calls so small that
// starting their kernels one by one takes longer than running them (CUDA graphs).

#include <functional>
#include <memory>

#include <ATen/core/Tensor.h>

namespace ptravel::cuda {

class Graph {
 public:
  /// Runs `body`, and records what it starts on the card. `body` must do the same work in the same
  /// memory every time, whatever the numbers there; it must not look at them. Throws what LibTorch
  /// throws where something cannot be recorded.
  explicit Graph(const std::function<at::Tensor()>& body);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Starts the recorded work on the present stream. Returns what `body` had returned: memory that
  /// the next replay writes to again.
  const at::Tensor& replay();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ptravel::cuda
