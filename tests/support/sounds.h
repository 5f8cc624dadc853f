#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace ptravel::sounds {

inline constexpr double kPi = 3.14159265358979323846;

/// Samples of one channel, from -1 to 1.
using Samples = std::vector<float>;

inline Samples silence(double seconds, int rate) {
  return Samples(static_cast<std::size_t>(std::llround(seconds * rate)), 0.0F);
}

inline Samples tone(double hertz, double seconds, int rate, double size = 0.5) {
  Samples samples = silence(seconds, rate);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] =
        static_cast<float>(size * std::sin(2 * kPi * hertz * static_cast<double>(i) / rate));
  }
  return samples;
}

/// Adds a short click of 1000 Hz.
inline void add_click(Samples& samples, double time, int rate) {
  constexpr double kLasts = 0.03;
  const auto begin = static_cast<std::size_t>(std::llround(time * rate));
  const auto end = std::min(samples.size(), begin + static_cast<std::size_t>(kLasts * rate));
  for (std::size_t i = begin; i < end; ++i) {
    const double t = static_cast<double>(i - begin) / rate;
    samples[i] += static_cast<float>(0.8 * std::sin(2 * kPi * 1000 * t) * std::exp(-t / 0.005));
  }
}

/// A metronome whose first click is at `first` seconds.
inline Samples clicks(double per_minute, double first, double seconds, int rate) {
  Samples samples = silence(seconds, rate);
  for (double time = first; time < seconds; time += 60 / per_minute) {
    add_click(samples, time, rate);
  }
  return samples;
}

/// The same noise every time.
inline Samples noise(double seconds, int rate) {
  Samples samples = silence(seconds, rate);
  std::uint32_t state = 1;
  for (float& sample : samples) {
    state = state * 1664525U + 1013904223U;
    sample = 0.3F * (static_cast<float>(state >> 8U) / static_cast<float>(1U << 23U) - 1);
  }
  return samples;
}

inline void append(Samples& samples, const Samples& more) {
  samples.insert(samples.end(), more.begin(), more.end());
}

/// Writes channels of equal length as a WAV file of 16 bits.
inline void write_wav(const std::filesystem::path& path,
                      const std::vector<Samples>& channels,
                      int rate) {
  std::string bytes;
  const auto put = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) {
      bytes += static_cast<char>(value >> (8 * i) & 0xffU);
    }
  };
  const auto count = static_cast<std::uint32_t>(channels.size());
  const auto data = static_cast<std::uint32_t>(channels.front().size() * channels.size() * 2);
  bytes += "RIFF";
  put(36 + data, 4);
  bytes += "WAVEfmt ";
  put(16, 4);
  put(1, 2);
  put(count, 2);
  put(static_cast<std::uint32_t>(rate), 4);
  put(static_cast<std::uint32_t>(rate) * count * 2, 4);
  put(count * 2, 2);
  put(16, 2);
  bytes += "data";
  put(data, 4);
  for (std::size_t i = 0; i < channels.front().size(); ++i) {
    for (const Samples& channel : channels) {
      const float limited = std::clamp(channel[i], -1.0F, 1.0F);
      put(static_cast<std::uint32_t>(std::lround(limited * 32767)), 2);
    }
  }
  std::ofstream(path, std::ios::binary) << bytes;
}

/// How strong a frequency is in the samples from `from` to `to` seconds: the size of its sine.
inline double strength(const Samples& samples, double hertz, int rate, double from, double to) {
  double real = 0;
  double imaginary = 0;
  const auto begin = static_cast<std::size_t>(from * rate);
  const auto end = std::min(samples.size(), static_cast<std::size_t>(to * rate));
  for (std::size_t i = begin; i < end; ++i) {
    const double phase = 2 * kPi * hertz * static_cast<double>(i) / rate;
    real += samples[i] * std::cos(phase);
    imaginary += samples[i] * std::sin(phase);
  }
  return end > begin ? 2 * std::hypot(real, imaginary) / static_cast<double>(end - begin) : 0;
}

}  // namespace ptravel::sounds
