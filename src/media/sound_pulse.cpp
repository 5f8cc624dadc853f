#include "media/sound_pulse.h"

extern "C" {
#include <aubio/aubio.h>
}

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "media/sound_reader.h"

namespace ptravel {
namespace {

constexpr int kRate = 44100;
constexpr uint_t kWindow = 1024;
constexpr uint_t kHop = 512;
constexpr std::size_t kBegins = kWindow / kHop;
constexpr double kInterval = static_cast<double>(kHop) / kRate;
/// Beats are believed where at least this much more is struck than elsewhere: noise and held notes
/// have 1 or less, faint drums below chords 2, clear ones 4 and more.
constexpr double kLeastContrast = 1.4;
/// aubio tells no beat where it hears nothing at all, as between the clicks of a metronome.
constexpr float kInaudible = 1e-6F;
constexpr float kNeverSilent = -200;  // dB

constexpr std::size_t kNoBeat = std::size_t{1} << 62U;

struct AubioDeleter {
  void operator()(fvec_t* values) const { del_fvec(values); }
  void operator()(cvec_t* values) const { del_cvec(values); }
  void operator()(aubio_tempo_t* tempo) const { del_aubio_tempo(tempo); }
  void operator()(aubio_pvoc_t* vocoder) const { del_aubio_pvoc(vocoder); }
  void operator()(aubio_specdesc_t* descriptor) const { del_aubio_specdesc(descriptor); }
};
template <typename T>
using AubioPointer = std::unique_ptr<T, AubioDeleter>;

/// One block of samples after the other.
class Listener {
 public:
  Listener() { aubio_tempo_set_silence(tempo_.get(), kNeverSilent); }

  void hear(const float* samples, std::size_t count) {
    for (uint_t i = 0; i < kHop; ++i) {
      block_->data[i] = (i < count ? samples[i] : 0.0F) + (i % 2 == 0 ? kInaudible : -kInaudible);
    }
    aubio_tempo_do(tempo_.get(), block_.get(), beat_.get());
    if (beat_->data[0] != 0) {
      const double time = aubio_tempo_get_last_s(tempo_.get());
      const bool sure = aubio_tempo_get_confidence(tempo_.get()) > 0;
      beats_.push_back(time);
      first_sure_ = sure ? std::min(first_sure_, beats_.size() - 1) : first_sure_;
    }
    aubio_pvoc_do(vocoder_.get(), block_.get(), spectrum_.get());
    aubio_specdesc_do(flux_.get(), spectrum_.get(), value_.get());
    // That a sound begins is no stroke.
    percussion_.push_back(percussion_.size() < kBegins ? 0 : value_->data[0]);
  }

  /// The beats from where the tempo is sure; all where that is too late to say how fast they are.
  std::vector<double> beats() const {
    constexpr std::size_t kFew = 5;
    const std::size_t first = first_sure_ + kFew <= beats_.size() ? first_sure_ : 0;
    return {beats_.begin() + static_cast<std::ptrdiff_t>(first), beats_.end()};
  }
  const std::vector<double>& percussion() const { return percussion_; }

 private:
  AubioPointer<fvec_t> block_{check_allocated(new_fvec(kHop))};
  AubioPointer<fvec_t> beat_{check_allocated(new_fvec(2))};
  AubioPointer<fvec_t> value_{check_allocated(new_fvec(1))};
  AubioPointer<cvec_t> spectrum_{check_allocated(new_cvec(kWindow))};
  AubioPointer<aubio_tempo_t> tempo_{
      check_allocated(new_aubio_tempo("default", kWindow, kHop, kRate))};
  AubioPointer<aubio_pvoc_t> vocoder_{check_allocated(new_aubio_pvoc(kWindow, kHop))};
  AubioPointer<aubio_specdesc_t> flux_{check_allocated(new_aubio_specdesc("specflux", kWindow))};
  std::vector<double> beats_;
  std::size_t first_sure_ = kNoBeat;
  std::vector<double> percussion_;
};

/// The middle one of the distances of the first `count` beats.
double median_distance(const std::vector<double>& beats, std::size_t count) {
  std::vector<double> distances;
  for (std::size_t i = 1; i < std::min(beats.size(), count); ++i) {
    distances.push_back(beats[i] - beats[i - 1]);
  }
  std::sort(distances.begin(), distances.end());
  return distances.empty() ? 0 : distances[distances.size() / 2];
}

/// Moves a beat to the strongest stroke around it, where there is one: aubio tells beats up to 40
/// ms early or late.
double at_stroke(double beat, const std::vector<double>& percussion, double mean) {
  constexpr std::int64_t kAround = 4;
  constexpr double kStroke = 3;     // times the mean
  constexpr double kCentre = -0.5;  // of the window in which a stroke shows most
  const auto moment = static_cast<std::int64_t>(std::lround(beat / kInterval - kCentre));
  const auto last = static_cast<std::int64_t>(percussion.size()) - 1;
  double strongest = kStroke * mean;
  double time = beat;
  for (std::int64_t i = std::max<std::int64_t>(moment - kAround, 0);
       i <= std::min(moment + kAround, last); ++i) {
    if (percussion[static_cast<std::size_t>(i)] > strongest) {
      strongest = percussion[static_cast<std::size_t>(i)];
      time = std::max((static_cast<double>(i) + kCentre) * kInterval, 0.0);
    }
  }
  return time;
}

/// Moves beats to strokes; counts back to the beginning, and on to the end where the last ones are
/// not told yet.
std::vector<double> completed(const std::vector<double>& told,
                              const std::vector<double>& percussion,
                              double mean,
                              double seconds) {
  constexpr std::size_t kFirst = 9;
  constexpr double kQuickest = 0.15;  // seconds: beyond what at_stroke moves
  std::vector<double> beats;
  for (const double beat : told) {
    const double time = at_stroke(beat, percussion, mean);
    if (beats.empty() || time > beats.back()) {
      beats.push_back(time);
    }
  }
  const double distance = median_distance(beats, kFirst);
  if (distance < kQuickest) {
    return beats;
  }
  std::vector<double> before;
  for (double time = beats.front() - distance; time > -kInterval; time -= distance) {
    time = at_stroke(time, percussion, mean);
    before.push_back(std::max(time, 0.0));
  }
  beats.insert(beats.begin(), before.rbegin(), before.rend());
  const double last_distance = median_distance(
      {beats.end() - static_cast<std::ptrdiff_t>(std::min(kFirst, beats.size())), beats.end()},
      kFirst);
  for (double time = beats.back() + last_distance; last_distance >= kQuickest && time < seconds;
       time += last_distance) {
    time = at_stroke(time, percussion, mean);
    beats.push_back(time);
  }
  return beats;
}

/// How much more is struck at the beats than on average.
double contrast(const std::vector<double>& beats,
                const std::vector<double>& percussion,
                double mean) {
  double at_beats = 0;
  std::size_t moments = 0;
  for (const double beat : beats) {
    const auto moment = static_cast<std::int64_t>(std::lround(beat / kInterval));
    for (std::int64_t i = moment - 1; i <= moment + 2; ++i) {
      if (i >= 0 && i < static_cast<std::int64_t>(percussion.size())) {
        at_beats += percussion[static_cast<std::size_t>(i)];
        ++moments;
      }
    }
  }
  return mean > 0 && moments > 0 ? at_beats / static_cast<double>(moments) / mean : 0;
}

}  // namespace

SoundPulse find_pulse(const std::filesystem::path& path, double most_seconds) {
  SoundReader reader(path, kRate, 1);
  Listener listener;
  std::vector<float> samples;
  double heard = 0;
  bool more = true;
  while (more && heard < most_seconds * kRate) {
    more = reader.read(samples);
    std::size_t used = 0;
    while (samples.size() - used >= kHop || (!more && used < samples.size())) {
      const std::size_t count = std::min<std::size_t>(kHop, samples.size() - used);
      listener.hear(samples.data() + used, count);
      used += count;
      heard += static_cast<double>(count);
    }
    samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(used));
  }
  SoundPulse pulse;
  pulse.seconds = heard / kRate;
  pulse.interval = kInterval;
  pulse.percussion = listener.percussion();
  pulse.beats = listener.beats();
  const double mean = std::accumulate(pulse.percussion.begin(), pulse.percussion.end(), 0.0) /
                      static_cast<double>(std::max<std::size_t>(pulse.percussion.size(), 1));
  if (contrast(pulse.beats, pulse.percussion, mean) < kLeastContrast) {
    pulse.beats.clear();
    return pulse;
  }
  pulse.beats = completed(pulse.beats, pulse.percussion, mean, pulse.seconds);
  const double distance = median_distance(pulse.beats, pulse.beats.size());
  pulse.beats_per_minute = distance > 0 ? 60 / distance : 0;
  return pulse;
}

}  // namespace ptravel
