#include "motion/latent_distance.h"

#include <cmath>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

std::string shape_text(const PictureLatent& latent) {
  return std::to_string(latent.channels) + "x" + std::to_string(latent.height) + "x" +
         std::to_string(latent.width);
}

}  // namespace

bool same_shape(const PictureLatent& one, const PictureLatent& other) {
  return one.channels == other.channels && one.height == other.height && one.width == other.width;
}

double latent_distance(const PictureLatent& one, const PictureLatent& other) {
  if (!same_shape(one, other)) {
    throw Error(ErrorCode::InvalidArgument, "[latent distance] " + shape_text(other) +
                                                ", expected " + shape_text(one) +
                                                " as the other latent has");
  }
  double sum = 0;
  for (std::size_t i = 0; i < one.values.size(); ++i) {
    const double difference = static_cast<double>(one.values[i]) - other.values[i];
    sum += difference * difference;
  }
  return one.values.empty() ? 0 : std::sqrt(sum / static_cast<double>(one.values.size()));
}

}  // namespace ptravel
