#include "media/soundtrack.h"

#include <algorithm>
#include <utility>

#include "ptravel/error.h"

namespace ptravel {
namespace {

/// A file of this many seconds is kept, so that one sample is not read from the disk again and
/// again.
constexpr std::size_t kShortSeconds = 30;

}  // namespace

Soundtrack::Soundtrack(std::filesystem::path path, int sample_rate, int channels)
    : path_(std::move(path)), sample_rate_(sample_rate), channels_(channels) {
  reader_.emplace(path_, sample_rate, channels);
}

/// Fills ready_, from the beginning where the end was reached.
void Soundtrack::read_more() {
  ready_.clear();
  used_ = 0;
  if (!reader_) {
    ready_ = short_file_;
    return;
  }
  if (!reader_->read(ready_)) {
    if (is_short_ && !short_file_.empty()) {
      reader_.reset();
      ready_ = short_file_;
      return;
    }
    reader_.emplace(path_, sample_rate_, static_cast<int>(channels_));
    if (!reader_->read(ready_)) {
      throw Error(ErrorCode::Corrupt, "[read sound] " + path_.string() + ": holds no sound");
    }
    return;
  }
  if (is_short_) {
    short_file_.insert(short_file_.end(), ready_.begin(), ready_.end());
    is_short_ =
        short_file_.size() <= kShortSeconds * static_cast<std::size_t>(sample_rate_) * channels_;
    if (!is_short_) {
      short_file_ = {};
    }
  }
}

void Soundtrack::take(std::size_t count, std::vector<float>& samples) {
  std::size_t missing = count * channels_;
  while (missing > 0) {
    if (used_ == ready_.size()) {
      read_more();
    }
    const std::size_t part = std::min(missing, ready_.size() - used_);
    const auto begin = ready_.begin() + static_cast<std::ptrdiff_t>(used_);
    samples.insert(samples.end(), begin, begin + static_cast<std::ptrdiff_t>(part));
    used_ += part;
    missing -= part;
  }
}

SoundCheck check_sound(const std::filesystem::path& path, double seconds) {
  SoundReader reader(path, 0, 1);
  SoundCheck check;
  std::vector<float> samples;
  while (check.seconds <= seconds && reader.read(samples)) {
    check.seconds += static_cast<double>(samples.size()) / reader.sample_rate();
    samples.clear();
  }
  check.broken = reader.broken();
  return check;
}

}  // namespace ptravel
