#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ptravel/error.h"

namespace ptravel {

/// The bytes of a pickle, read front to back with every length checked first. `bytes` and `name`
/// must outlive the reader.
class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, const std::string& name)
      : bytes_(bytes), name_(name) {}

  [[noreturn]] void fail(ErrorCode code, const std::string& problem) const;
  /// fail(Corrupt) with the position.
  [[noreturn]] void broken(const std::string& problem) const;

  std::uint64_t position() const { return position_; }
  /// The next `count` bytes. Throws Corrupt when they are not there, Unsupported beyond 64 MiB.
  std::span<const std::byte> take(std::uint64_t count);
  unsigned char byte() { return std::to_integer<unsigned char>(take(1)[0]); }
  /// A little-endian number of up to 8 bytes.
  std::uint64_t number(std::uint64_t byte_count);
  std::string string(std::uint64_t count);
  /// Text up to a line feed, which is taken and left out; at most 512 bytes.
  std::string line();

 private:
  std::span<const std::byte> bytes_;
  const std::string& name_;
  std::uint64_t position_ = 0;
};

/// At most 200 bytes of `text` with everything but printable ASCII replaced by "?".
std::string printable(std::string_view text);

}  // namespace ptravel
