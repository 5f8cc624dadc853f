#pragma once

#include <optional>

#include "apps/cli/console.h"
#include "ptravel/profile.h"

namespace ptravel::cli {

/// Measures a travel from here on, if that is wanted, and says where its time went. One thread.
class TravelProfile {
 public:
  explicit TravelProfile(bool wanted);

  /// Ends the measurement and prints it: a table, or the event "profile". Loading the model is told
  /// apart and is no part of the travel's time. Nothing where no network has run.
  void print(Console& console);

 private:
  std::optional<Profile> profile_;
};

}  // namespace ptravel::cli
