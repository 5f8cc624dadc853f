// The sha256 of files and notes on them, remembered between runs because a model takes a second or
// two to hash.
#include <algorithm>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/cache_folder.h"
#include "base/files.h"
#include "base/sha256.h"
#include "checkpoint/file_notes.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;

constexpr std::uint64_t kMaxCacheBytes = std::uint64_t{16} << 20;
constexpr std::size_t kMaxRemembered = 10'000;
constexpr const char* kHash = "sha256";
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kSliceBytes = std::size_t{16} << 20;

std::optional<Path> cache_path() {
  const auto folder = user_cache_folder();
  return folder ? std::optional(*folder / "hashes.json") : std::nullopt;
}

/// What is remembered: {path: {"size", "time", "sha256", and notes by name}}. Empty when they
/// cannot be read.
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

/// The entry of a file that has not changed since; null without one.
json entry_of(const json& cache, const Stamp& stamp) {
  const auto found = cache.find(stamp.path);
  const bool holds = found != cache.end() && found->is_object() &&
                     found->value("size", json()) == stamp.size &&
                     found->value("time", json()) == stamp.time;
  return holds ? *found : json();
}

std::optional<std::string> text_of(const json& entry, const std::string& name) {
  const json text = entry.is_object() ? entry.value(name, json()) : json();
  return text.is_string() ? std::optional(text.get<std::string>()) : std::nullopt;
}

/// The cache is a convenience: whatever goes wrong with it must not stop the work.
json load_what_can_be_read(const std::optional<Path>& place) {
  try {
    return place ? load_cache(*place) : json::object();
  } catch (const std::exception&) {
    return json::object();
  }
}

std::optional<std::string> remembered(const Path& path, const std::string& name) {
  const auto stamp = stamp_of(path);
  return stamp ? text_of(entry_of(load_what_can_be_read(cache_path()), *stamp), name)
               : std::nullopt;
}

void remember(const Path& path, const std::string& name, const std::string& text) {
  const auto place = cache_path();
  const auto stamp = stamp_of(path);
  if (!place || !stamp) {
    return;
  }
  try {
    json cache = load_what_can_be_read(place);
    json entry = entry_of(cache, *stamp);
    if (!entry.is_object()) {
      entry = {{"size", stamp->size}, {"time", stamp->time}};
    }
    entry[name] = text;
    cache[stamp->path] = std::move(entry);
    create_folders(place->parent_path());
    write_file_atomic(*place, cache.dump(1, ' ', false, json::error_handler_t::replace));
  } catch (const std::exception&) {
    // Found out again next time.
  }
}

}  // namespace

std::optional<std::string> remembered_note(const Path& path, const std::string& name) {
  return remembered(path, name);
}

void remember_note(const Path& path, const std::string& name, const std::string& text) {
  remember(path, name, text);
}

std::string file_sha256(const Path& path, const std::function<void()>& check) {
  const auto known = remembered(path, kHash);
  if (known && known->size() == kHashDigits) {
    return *known;
  }
  std::string hash = hash_file(path, check);
  remember(path, kHash, hash);
  return hash;
}

}  // namespace ptravel
