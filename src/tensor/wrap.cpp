#include "tensor/wrap.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/layout.h"
#include "tensor/path.h"

namespace ptravel {
namespace {

/// One axis longer by `more` at both ends. Differentiable.
at::Tensor longer(const at::Tensor& x, std::int64_t axis, std::int64_t more, bool wraps) {
  const at::Tensor first = x.narrow(axis, 0, more);
  const at::Tensor last = x.narrow(axis, x.size(axis) - more, more);
  return wraps ? at::cat({last, x, first}, axis)
               : at::cat({at::zeros_like(last), x, at::zeros_like(first)}, axis);
}

/// Fills both ends of an axis, `more` long, from what lies between them.
void fill_ends(at::Tensor& x, std::int64_t axis, std::int64_t more, bool wraps) {
  const std::int64_t inside = x.size(axis) - 2 * more;
  at::Tensor before = x.narrow(axis, 0, more);
  at::Tensor after = x.narrow(axis, more + inside, more);
  if (wraps) {
    before.copy_(x.narrow(axis, inside, more));
    after.copy_(x.narrow(axis, more, more));
  } else {
    before.zero_();
    after.zero_();
  }
}

}  // namespace

at::Tensor with_border(const at::Tensor& x, std::int64_t rows, std::int64_t columns, Wrap wrap) {
  PTRAVEL_CHECK(x.dim() == 4 && rows <= x.size(2) && columns <= x.size(3));
  if (wants_gradient(x)) {
    return to_channels_last(longer(longer(x, 3, columns, wrap.across), 2, rows, wrap.down));
  }
  at::Tensor result =
      empty_picture(x, x.size(0), x.size(1), x.size(2) + 2 * rows, x.size(3) + 2 * columns);
  write_with_border(x, rows, columns, wrap, result);
  return result;
}

void write_with_border(
    const at::Tensor& x, std::int64_t rows, std::int64_t columns, Wrap wrap, at::Tensor& result) {
  at::Tensor inside = result.narrow(2, rows, x.size(2));
  inside.narrow(3, columns, x.size(3)).copy_(x);
  fill_ends(inside, 3, columns, wrap.across);
  fill_ends(result, 2, rows, wrap.down);
}

}  // namespace ptravel
