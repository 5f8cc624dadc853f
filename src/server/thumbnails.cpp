#include "server/thumbnails.h"

#include <algorithm>
#include <system_error>

#include "base/files.h"
#include "media/resize.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kQuality = 85;

std::string make_jpeg(const fs::path& picture, int width, std::uint64_t most_pixels) {
  Image image = decode_image(read_file(picture), picture.string(), most_pixels).image;
  if (image.width > width) {
    const auto height = static_cast<int>(std::int64_t{image.height} * width / image.width);
    image = resize(image, width, std::max(1, height), ResizeFilter::Bilinear);
  }
  return encode_jpeg(image, kQuality);
}

}  // namespace

std::optional<std::string> Thumbnails::known(const Key& key,
                                             std::uint64_t size,
                                             std::int64_t time) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second->size != size || found->second->time != time) {
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->bytes;
}

std::string Thumbnails::jpeg(const fs::path& picture, int width, std::uint64_t most_pixels) {
  const Key key{picture.string(), width};
  std::error_code error;
  const std::uint64_t size = fs::file_size(picture, error);
  const std::int64_t time =
      error ? 0 : fs::last_write_time(picture, error).time_since_epoch().count();
  if (auto made = known(key, size, time)) {
    return *std::move(made);
  }
  const std::lock_guard<std::mutex> one_at_a_time(making_);
  if (auto made = known(key, size, time)) {
    return *std::move(made);
  }
  std::string bytes = make_jpeg(picture, width, most_pixels);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    bytes_ -= found->second->bytes.size();
    entries_.erase(found->second);
    by_key_.erase(found);
  }
  entries_.push_front({key, size, time, bytes});
  by_key_[key] = entries_.begin();
  bytes_ += bytes.size();
  while (bytes_ > bound_ && entries_.size() > 1) {
    bytes_ -= entries_.back().bytes.size();
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  return bytes;
}

}  // namespace ptravel
