// Feeds bytes to the safetensors header parser. What it accepts must describe the bytes exactly.
#include "checkpoint/safetensors_header.h"
#include "tests/fuzz/harness.h"
#include "tests/support/tiny_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  fuzz::parse([&] {
    const auto header = parse_safetensors_header(std::as_bytes(std::span(data, size)), "fuzz");
    std::uint64_t covered = 0;
    for (const auto& [name, entry] : header.entries) {
      std::uint64_t bytes = bytes_per_number(entry.format);
      for (const std::int64_t side : entry.shape) {
        bytes *= static_cast<std::uint64_t>(side);
      }
      fuzz::require(entry.begin <= entry.end && entry.end - entry.begin == bytes,
                    "a tensor's size");
      fuzz::require(entry.end <= size - header.data_offset, "a tensor's place");
      covered += entry.end - entry.begin;
    }
    fuzz::require(header.data_offset + covered == size, "tensors cover the data");
  });
  return 0;
}

/// Mutates header and data apart and puts the true length before them: a false one ends the parser
/// at once. One input in eight is left to libFuzzer alone.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  using namespace ptravel;
  if (seed % 8 == 0 || size < 8 || max_size < 32) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  const std::string_view all = fuzz::text_of(data, size);
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) {
    length = length << 8 | data[i];
  }
  length = std::min<std::uint64_t>(length, size - 8);
  std::string header(all.substr(8, length));
  std::string content(all.substr(8 + length));
  if (seed % 8 < 6) {
    header = fuzz::mutated(std::move(header), max_size - 16);
  } else {
    content = fuzz::mutated(std::move(content), 64);
  }
  return fuzz::hand_over(safetensors_bytes(header, content), data, size, max_size);
}
