#include "checkpoint/pickle_reader.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;
constexpr std::size_t kMaxLine = 512;
constexpr std::size_t kMaxPrinted = 200;

}  // namespace

void PickleReader::fail(ErrorCode code, const std::string& problem) const {
  throw Error(code, "[pickle] " + name_ + ": " + problem);
}

void PickleReader::broken(const std::string& problem) const {
  fail(ErrorCode::Corrupt, problem + " (at byte " + std::to_string(position_) + ")");
}

std::span<const std::byte> PickleReader::take(std::uint64_t count) {
  if (count > bytes_.size() - position_) {
    broken("the pickle ends too early");
  }
  if (position_ + count > kMaxBytes) {
    fail(ErrorCode::Unsupported, "is longer than " + std::to_string(kMaxBytes) + " bytes");
  }
  const auto taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

std::uint64_t PickleReader::number(std::uint64_t byte_count) {
  const auto taken = take(byte_count);
  std::uint64_t value = 0;
  for (std::size_t i = taken.size(); i-- > 0;) {
    value = value << 8 | std::to_integer<std::uint64_t>(taken[i]);
  }
  return value;
}

std::string PickleReader::string(std::uint64_t count) {
  const auto taken = take(count);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

std::string PickleReader::line() {
  std::string text;
  for (char next = 0; (next = static_cast<char>(byte())) != '\n';) {
    text += next;
    if (text.size() > kMaxLine) {
      broken("a name is too long");
    }
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string result(text.substr(0, kMaxPrinted));
  for (char& character : result) {
    if (character < ' ' || character > '~') {
      character = '?';
    }
  }
  return result;
}

}  // namespace ptravel
