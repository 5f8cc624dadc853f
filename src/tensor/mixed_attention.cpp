#include "tensor/mixed_attention.h"

#include <string>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/attention.h"

namespace ptravel {
namespace {

/// In float32, rounded to the format of both.
at::Tensor mixed(const at::Tensor& from, const at::Tensor& to, double share) {
  return (from.to(at::kFloat) * (1 - share) + to.to(at::kFloat) * share).to(from.scalar_type());
}

}  // namespace

at::Tensor mixed_attention(const at::Tensor& queries,
                           const KeysAndValues& own,
                           const KeysAndValues& from,
                           const KeysAndValues& to,
                           std::int64_t heads,
                           const AttentionBlend& blend) {
  const auto attend = [&](const KeysAndValues& other) {
    const auto rows = [&](const at::Tensor& mine, const at::Tensor& others) {
      return (blend.fused ? at::cat({mine, others}) : others).unsqueeze(0).contiguous();
    };
    return attention(queries.unsqueeze(0), rows(own.keys, other.keys),
                     rows(own.values, other.values), heads)[0];
  };
  if (!blend.inner) {
    return mixed(attend(from), attend(to), blend.share);
  }
  if (from.keys.sizes() != to.keys.sizes()) {
    throw Error(ErrorCode::InvalidArgument,
                "[attention] keys to mix: expected as many rows on both sides, got " +
                    std::to_string(from.keys.size(0)) + " and " + std::to_string(to.keys.size(0)));
  }
  return attend(
      {mixed(from.keys, to.keys, blend.share), mixed(from.values, to.values, blend.share)});
}

}  // namespace ptravel
