#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ptravel {

/// A file that goes into an archive.
struct ZipEntry {
  std::filesystem::path path;
  std::string name;  ///< In the archive; ASCII or UTF-8, "/" between folders.
  std::uint64_t size = 0;
};

/// The length of the archive that zip_pieces makes, in bytes.
std::uint64_t zip_length(const std::vector<ZipEntry>& entries);

/// A zip archive that is made while it is sent: entries stored as they are, one file in memory at a
/// time, equal bytes for equal files. Zip64 records only where they are needed. Gives piece after
/// piece, an empty one at the end; throws Io when a file is gone or has another size by then.
std::function<std::string()> zip_pieces(std::vector<ZipEntry> entries);

/// CRC-32 as zip and PNG have it (polynomial 0xEDB88320).
std::uint32_t crc32_of(std::string_view bytes);

}  // namespace ptravel
