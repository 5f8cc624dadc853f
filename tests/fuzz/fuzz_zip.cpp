// Feeds bytes to the reader of ZIP directories. Members must lie inside the bytes and apart.
#include <map>
#include <vector>

#include "checkpoint/zip_archive.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  fuzz::parse([&] {
    std::map<std::uint64_t, std::uint64_t> ends;
    for (const auto& [name, member] :
         read_zip_directory(std::as_bytes(std::span(data, size)), "fuzz")) {
      fuzz::require(member.offset <= size && member.size <= size - member.offset,
                    "a member's place");
      ends.emplace(member.offset, member.offset + member.size);
    }
    std::uint64_t last = 0;
    for (const auto& [begin, end] : ends) {
      fuzz::require(begin >= last, "members lie apart");
      last = end;
    }
  });
  return 0;
}

namespace {

void put(std::string& bytes, std::size_t at, std::uint64_t value, int count) {
  for (int i = 0; i < count && at + static_cast<std::size_t>(i) < bytes.size(); ++i) {
    bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i) & 0xff);
  }
}

}  // namespace

/// Mutates freely, then repairs what would end the reader at once: the end record with the place,
/// size and number of the directory's records, and each record's place of its member.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  using namespace ptravel;
  std::string bytes = fuzz::mutated(std::string(fuzz::text_of(data, size)), max_size);
  const std::string_view end_mark("PK\x05\x06", 4);
  const std::string_view record_mark("PK\x01\x02", 4);
  const std::string_view member_mark("PK\x03\x04", 4);
  const std::size_t end = bytes.rfind(end_mark);
  const std::size_t first = bytes.find(record_mark);
  if (seed % 4 == 0 || end == bytes.npos || bytes.size() - end < 22 || first == bytes.npos ||
      first > end) {
    return fuzz::hand_over(bytes, data, size, max_size);
  }
  std::size_t member = bytes.find(member_mark);
  std::uint64_t count = 0;
  for (std::size_t at = first; at != bytes.npos && at < end; at = bytes.find(record_mark, at + 4)) {
    ++count;
    if (seed % 4 == 2 && member != bytes.npos && member < first) {
      put(bytes, at + 42, member, 4);
      member = bytes.find(member_mark, member + 4);
    }
  }
  put(bytes, end + 8, count, 2);
  put(bytes, end + 10, count, 2);
  put(bytes, end + 12, end - first, 4);
  put(bytes, end + 16, first, 4);
  put(bytes, end + 20, bytes.size() - end - 22, 2);
  return fuzz::hand_over(bytes, data, size, max_size);
}
