#include "jobs/received_files.h"

#include <system_error>

#include "base/files.h"
#include "base/lock_file.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "travel/walk_log.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kWalkLogLimit = std::uint64_t{256} << 20;

}  // namespace

ReceivedFiles::ReceivedFiles(const RunFolder& folder, const Manifest& manifest)
    : folder_(folder), manifest_(manifest), frames_(folder, manifest) {}

std::optional<std::string> ReceivedFiles::take_frame(std::int64_t index, const std::string& bytes) {
  std::optional<std::string> damage = frames_.damage(index, bytes);
  if (!damage) {
    write_file_atomic(folder_.frame_path(index), bytes);
  }
  return damage;
}

std::optional<std::string> ReceivedFiles::take_picture(const std::string& name,
                                                       const std::string& bytes) {
  const fs::path path = folder_.path() / name;
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    return std::nullopt;
  }
  const auto pixels = static_cast<std::uint64_t>(manifest_.request.width) *
                      static_cast<std::uint64_t>(manifest_.request.height);
  try {
    if (const LoadedImage loaded = decode_image(bytes, name, pixels); !loaded.note.empty()) {
      return loaded.note;
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::OutOfMemory) {
      throw;
    }
    return error.what();
  }
  write_file_atomic(path, bytes);
  return std::nullopt;
}

std::optional<std::string> ReceivedFiles::take_walk_log(const std::string& bytes) {
  WalkLog theirs;
  try {
    theirs.restore(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  const LockFile lock = LockFile::take(folder_.log_lock());
  WalkLog mine;
  std::error_code ignored;
  if (fs::exists(folder_.walk_log_path(), ignored)) {
    try {
      mine.restore(read_file(folder_.walk_log_path(), kWalkLogLimit));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Corrupt) {
        throw;
      }
      mine = {};
    }
  }
  const auto stages = static_cast<std::int64_t>(manifest_.stage_frames.size());
  theirs.keep_gaps([&](std::int64_t gap) { return gap >= 0 && gap <= stages; });
  mine.take(theirs, [&](std::int64_t gap) { return theirs.last_step(gap) > mine.last_step(gap); });
  write_file_atomic(folder_.walk_log_path(), mine.to_json());
  return std::nullopt;
}

}  // namespace ptravel
