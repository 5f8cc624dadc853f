#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/sound_reader.h"

namespace ptravel {

/// The sound of a file without an end: behind its last sample comes the first one again. One thread
/// at a time.
class Soundtrack {
 public:
  /// As SoundReader.
  Soundtrack(std::filesystem::path path, int sample_rate, int channels);

  /// Appends so many samples for each channel, interleaved. Throws as SoundReader::read.
  void take(std::size_t count, std::vector<float>& samples);

 private:
  void read_more();

  std::filesystem::path path_;
  int sample_rate_;
  std::size_t channels_;
  std::optional<SoundReader> reader_;  // none once a short file is known by heart
  std::vector<float> short_file_;      // what was read from the beginning, while that is short
  bool is_short_ = true;
  std::vector<float> ready_;
  std::size_t used_ = 0;  // of ready_
};

/// What is known of a file before it becomes the sound of a film.
struct SoundCheck {
  double seconds = 0;       ///< Its length, or more than was asked for.
  std::int64_t broken = 0;  ///< Parts that cannot be decoded.
};

/// Decodes a sound file up to `seconds`. Throws as SoundReader.
SoundCheck check_sound(const std::filesystem::path& path, double seconds);

}  // namespace ptravel
