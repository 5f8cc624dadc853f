#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "diffusion/conditioning.h"

namespace ptravel {

/// Gives equal conditionings one identity: the negative prompt of every frame, a stage that comes
/// twice. Compares numbers, once for each conditioning that is made; whoever samples then compares
/// identities. Keeps nothing alive. One thread.
class ConditioningPool {
 public:
  /// The conditioning with the same numbers that was given before and still lives, else
  /// `conditioning` itself.
  SharedConditioning share(const SharedConditioning& conditioning);
  /// The same for all that a picture has.
  ImageConditioning share(ImageConditioning image);

 private:
  void forget_the_dead();

  std::unordered_multimap<std::size_t, std::weak_ptr<const Conditioning>> known_;  // by hash
  std::size_t most_known_ = 64;
};

}  // namespace ptravel
