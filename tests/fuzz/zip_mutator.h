#pragma once

#include <string>
#include <utility>
#include <vector>

#include "checkpoint/zip_archive.h"
#include "tests/fuzz/harness.h"
#include "tests/support/tiny_files.h"

namespace ptravel::fuzz {

/// Of a ZIP archive that can be read, mutates one member and packs it again; anything else is left
/// to libFuzzer, and so is one input in eight.
inline std::size_t mutate_archive(std::uint8_t* data,
                                  std::size_t size,
                                  std::size_t max_size,
                                  unsigned int seed) {
  std::vector<std::pair<std::string, std::string>> members;
  try {
    for (const auto& [name, member] :
         read_zip_directory(std::as_bytes(std::span(data, size)), "")) {
      members.emplace_back(name, text_of(data, size).substr(member.offset, member.size));
    }
  } catch (const Error&) {
    members.clear();
  }
  if (seed % 8 == 0 || members.empty()) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  auto& [name, content] = members[seed / 8 % members.size()];
  content = mutated(std::move(content), content.size() + 64);
  return hand_over(zip_bytes(members), data, size, max_size);
}

}  // namespace ptravel::fuzz
