#include "media/sound_pulse.h"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/support/sounds.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using namespace sounds;

SoundPulse pulse_of(const Samples& samples, int rate, double most_seconds = 1e6) {
  const TemporaryFolder folder;
  write_wav(folder / "song.wav", {samples}, rate);
  return find_pulse(folder / "song.wav", most_seconds);
}

/// The largest distance of a beat from the nearest click.
double worst(const SoundPulse& pulse, double per_minute, double first) {
  double largest = 0;
  for (const double beat : pulse.beats) {
    largest = std::max(largest, std::abs(std::remainder(beat - first, 60 / per_minute)));
  }
  return largest;
}

TEST(FindPulse, HearsAMetronomeFromItsFirstClick) {
  for (const double per_minute : {96.0, 120.0, 150.0}) {
    const SoundPulse pulse = pulse_of(clicks(per_minute, 0.25, 20, 44100), 44100);
    EXPECT_NEAR(pulse.seconds, 20, 1e-9);
    EXPECT_NEAR(pulse.beats_per_minute, per_minute, per_minute * 0.015);
    EXPECT_LT(worst(pulse, per_minute, 0.25), 0.02) << per_minute;
    ASSERT_FALSE(pulse.beats.empty());
    EXPECT_LT(pulse.beats.front(), 60 / per_minute);
    EXPECT_GT(pulse.beats.back(), 20 - 2 * 60 / per_minute);
    for (std::size_t i = 1; i < pulse.beats.size(); ++i) {
      EXPECT_NEAR(pulse.beats[i] - pulse.beats[i - 1], 60 / per_minute, 0.03) << per_minute;
    }
  }
}

TEST(FindPulse, HearsShortSoundsOfOtherRatesBehindATone) {
  Samples samples = clicks(120, 0.25, 5, 22050);
  const Samples held = tone(220, 5, 22050, 0.2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] += held[i];
  }
  const SoundPulse pulse = pulse_of(samples, 22050);
  EXPECT_NEAR(pulse.beats_per_minute, 120, 3);
  EXPECT_LT(worst(pulse, 120, 0.25), 0.02);
}

TEST(FindPulse, HearsNoneWhereThereIsNone) {
  EXPECT_TRUE(pulse_of(silence(12, 44100), 44100).beats.empty());
  EXPECT_TRUE(pulse_of(tone(440, 12, 44100), 44100).beats.empty());
  EXPECT_TRUE(pulse_of(noise(12, 44100), 44100).beats.empty());
  EXPECT_TRUE(pulse_of({0.5F}, 44100).beats.empty());
}

TEST(FindPulse, MeasuresWhatIsStruckAndNotWhatGoesOn) {
  Samples samples = tone(440, 4, 44100);
  append(samples, clicks(240, 0.1, 4, 44100));
  const SoundPulse pulse = pulse_of(samples, 44100);
  const auto half = pulse.percussion.begin() + static_cast<std::ptrdiff_t>(4.05 / pulse.interval);
  const double held = std::accumulate(pulse.percussion.begin() + 20, half - 20, 0.0);
  const double struck = std::accumulate(half, pulse.percussion.end(), 0.0);
  EXPECT_GT(struck, 50 * held);
  EXPECT_NEAR(static_cast<double>(pulse.percussion.size()) * pulse.interval, 8, 0.02);
}

TEST(FindPulse, ListensNoLongerThanAsked) {
  const SoundPulse pulse = pulse_of(clicks(120, 0.25, 30, 44100), 44100, 10);
  EXPECT_GE(pulse.seconds, 10);
  EXPECT_LT(pulse.seconds, 12);
}

}  // namespace
}  // namespace ptravel
