#include "diffusion/conditioning_pool.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include <ATen/ATen.h>

namespace ptravel {
namespace {

std::size_t hash_of(const Conditioning& conditioning) {
  const at::Tensor numbers = conditioning.text.tokens.to(at::kCPU).contiguous();
  const std::string_view bytes(static_cast<const char*>(numbers.data_ptr()), numbers.nbytes());
  return std::hash<std::string_view>()(bytes);
}

bool equal_hints(const ControlHint& a, const ControlHint& b) {
  return a.model == b.model && a.strength == b.strength && a.picture.equal(b.picture);
}

bool equal_pictures(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() == b.defined() && (!a.defined() || a.equal(b));
}

bool equal(const Conditioning& a, const Conditioning& b) {
  return !a.attention && !b.attention && equal(a.text, b.text) &&
         equal_pictures(a.picture, b.picture) &&
         std::ranges::equal(a.control_hints, b.control_hints, equal_hints) &&
         a.adapter_strengths == b.adapter_strengths && a.hypernetworks == b.hypernetworks &&
         a.side_strengths == b.side_strengths;
}

}  // namespace

SharedConditioning ConditioningPool::share(const SharedConditioning& conditioning) {
  const std::size_t hash = hash_of(*conditioning);
  const auto [first, last] = known_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const SharedConditioning alive = known->second.lock();
    if (alive && (alive == conditioning || equal(*alive, *conditioning))) {
      return alive;
    }
  }
  forget_the_dead();
  known_.emplace(hash, conditioning);
  return conditioning;
}

ImageConditioning ConditioningPool::share(ImageConditioning image) {
  const auto share_entries = [this](ScheduledConditioning& schedule) {
    for (ScheduledConditioning::Entry& entry : schedule.entries) {
      entry.conditioning = share(entry.conditioning);
    }
  };
  for (ConditioningPart& part : image.parts) {
    share_entries(part.schedule);
  }
  share_entries(image.uncond);
  return image;
}

void ConditioningPool::forget_the_dead() {
  if (known_.size() < most_known_) {
    return;
  }
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  most_known_ = std::max<std::size_t>(most_known_, 2 * known_.size());
}

}  // namespace ptravel
