#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "media/image_file.h"

namespace ptravel {

/// Small JPEGs of picture files, kept in memory up to a bound. A file that has changed (size or
/// time) gets a new one. Thread-safe; one is made at a time, since a large
/// picture takes much memory while it is.
class Thumbnails {
 public:
  explicit Thumbnails(std::uint64_t bound = 32 << 20) : bound_(bound) {}

  /// The picture at most `width` pixels wide, never enlarged. Pictures of more than `most_pixels`
  /// are Unsupported. Throws as read_image.
  std::string jpeg(const std::filesystem::path& picture,
                   int width,
                   std::uint64_t most_pixels = kMostImagePixels);

 private:
  struct Key {
    std::string path;
    int width = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Key key;
    std::uint64_t size = 0;
    std::int64_t time = 0;
    std::string bytes;
  };

  std::optional<std::string> known(const Key& key, std::uint64_t size, std::int64_t time);

  std::uint64_t bound_;
  std::mutex making_;         // who makes one
  std::mutex mutex_;          // guards everything below
  std::list<Entry> entries_;  // the one that was used last first
  std::map<Key, std::list<Entry>::iterator> by_key_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ptravel
