#include <algorithm>

#include "request/compat.h"
#include "travel/pairing.h"
#include "travel/replace_walk.h"
#include "travel/token_swap.h"
#include "travel/unit_swap.h"

namespace ptravel {
namespace {

/// What a name means; the newest version, as it worked, took the axes of a tensor with a leading
/// batch axis, so that its "token" swapped channels and its "channel" single values.
SwapUnit unit_of(const TravelRequest& request) {
  const bool shifted = compat_quirks(request).units_are_shifted;
  switch (request.replace_dim) {
    case ReplaceDim::Token:
      return shifted ? SwapUnit::Channel : SwapUnit::Token;
    case ReplaceDim::Channel:
      return shifted ? SwapUnit::Value : SwapUnit::Channel;
    case ReplaceDim::Prompt:
    case ReplaceDim::Random:
      break;
  }
  return SwapUnit::Value;
}

/// One encoding on its way, with the order in which its units are swapped.
struct Passage {
  UnitSwap swap;
  std::size_t differing;
  std::vector<std::size_t> order;
};

class EncodedReplaceWalk : public ReplaceWalk {
 public:
  EncodedReplaceWalk(const WalkTools& tools, const GapEnds& ends)
      : ReplaceWalk(tools, ends),
        pairing_(ends.from.conditioning, ends.to.conditioning, tools.linear.pairing) {}

 protected:
  void restart() override {
    passages_.clear();
    for (const ConditioningPair& pair : pairing_.pairs()) {
      UnitSwap swap(pair.texts(), unit_of(tools().request));
      const std::size_t differing = swap.differing().size();
      std::vector<std::size_t> order = tools().request.replace_order == ReplaceOrder::Random
                                           ? shuffled(swap.distances().size(), 0)
                                           : by_keys(swap.distances());
      passages_.push_back({std::move(swap), differing, std::move(order)});
    }
  }

  void advance(std::int64_t step, const TargetLatent&) override {
    for (Passage& passage : passages_) {
      const std::vector<std::size_t> left = passage.swap.differing();
      passage.swap.swap(first_of(passage.order, left, count(passage, left.size(), step)));
    }
  }

  ImageConditioning current(const FramePlace& place) const override {
    const bool by_alpha = compat_quirks(tools().request).replace_way_is_alpha;
    const double way = by_alpha ? place.alpha : share(step());
    if (way == 1) {
      return ends().to.conditioning;  // Everything is replaced: the stage itself.
    }
    std::vector<SharedConditioning> reached;
    for (std::size_t i = 0; i < passages_.size(); ++i) {
      reached.push_back(with_text(pairing_.pairs()[i].from, passages_[i].swap.current()));
    }
    ImageConditioning image;
    image.parts = pairing_.parts(reached, way);
    image.uncond = uncond_between(tools(), ends(), way);
    return image;
  }

 private:
  std::size_t count(const Passage& passage, std::size_t left, std::int64_t step) const {
    if (compat_quirks(tools().request).same_count_each_step) {
      return std::min(v3_count(passage.differing, ends().steps), left);
    }
    return even_count(passage.differing, left, step);
  }

  Pairing pairing_;
  std::vector<Passage> passages_;
};

}  // namespace

std::size_t differing_units(const WalkTools& tools, const GapEnds& ends) {
  const Pairing pairing(ends.from.conditioning, ends.to.conditioning, tools.linear.pairing);
  std::size_t most = 0;
  for (const ConditioningPair& pair : pairing.pairs()) {
    most = std::max(most, UnitSwap(pair.texts(), unit_of(tools.request)).differing().size());
  }
  return most;
}

std::unique_ptr<Walk> make_encoded_replace_walk(const WalkTools& tools, const GapEnds& ends) {
  return std::make_unique<EncodedReplaceWalk>(tools, ends);
}

}  // namespace ptravel
