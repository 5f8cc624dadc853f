#pragma once

#include <filesystem>
#include <vector>

namespace ptravel {

/// What can be heard in a sound that a film may follow.
struct SoundPulse {
  double seconds = 0;           ///< How long it was listened to.
  std::vector<double> beats;    ///< Seconds, rising; empty where no pulse can be heard.
  double beats_per_minute = 0;  ///< By the median distance of beats; 0 without.
  /// How much louder the spectrum's bands get from one moment to the next, summed up: what is
  /// struck, not what goes on. One value for each `interval` seconds.
  std::vector<double> percussion;
  double interval = 0;
};

/// Listens to a sound file (by way of aubio) up to `most_seconds`. Beats before the tempo is sure
/// are counted back from where it is. Throws as SoundReader (media/sound_reader.h).
SoundPulse find_pulse(const std::filesystem::path& path, double most_seconds);

}  // namespace ptravel
