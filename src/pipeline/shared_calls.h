#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/denoiser.h"
#include "model/unet.h"

namespace ptravel {

/// The UNet as a sampler calls it, with everything that comes back from call to call computed once:
/// - the keys and values of a text, for all steps, and for all pictures that share the conditioning
///   (the negative prompt is the same in every frame);
/// - what a timestep adds in each block, for all pictures, or for all that share the conditioning
///   where the network takes a vector;
/// - rows that are the same in latent, timestep and conditioning, within one call, and in the first
///   calls of different pictures: frames that start from the same noise begin with the same answer
///   to the negative prompt.
/// Texts are the same when their tensors are (ConditioningPool sees to that). Latents, with the
/// pictures that conditionings put behind them, are compared number by number, so that no result
/// differs from what the network alone would give; off the CPU only in first calls, because
/// comparing waits for the device. One thread.
class SharedCalls {
 public:
  /// Gives the hypernetwork of a name; never null.
  using Hypernetworks = std::function<std::shared_ptr<const Hypernetwork>(const std::string&)>;

  /// `unet` outlives it, and has the adapters that rows tell. `hypernetworks` is asked for what
  /// conditionings name. `wrap`: of all calls.
  explicit SharedCalls(const Unet& unet, Hypernetworks hypernetworks = {}, Wrap wrap = {})
      : unet_(unet), hypernetworks_(std::move(hypernetworks)), wrap_(wrap) {}

  /// The next call is the first one of new pictures.
  void begin_pictures() { first_call_ = true; }

  /// The network's result [M, C, h, w] in float32, where the latents are. Latents are float32.
  /// Throws Unsupported for control hints.
  at::Tensor operator()(const std::vector<NetworkRow>& rows);

  /// Texts whose keys and values are kept: a few more than a call has rows.
  std::size_t kept_texts() const { return texts_.size(); }

 private:
  using Times = std::map<float, std::shared_ptr<const UnetTime>>;
  struct KnownText {
    SharedConditioning conditioning;
    std::vector<HypernetworkUse> hypernetworks;
    at::Tensor strengths;  // [slots], or undefined
    std::shared_ptr<const UnetText> text;
    Times times;  // with the conditioning's vector and strengths
  };
  /// What the UNet is called with for one row.
  struct Operands {
    at::Tensor latent;  // [C, h, w]
    float time;
    UnetConditioning conditioning;
  };
  struct KnownResult {
    Operands operands;
    at::Tensor result;  // [C, h, w]
  };

  at::Tensor mixed(const std::vector<NetworkRow>& rows);
  /// Whether two have one text that the same hypernetworks and side branches act on: conditionings
  /// of other pictures share their tensors.
  bool same_text_tensors(const Conditioning& a, const Conditioning& b) const;
  at::Tensor strengths_of(const Conditioning& conditioning) const;
  bool same(const Operands& a, const Operands& b) const;
  Operands operands_of(const NetworkRow& row);
  KnownText& text_of(const SharedConditioning& conditioning);
  std::shared_ptr<const UnetTime> time_of(float time, KnownText& text);
  const at::Tensor* find(const Operands& operands) const;
  std::vector<at::Tensor> compute(const std::vector<Operands>& all) const;
  void remember(std::vector<Operands> all, const std::vector<at::Tensor>& results);
  void forget(std::size_t rows);

  std::vector<HypernetworkUse> uses_of(const Conditioning& conditioning) const;

  const Unet& unet_;
  Hypernetworks hypernetworks_;
  Wrap wrap_;
  std::list<KnownText> texts_;            // the last used first
  Times times_;                           // without a vector and strengths
  std::list<KnownResult> first_results_;  // the newest first
  bool first_call_ = true;
};

}  // namespace ptravel
