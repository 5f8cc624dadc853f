// The sha256 of files, remembered between runs because a model takes a second or two to hash.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/sha256.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;

constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{16} << 20;
constexpr std::size_t kMaxRemembered = 10'000;
constexpr std::size_t kSliceBytes = std::size_t{16} << 20;

std::optional<Path> cache_path() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder == '/') {
    return Path(folder) / "prompt-travel" / "hashes.json";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return Path(home) / ".cache" / "prompt-travel" / "hashes.json";
  }
  return std::nullopt;
}

/// The remembered hashes: {path: {"size", "time", "sha256"}}. Empty when they cannot be read.
json load_cache(const Path& path) {
  std::error_code missing;
  if (!std::filesystem::is_regular_file(path, missing) ||
      std::filesystem::file_size(path, missing) > kMaxCacheBytes) {
    return json::object();
  }
  json content = json::parse(read_file(path), nullptr, false);
  return content.is_object() && content.size() < kMaxRemembered ? content : json::object();
}

std::string hash_file(const Path& path, const std::function<void()>& check) {
  const MappedFile file = MappedFile::open(path);
  Sha256 hash;
  std::vector<std::byte> slice(kSliceBytes);
  for (std::size_t offset = 0; offset < file.bytes().size(); offset += kSliceBytes) {
    const std::size_t length = std::min(kSliceBytes, file.bytes().size() - offset);
    file.read(offset, length, slice.data());
    hash.update({slice.data(), length});
    if (check) {
      check();
    }
  }
  return hash.finish();
}

/// What must be unchanged for a remembered hash to hold.
struct Stamp {
  std::string path;
  std::uint64_t size = 0;
  std::int64_t time = 0;
};

std::optional<Stamp> stamp_of(const Path& path) {
  std::error_code error;
  const Path absolute = std::filesystem::absolute(path, error).lexically_normal();
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    return std::nullopt;
  }
  const auto time = std::filesystem::last_write_time(path, error).time_since_epoch().count();
  if (error) {
    return std::nullopt;
  }
  return Stamp{absolute.string(), size, static_cast<std::int64_t>(time)};
}

std::optional<std::string> remembered(const json& cache, const Stamp& stamp) {
  const auto found = cache.find(stamp.path);
  if (found == cache.end() || !found->is_object() || found->value("size", json()) != stamp.size ||
      found->value("time", json()) != stamp.time) {
    return std::nullopt;
  }
  const json hash = found->value("sha256", json());
  if (!hash.is_string() || hash.get_ref<const std::string&>().size() != 64) {
    return std::nullopt;
  }
  return hash.get<std::string>();
}

}  // namespace

std::string file_sha256(const Path& path, const std::function<void()>& check) {
  const auto place = cache_path();
  const auto stamp = stamp_of(path);
  if (!place || !stamp) {
    return hash_file(path, check);
  }
  // The cache is a convenience: whatever goes wrong with it must not stop the work.
  json cache = json::object();
  try {
    cache = load_cache(*place);
    if (const auto hash = remembered(cache, *stamp)) {
      return *hash;
    }
  } catch (const std::exception&) {
    cache = json::object();
  }
  std::string hash = hash_file(path, check);
  try {
    cache[stamp->path] = {{"size", stamp->size}, {"time", stamp->time}, {"sha256", hash}};
    create_folders(place->parent_path());
    write_file_atomic(*place, cache.dump(1, ' ', false, json::error_handler_t::replace));
  } catch (const std::exception&) {
    // Hashed again next time.
  }
  return hash;
}

}  // namespace ptravel
