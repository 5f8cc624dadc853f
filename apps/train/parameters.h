#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/random_tensors.h"
#include "model/weights.h"

namespace ptravel::train {

/// AdamW (Loshchilov and Hutter 2019) with clipping by the global norm and an exponential moving
/// average of the weights.
struct OptimizerOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< Of matrices and filters; norms and biases have none.
  double max_norm = 1.0;
  double ema_decay = 0.999;  ///< Smaller in the first steps: min(ema_decay, (1 + n) / (10 + n)).
};

/// The weights of networks that learn. Networks built from it keep its tensors, which take part in
/// gradients; master copies and the optimizer's state are fp32, whatever the networks compute in.
/// One thread.
class Parameters : public TensorSource {
 public:
  explicit Parameters(std::uint64_t seed) : initial_(seed) {}

  // TensorSource: makes what networks ask for. The last layers of residual branches begin at zero.
  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  at::ScalarType dtype(std::string_view) const override { return at::kFloat; }
  at::Tensor tensor(std::string_view name) const override;
  std::optional<at::Tensor> make(std::string_view name,
                                 at::IntArrayRef shape,
                                 const Compute& compute) const override;

  /// Call once when all networks are built: lays the master copies out in one piece.
  void gather(at::Device device);

  std::int64_t count() const { return master_.defined() ? master_.numel() : 0; }
  std::int64_t steps() const { return steps_; }

  /// Sets weights and their averages, by name; others stay as they are.
  void assign(const std::map<std::string, at::Tensor>& weights);

  /// One step from the gradients that backward left on the tensors, which are cleared. Returns the
  /// gradients' norm before clipping; a step whose norm is not finite changes nothing.
  double step(double learning_rate, const OptimizerOptions& options);

  /// Everything to go on from, and its restoration into parameters of the same networks. Throws
  /// Corrupt where the state does not fit.
  std::map<std::string, at::Tensor> state() const;
  void restore(const std::map<std::string, at::Tensor>& state);

  /// The averaged weights by name, fp32 on the CPU.
  std::map<std::string, at::Tensor> averaged() const;

 private:
  struct Entry {
    at::Tensor leaf;    ///< What the network computes with.
    at::Tensor master;  ///< Its place in master_.
    at::Tensor grad;    ///< Its place in grad_.
  };
  void collect_gradients();
  void spread() const;

  RandomTensors initial_;
  mutable std::vector<std::string> order_;
  mutable std::map<std::string, Entry, std::less<>> entries_;
  at::Tensor master_, grad_, mean_, square_, ema_;
  std::int64_t decayed_ = 0;  ///< This many numbers at the front have weight decay.
  std::int64_t steps_ = 0;
};

}  // namespace ptravel::train
