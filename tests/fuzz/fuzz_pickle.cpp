// Feeds bytes to the ZIP reader and to the pickle machine. What they accept must stay inside the
// bytes, and every index of a tree must name one of its values.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "checkpoint/pickle.h"
#include "checkpoint/zip_archive.h"
#include "ptravel/error.h"

namespace {

void check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void fuzz_zip(std::span<const std::byte> bytes) {
  try {
    for (const auto& [name, member] : ptravel::read_zip_directory(bytes, "fuzz")) {
      check(member.offset <= bytes.size() && member.size <= bytes.size() - member.offset);
    }
  } catch (const ptravel::Error&) {
    return;
  }
}

void fuzz_pickle(std::span<const std::byte> bytes) {
  using ptravel::PickleKind;
  try {
    const ptravel::PickleTree tree = ptravel::parse_pickle(bytes, "fuzz");
    check(tree.root < tree.values.size() && tree.bytes <= bytes.size());
    for (const ptravel::PickleValue& value : tree.values) {
      if (value.kind == PickleKind::Tensor) {
        check(tree[value.tensor().storage].kind == PickleKind::Storage);
      } else if (value.kind == PickleKind::List || value.kind == PickleKind::Tuple ||
                 value.kind == PickleKind::Dict || value.kind == PickleKind::Object) {
        for (const ptravel::PickleIndex index : value.items()) {
          check(index < tree.values.size());
        }
      }
    }
    tree.find(tree.root, "state_dict");
  } catch (const ptravel::Error&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  fuzz_zip(bytes);
  fuzz_pickle(bytes);
  return 0;
}
