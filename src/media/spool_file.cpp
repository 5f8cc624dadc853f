#include "media/spool_file.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "ptravel/error.h"

namespace ptravel {

SpoolFile::SpoolFile(const std::filesystem::path& name)
    : name_(name), file_(std::fopen(name.c_str(), "w+b")) {
  if (file_ == nullptr) {
    fail();
  }
  std::error_code ignored;
  std::filesystem::remove(name, ignored);
}

void SpoolFile::append(std::span<const std::uint8_t> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    fail();
  }
}

void SpoolFile::rewind() {
  if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0) {
    fail();
  }
}

void SpoolFile::read(std::span<std::uint8_t> bytes) {
  errno = EIO;  // what an early end of the file counts as
  if (std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    fail();
  }
}

void SpoolFile::fail() const {
  const int number = errno;
  throw Error(number == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
              "[write video] " + name_.string() + ": " + std::strerror(number));
}

}  // namespace ptravel
