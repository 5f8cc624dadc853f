// Zip archives: PKWARE's APPNOTE 6.3, entries stored, zip64 where numbers do not fit.

#include "server/zip_stream.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/files.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::uint64_t kMost16 = 0xFFFF;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kCentralBytes = 46;
constexpr std::uint64_t kZip64ExtraBytes = 12;  // tag, size, offset
constexpr std::uint64_t kZip64EndBytes = 56 + 20;
constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kMostFileBytes = 1 << 30;  // of one entry: pictures are read whole

void put(std::string& text, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

/// What local and central headers have in common, from "version needed" to the name's length.
void put_common(std::string& text, const ZipEntry& entry, std::uint32_t crc, bool zip64) {
  put(text, zip64 ? 45 : 20, 2);
  put(text, 1 << 11, 2);     // names are UTF-8
  put(text, 0, 2);           // stored
  put(text, 0, 2);           // 0:00
  put(text, 1 << 5 | 1, 2);  // 1980-01-01: archives do not depend on the day
  put(text, crc, 4);
  put(text, entry.size, 4);
  put(text, entry.size, 4);
  put(text, entry.name.size(), 2);
}

bool needs_zip64(std::uint64_t offset) { return offset >= kMost32; }

std::uint64_t central_bytes(const ZipEntry& entry, std::uint64_t offset) {
  return kCentralBytes + entry.name.size() + (needs_zip64(offset) ? kZip64ExtraBytes : 0);
}

/// One archive on its way out.
class ZipWriter {
 public:
  explicit ZipWriter(std::vector<ZipEntry> entries) : entries_(std::move(entries)) {}

  std::string next() {
    if (at_ < entries_.size()) {
      return file_piece(entries_[at_++]);
    }
    if (at_ == entries_.size()) {
      ++at_;
      return ending();
    }
    return {};
  }

 private:
  std::string file_piece(const ZipEntry& entry) {
    const std::string content = read_file(entry.path, kMostFileBytes);
    if (content.size() != entry.size) {
      throw Error(ErrorCode::Io, "[zip] " + entry.name + " has changed meanwhile");
    }
    const std::uint32_t crc = crc32_of(content);
    std::string piece = "PK\x03\x04";
    put_common(piece, entry, crc, false);
    put(piece, 0, 2);
    piece += entry.name;
    add_central(entry, crc);
    piece += content;
    offset_ += piece.size();
    return piece;
  }

  void add_central(const ZipEntry& entry, std::uint32_t crc) {
    const bool zip64 = needs_zip64(offset_);
    central_ += "PK\x01\x02";
    put(central_, 3 << 8 | 45, 2);  // made on Unix: the mode below counts
    put_common(central_, entry, crc, zip64);
    put(central_, zip64 ? kZip64ExtraBytes : 0, 2);
    put(central_, 0, 2);  // comment
    put(central_, 0, 2);  // disk
    put(central_, 0, 2);
    put(central_, std::uint64_t{0100644} << 16, 4);
    put(central_, zip64 ? kMost32 : offset_, 4);
    central_ += entry.name;
    if (zip64) {
      put(central_, 1, 2);
      put(central_, 8, 2);
      put(central_, offset_, 8);
    }
  }

  std::string ending() const {
    std::string text = central_;
    const std::uint64_t count = entries_.size();
    if (count >= kMost16 || needs_zip64(offset_)) {
      text += "PK\x06\x06";
      put(text, 44, 8);
      put(text, 45, 2);
      put(text, 45, 2);
      put(text, 0, 4);
      put(text, 0, 4);
      put(text, count, 8);
      put(text, count, 8);
      put(text, central_.size(), 8);
      put(text, offset_, 8);
      text += "PK\x06\x07";
      put(text, 0, 4);
      put(text, offset_ + central_.size(), 8);
      put(text, 1, 4);
    }
    text += "PK\x05\x06";
    put(text, 0, 4);
    put(text, std::min(count, kMost16), 2);
    put(text, std::min(count, kMost16), 2);
    put(text, central_.size(), 4);
    put(text, std::min(offset_, kMost32), 4);
    put(text, 0, 2);
    return text;
  }

  std::vector<ZipEntry> entries_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
  std::string central_;
};

}  // namespace

std::uint32_t crc32_of(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> rows{};
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = value >> 1 ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
      }
      rows[i] = value;
    }
    return rows;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  }
  return crc ^ 0xFFFFFFFF;
}

std::uint64_t zip_length(const std::vector<ZipEntry>& entries) {
  std::uint64_t offset = 0;
  std::uint64_t central = 0;
  for (const ZipEntry& entry : entries) {
    central += central_bytes(entry, offset);
    offset += kLocalBytes + entry.name.size() + entry.size;
  }
  const bool zip64 = entries.size() >= kMost16 || needs_zip64(offset);
  return offset + central + (zip64 ? kZip64EndBytes : 0) + kEndBytes;
}

std::function<std::string()> zip_pieces(std::vector<ZipEntry> entries) {
  const auto writer = std::make_shared<ZipWriter>(std::move(entries));
  return [writer] { return writer->next(); };
}

}  // namespace ptravel
