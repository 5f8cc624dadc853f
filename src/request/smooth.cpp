#include "ptravel/smooth.h"

namespace ptravel {

// What measured best, docs/motion.md.
std::vector<std::pair<std::string, std::string>> smooth_settings() {
  return {{"pace", "even"}, {"bridge", "latents"}};
}

}  // namespace ptravel
