#include "diffusion/text_encoding.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "diffusion/transport.h"
#include "ptravel/error.h"
#include "tensor/reduce.h"

namespace ptravel {
namespace {

constexpr double kNearlyParallel = 0.9995;
constexpr double kOpposite = -0.99999;  // as far as float can tell; the way around is undefined

at::Tensor lerp_numbers(const at::Tensor& a, const at::Tensor& b, double alpha) {
  return a * (1 - alpha) + b * alpha;
}

at::Tensor slerp_vectors(const at::Tensor& a, const at::Tensor& b, double alpha) {
  const at::Tensor length_a = a.norm(2, {-1}, true);
  const at::Tensor length_b = b.norm(2, {-1}, true);
  const at::Tensor dot = ((a / length_a) * (b / length_b)).sum(-1, true);  // [tokens, 1]
  const at::Tensor omega = at::acos(dot.clamp(-1.0, 1.0));
  const at::Tensor sine = at::sin(omega);
  const at::Tensor mixed =
      (at::sin(omega * (1 - alpha)) / sine) * a + (at::sin(omega * alpha) / sine) * b;
  // A vector of zeros has no direction: its dot is NaN, which compares false.
  const at::Tensor usable = (dot <= kNearlyParallel).logical_and(dot > kOpposite);
  return at::where(usable, mixed, lerp_numbers(a, b, alpha));
}

using Mix = at::Tensor (*)(const at::Tensor&, const at::Tensor&, double);

TextEncoding mixed(const TextEncoding& a, const TextEncoding& b, double alpha, Mix mix) {
  PTRAVEL_CHECK(a.tokens.sizes() == b.tokens.sizes());
  PTRAVEL_CHECK(a.vector.defined() == b.vector.defined());
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? a : b;
  }
  return {mix(a.tokens, b.tokens, alpha),
          a.vector.defined() ? mix(a.vector, b.vector, alpha) : at::Tensor()};
}

VectorRows rows_of(const at::Tensor& tokens) {
  const at::Tensor values = tokens.to(at::kCPU, at::kDouble).contiguous();
  const double* const begin = values.data_ptr<double>();
  return {static_cast<std::size_t>(tokens.size(0)),
          static_cast<std::size_t>(tokens.size(1)),
          {begin, begin + values.numel()}};
}

TextEncoding with_rows(const TextEncoding& encoding, const at::Tensor& rows) {
  return {at::cat({encoding.tokens, rows}), encoding.vector};
}

}  // namespace

bool equal(const TextEncoding& a, const TextEncoding& b) {
  const bool pooled =
      a.vector.defined() == b.vector.defined() && (!a.vector.defined() || a.vector.equal(b.vector));
  return pooled && a.tokens.equal(b.tokens);
}

TextEncoding padded_with_last(const TextEncoding& encoding, std::int64_t length) {
  const std::int64_t missing = length - encoding.length();
  if (missing <= 0) {
    return encoding;
  }
  return with_rows(encoding,
                   encoding.tokens.narrow(0, encoding.length() - 1, 1).expand({missing, -1}));
}

TextEncoding padded_with_zeros(const TextEncoding& encoding, std::int64_t length) {
  const std::int64_t missing = length - encoding.length();
  if (missing <= 0) {
    return encoding;
  }
  return with_rows(encoding,
                   at::zeros({missing, encoding.tokens.size(1)}, encoding.tokens.options()));
}

TextEncoding padded_with(const TextEncoding& encoding,
                         const TextEncoding& filler,
                         std::int64_t length) {
  const std::int64_t missing = length - encoding.length();
  if (missing <= 0) {
    return encoding;
  }
  PTRAVEL_CHECK(filler.tokens.defined() && filler.length() > 0);
  const std::int64_t count = (missing + filler.length() - 1) / filler.length();
  const at::Tensor fillers = filler.tokens.to(encoding.tokens.options()).repeat({count, 1});
  return with_rows(encoding, fillers.narrow(0, 0, missing));
}

TextEncoding lerp(const TextEncoding& a, const TextEncoding& b, double alpha) {
  return mixed(a, b, alpha, lerp_numbers);
}

TextEncoding slerp(const TextEncoding& a, const TextEncoding& b, double alpha) {
  return mixed(a, b, alpha, slerp_vectors);
}

TextEncoding slerp_around(const TextEncoding& centre, const EncodingPair& pair, double alpha) {
  if (alpha == 0 || alpha == 1) {
    return alpha == 0 ? pair.from : pair.to;
  }
  const auto shifted = [&](const TextEncoding& text, double sign) {
    const auto moved = [sign](const at::Tensor& numbers, const at::Tensor& by) {
      return numbers.defined() ? numbers + by.to(numbers.options()) * sign : at::Tensor();
    };
    return TextEncoding{moved(text.tokens, centre.tokens), moved(text.vector, centre.vector)};
  };
  return shifted(slerp(shifted(pair.from, -1), shifted(pair.to, -1), alpha), 1);
}

TextEncoding aligned(const EncodingPair& pair) {
  PTRAVEL_CHECK(pair.from.tokens.sizes() == pair.to.tokens.sizes());
  const std::vector<std::size_t> places = optimal_assignment_after_first(
      squared_distances(rows_of(pair.from.tokens), rows_of(pair.to.tokens)));
  at::Tensor order = at::empty({static_cast<std::int64_t>(places.size())}, at::kLong);
  std::copy(places.begin(), places.end(), order.data_ptr<std::int64_t>());
  return {pair.to.tokens.index_select(0, order.to(pair.to.tokens.device())), pair.to.vector};
}

double mean_distance(const TextEncoding& a, const TextEncoding& b) {
  return mean_of_all((a.tokens - b.tokens).abs()).item<double>();
}

std::vector<double> unit_distances(const EncodingPair& pair, SwapUnit unit) {
  at::Tensor values = (pair.from.tokens - pair.to.tokens).abs();
  switch (unit) {
    case SwapUnit::Token:
      values = values.mean(1);
      break;
    case SwapUnit::Channel:
      values = values.mean(0);
      break;
    case SwapUnit::Value:
      values = values.flatten();
      break;
  }
  values = values.to(at::kCPU, at::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

TextEncoding swapped(const EncodingPair& pair, SwapUnit unit, const std::vector<bool>& taken) {
  at::Tensor mask = at::empty({static_cast<std::int64_t>(taken.size())}, at::kBool);
  std::copy(taken.begin(), taken.end(), mask.data_ptr<bool>());
  switch (unit) {
    case SwapUnit::Token:
      mask = mask.unsqueeze(1);
      break;
    case SwapUnit::Channel:
      mask = mask.unsqueeze(0);
      break;
    case SwapUnit::Value:
      mask = mask.reshape(pair.from.tokens.sizes());
      break;
  }
  const at::Tensor tokens =
      at::where(mask.to(pair.to.tokens.device()), pair.to.tokens, pair.from.tokens);
  if (!pair.from.vector.defined()) {
    return {tokens};
  }
  const auto count = static_cast<double>(std::count(taken.begin(), taken.end(), true));
  const double share = count / static_cast<double>(taken.size());
  return {tokens, lerp_numbers(pair.from.vector, pair.to.vector, share)};
}

}  // namespace ptravel
