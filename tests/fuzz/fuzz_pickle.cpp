// Feeds bytes to the pickle machine. Every index of a tree must name one of its values.
#include "checkpoint/pickle.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  fuzz::parse([&] {
    const PickleTree tree = parse_pickle(std::as_bytes(std::span(data, size)), "fuzz");
    fuzz::require(tree.root < tree.values.size() && tree.bytes <= size, "the root");
    for (const PickleValue& value : tree.values) {
      if (value.kind == PickleKind::Tensor) {
        fuzz::require(tree[value.tensor().storage].kind == PickleKind::Storage, "a storage");
      } else if (value.kind == PickleKind::List || value.kind == PickleKind::Tuple ||
                 value.kind == PickleKind::Dict || value.kind == PickleKind::Object) {
        for (const PickleIndex index : value.items()) {
          fuzz::require(index < tree.values.size(), "an index");
        }
      }
    }
    tree.find(tree.root, "state_dict");
  });
  return 0;
}
