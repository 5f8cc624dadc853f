#include "travel/replace_walk.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "request/frame_settings.h"
#include "tensor/rng.h"
#include "travel/token_swap.h"

namespace ptravel {

double ReplaceWalk::share(std::int64_t step) const {
  return eased(static_cast<double>(step) / static_cast<double>(ends().steps),
               tools().request.easing);
}

std::size_t ReplaceWalk::even_count(std::size_t total, std::size_t left, std::int64_t step) const {
  const std::size_t done = total - left;
  return std::max(evenly_replaced(total, share(step)), done) - done;
}

std::vector<std::size_t> ReplaceWalk::shuffled(std::size_t count, std::int64_t salt) const {
  Rng rng(RngSource::Cpu,
          derived_seed(static_cast<std::uint64_t>(ends().seed), {ends().gap, salt}));
  const at::Tensor order = rng.randperm(static_cast<std::int64_t>(count));
  return {order.data_ptr<std::int64_t>(), order.data_ptr<std::int64_t>() + count};
}

std::vector<std::size_t> ReplaceWalk::by_keys(const std::vector<double>& keys) const {
  std::vector<std::size_t> order = ascending(keys);
  const ReplaceOrder asked = tools().request.replace_order;
  if (asked == ReplaceOrder::Different || asked == ReplaceOrder::GradMax) {
    std::reverse(order.begin(), order.end());
  }
  return order;
}

}  // namespace ptravel
