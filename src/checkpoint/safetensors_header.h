#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/number_format.h"

namespace ptravel {

/// One tensor of a safetensors header. Offsets count bytes from the start of the data section.
struct SafetensorsEntry {
  NumberFormat format{};
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// A checked header: every entry lies inside the file and has exactly the bytes its shape needs.
struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry, std::less<>> entries;
  std::map<std::string, std::string, std::less<>> metadata;
  std::uint64_t data_offset = 0;  ///< Where the data section starts in the file.
};

/// Parses and checks a whole file's bytes (header only; data is not read). Needs no tensors, so it
/// can be fuzzed alone. Throws Error(Corrupt) or Unsupported with the name of the bad tensor.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           const std::string& file_name);

}  // namespace ptravel
