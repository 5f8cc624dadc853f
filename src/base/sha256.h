#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ptravel {

/// SHA-256 (FIPS 180-4) of a stream of bytes. Uses the processor's SHA instructions where it has
/// them.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  /// The digest as 64 lower-case hex digits. The object must not be used afterwards.
  std::string finish();

 private:
  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> pending_{};
  std::size_t pending_size_ = 0;
  std::uint64_t total_ = 0;
};

/// The sha256 of bytes, as finish() has it.
std::string sha256_of(std::string_view bytes);
/// Whether a text is one: 64 hex digits in lower case.
bool is_sha256(std::string_view text);

}  // namespace ptravel
