#include "checkpoint/edm.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr const char* kMax = "edm_vpred.sigma_max";
constexpr const char* kMin = "edm_vpred.sigma_min";
constexpr const char* kMean = "edm_mean";
constexpr const char* kStd = "edm_std";
// What CosXL's kind has where a file tells only one end.
constexpr double kUsualLeast = 0.002;
constexpr double kUsualMost = 120;

constexpr double kLeastSigma = 1e-6;
constexpr double kMostSigma = 1e6;
constexpr std::uint64_t kMostChannels = 64;

std::string title_of(const StoredTensors& tensors, const char* name) {
  return "[model] " + tensors.file(name).string() + ": tensor \"" + name + "\"";
}

std::vector<double> small_tensor(const StoredTensors& tensors,
                                 const char* name,
                                 std::uint64_t most) {
  const std::uint64_t count = number_count(tensors, name);
  if (count < 1 || count > most || !is_computable(tensors.format(name))) {
    throw Error(ErrorCode::Corrupt, title_of(tensors, name) + " has " + std::to_string(count) +
                                        " numbers stored as " +
                                        std::string(number_format_name(tensors.format(name))) +
                                        ", expected 1 to " + std::to_string(most));
  }
  return read_numbers(tensors, name);
}

}  // namespace

void check_edm(const EdmSchedule& edm, const std::string& title) {
  const bool ordered = edm.sigma_min >= kLeastSigma && edm.sigma_max <= kMostSigma &&
                       edm.sigma_max > edm.sigma_min && edm.sigma_data >= kLeastSigma &&
                       edm.sigma_data <= kMostSigma;
  if (!ordered) {
    throw Error(ErrorCode::Corrupt, title + ": sigmas from " + std::to_string(edm.sigma_min) +
                                        " to " + std::to_string(edm.sigma_max) + " of data of " +
                                        std::to_string(edm.sigma_data) +
                                        ", expected rising ones from 1e-6 to 1e6");
  }
  const bool finite = std::all_of(edm.latent_mean.begin(), edm.latent_mean.end(),
                                  [](double mean) { return std::isfinite(mean); }) &&
                      std::all_of(edm.latent_std.begin(), edm.latent_std.end(),
                                  [](double std) { return std > 0 && std <= kMostSigma; });
  if (!finite || edm.latent_mean.size() != edm.latent_std.size()) {
    throw Error(ErrorCode::Corrupt, title + ": " + std::to_string(edm.latent_mean.size()) +
                                        " means and " + std::to_string(edm.latent_std.size()) +
                                        " deviations of latents, expected a number and a positive "
                                        "one for each channel");
  }
}

std::optional<EdmSchedule> read_edm(const StoredTensors& tensors) {
  EdmSchedule edm;
  if (tensors.contains(kMax) || tensors.contains(kMin)) {
    edm.sigma_data = 1;
    edm.sigma_max = tensors.contains(kMax) ? small_tensor(tensors, kMax, 1).front() : kUsualMost;
    edm.sigma_min = tensors.contains(kMin) ? small_tensor(tensors, kMin, 1).front() : kUsualLeast;
    check_edm(edm, title_of(tensors, tensors.contains(kMax) ? kMax : kMin));
    return edm;
  }
  if (!tensors.contains(kMean) && !tensors.contains(kStd)) {
    return std::nullopt;
  }
  for (const char* name : {kMean, kStd}) {
    if (!tensors.contains(name)) {
      const char* other = name == kMean ? kStd : kMean;
      throw Error(ErrorCode::Corrupt,
                  title_of(tensors, other) + " is there, expected \"" + name + "\" as well");
    }
  }
  edm.latent_mean = small_tensor(tensors, kMean, kMostChannels);
  edm.latent_std = small_tensor(tensors, kStd, kMostChannels);
  check_edm(edm, title_of(tensors, kMean));
  return edm;
}

}  // namespace ptravel
