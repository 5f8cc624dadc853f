#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace ptravel {

/// Where a stored (uncompressed) member of a ZIP archive lies: bytes from the start of the file.
struct ZipMember {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Whether the bytes begin like a ZIP archive with at least one member.
bool looks_like_zip(std::span<const std::byte> file);

/// Reads the central directory of a ZIP archive (also ZIP64) and checks that every member is
/// stored, not encrypted, lies inside the file before the directory and overlaps no other. Folders
/// and compressed members below a "code" folder (TorchScript's sources) are left out. Content is
/// not read and no checksum is computed. Throws Corrupt, or Unsupported for other compressed
/// members and for encrypted ones. Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
std::map<std::string, ZipMember, std::less<>> read_zip_directory(std::span<const std::byte> file,
                                                                 const std::string& file_name);

}  // namespace ptravel
