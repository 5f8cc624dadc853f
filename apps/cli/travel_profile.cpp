#include "apps/cli/travel_profile.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ptravel::cli {
namespace {

constexpr std::string_view kLoading = "loading";
constexpr std::array<std::string_view, 4> kNetworks = {"unet", "vae encoder", "vae decoder",
                                                       "text encoder"};

bool is_network(const ProfileEntry& entry) {
  return std::find(kNetworks.begin(), kNetworks.end(), entry.part) != kNetworks.end();
}

/// What was measured, sorted into loading the model and the travel itself.
struct Measured {
  ProfileReport travel;
  double loading_seconds = 0;
  double network_seconds = 0;

  double network_share() const { return network_seconds / travel.seconds; }
};

Measured sorted(const ProfileReport& report) {
  Measured measured;
  for (const ProfileEntry& entry : report.entries) {
    if (entry.part == kLoading) {
      measured.loading_seconds += entry.seconds;
      continue;
    }
    measured.network_seconds += is_network(entry) ? entry.seconds : 0;
    measured.travel.entries.push_back(entry);
  }
  measured.travel.seconds = report.seconds - measured.loading_seconds;
  return measured;
}

std::string text_of(const Measured& measured) {
  char summary[160];
  std::snprintf(summary, sizeof summary,
                "UNet, VAE and text encoder: %.2f %% of the travel's time\n"
                "loading the model, not counted above: %.3f s\n",
                100 * measured.network_share(), measured.loading_seconds);
  return to_text(measured.travel) + summary;
}

std::string json_of(const Measured& measured) {
  nlohmann::ordered_json object = {{"event", "profile"},
                                   {"loading_seconds", measured.loading_seconds},
                                   {"network_share", measured.network_share()}};
  object.update(nlohmann::ordered_json::parse(to_json(measured.travel)));
  return object.dump();
}

}  // namespace

TravelProfile::TravelProfile(bool wanted) {
  if (wanted) {
    profile_.emplace();
  }
}

void TravelProfile::print(Console& console) {
  if (!profile_) {
    return;
  }
  const Measured measured = sorted(profile_->report());
  profile_.reset();
  if (measured.network_seconds > 0) {
    console.output(console.json() ? json_of(measured) : text_of(measured));
  }
}

}  // namespace ptravel::cli
