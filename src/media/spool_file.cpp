#include "media/spool_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/file_system.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18;

}  // namespace

SpoolFile::SpoolFile(const std::filesystem::path& name)
    : name_(name), file_(file_system().open(name, O_RDWR | O_CREAT | O_EXCL)) {
  if (file_ < 0) {
    fail();
  }
  file_system().remove(name);
}

SpoolFile::~SpoolFile() { file_system().close(file_); }

void SpoolFile::append(std::span<const std::uint8_t> bytes) {
  waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  if (waiting_.size() >= kBufferBytes) {
    flush();
  }
}

void SpoolFile::flush() {
  for (std::size_t done = 0; done < waiting_.size();) {
    const std::int64_t count =
        file_system().write(file_, waiting_.data() + done, waiting_.size() - done);
    if (count < 0 && errno != EINTR) {
      fail();
    }
    done += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  waiting_.clear();
}

void SpoolFile::rewind() {
  flush();
  if (::lseek(file_, 0, SEEK_SET) != 0) {
    fail();
  }
}

void SpoolFile::read(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::read(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      errno = count == 0 ? EIO : errno;  // what an early end of the file counts as
      fail();
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void SpoolFile::fail() const {
  const int number = errno;
  throw Error(number == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
              "[write video] " + name_.string() + ": " + std::strerror(number));
}

}  // namespace ptravel
