#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/unet.h"

namespace ptravel {

/// The UNet as a sampler calls it, with everything that comes back from call to call computed once:
/// - the keys and values of a text, for all steps, and for all pictures that share the text (the
///   negative prompt is the same in every frame);
/// - what a timestep adds in each block, for all pictures;
/// - rows that are the same in latent, timestep and text, within one call, and in the first calls
///   of different pictures: frames that start from the same noise begin with the same answer to
///   the negative prompt.
/// Operands are compared number by number, so that no result differs from what the network alone
/// would give. One thread.
class SharedCalls {
 public:
  /// `unet` outlives it.
  explicit SharedCalls(const Unet& unet) : unet_(unet) {}

  /// The next call is the first one of new pictures.
  void begin_pictures() { first_call_ = true; }

  /// x [M, C, h, w], t [M] and context [M, tokens, width], float32 on the CPU; the network's result
  /// [M, C, h, w] on the CPU.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& t, const at::Tensor& context);

  /// Texts whose keys and values are kept: a few more than a call has rows.
  std::size_t kept_texts() const { return texts_.size(); }

 private:
  struct KnownText {
    at::Tensor context;  // [tokens, width] float32
    std::shared_ptr<const UnetText> text;
  };
  /// One row of a call.
  struct Row {
    at::Tensor x;  // [C, h, w]
    float t;
    UnetConditioning conditioning;
  };
  struct KnownRow {
    Row row;
    at::Tensor result;  // [C, h, w]
  };

  static bool same(const Row& a, const Row& b);
  std::shared_ptr<const UnetText> text_of(const at::Tensor& context);
  std::shared_ptr<const UnetTime> time_of(float t);
  const at::Tensor* find(const Row& row) const;
  void forget(std::size_t rows);

  const Unet& unet_;
  std::list<KnownText> texts_;  // the last used first
  std::map<float, std::shared_ptr<const UnetTime>> times_;
  std::list<KnownRow> first_rows_;  // the newest first
  bool first_call_ = true;
};

}  // namespace ptravel
