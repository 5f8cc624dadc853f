#include "travel/sketcher.h"

#include <algorithm>

namespace ptravel {

/// The first one comes at once; later ones when enough time has gone by to afford another.
bool Sketcher::is_time(Clock::time_point now) const {
  if (!last_) {
    return true;
  }
  return Seconds(now - *last_).count() >= options_.seconds &&
         spent_ + dearest_ <= Seconds(now - *begun_) * options_.share;
}

void Sketcher::see(const at::Tensor& denoised, const SamplingPlace& place) {
  const auto now = Clock::now();
  begun_ = begun_.value_or(now);
  if (!denoised.defined() || !is_time(now)) {
    return;
  }
  options_.show({place, picture_(denoised.select(0, 0))});
  last_ = Clock::now();
  spent_ += *last_ - now;
  dearest_ = std::max(dearest_, Seconds(*last_ - now));
}

}  // namespace ptravel
