#include "checkpoint/pickle_tensors.h"

#include "checkpoint/pickle_globals.h"

namespace ptravel {
namespace {

constexpr std::size_t kMaxStorageKey = 256;
constexpr std::size_t kMaxDimensions = 16;

bool is(const PickleTree& tree, PickleIndex index, PickleKind kind) {
  return tree[index].kind == kind;
}

std::vector<std::int64_t> integers(const PickleTree& tree,
                                   PickleIndex tuple,
                                   const PickleReader& reader) {
  if (!is(tree, tuple, PickleKind::Tuple) || tree[tuple].items().size() > kMaxDimensions) {
    reader.broken("a tensor's shape or strides are not a short tuple");
  }
  std::vector<std::int64_t> result;
  for (const PickleIndex item : tree[tuple].items()) {
    if (!is(tree, item, PickleKind::Int)) {
      reader.broken("a tensor's shape or strides hold something else than whole numbers");
    }
    result.push_back(tree[item].integer());
  }
  return result;
}

}  // namespace

PickleTensor pickle_tensor(const PickleTree& tree,
                           const std::vector<PickleIndex>& arguments,
                           const PickleReader& reader) {
  if (arguments.size() < 4 || !is(tree, arguments[0], PickleKind::Storage) ||
      !is(tree, arguments[1], PickleKind::Int)) {
    reader.broken("a tensor without storage, offset, shape and strides");
  }
  PickleTensor tensor{arguments[0], tree[arguments[1]].integer(),
                      integers(tree, arguments[2], reader), integers(tree, arguments[3], reader)};
  if (tensor.shape.size() != tensor.stride.size()) {
    reader.broken("a tensor's shape and strides differ in length");
  }
  return tensor;
}

PickleStorage pickle_storage(const PickleTree& tree,
                             PickleIndex identifier,
                             const PickleReader& reader) {
  if (!is(tree, identifier, PickleKind::Tuple)) {
    reader.broken("a storage is not named by a tuple");
  }
  const std::vector<PickleIndex>& items = tree[identifier].items();
  const bool well_formed =
      items.size() >= 5 && is(tree, items[0], PickleKind::String) &&
      tree[items[0]].text() == "storage" && is(tree, items[1], PickleKind::Global) &&
      is(tree, items[2], PickleKind::String) && tree[items[2]].text().size() <= kMaxStorageKey &&
      is(tree, items[4], PickleKind::Int);
  if (!well_formed) {
    reader.broken("a storage's name is not (\"storage\", type, key, place, count)");
  }
  if (items.size() > 5 && !is(tree, items[5], PickleKind::None)) {
    reader.fail(ErrorCode::Unsupported, "uses views of storages, which only very old files do");
  }
  const PickleGlobal& type = pickle_global(static_cast<std::size_t>(tree[items[1]].integer()));
  if (type.role != PickleGlobalRole::StorageType || tree[items[4]].integer() < 0) {
    reader.broken("a storage has a wrong type or count");
  }
  return {tree[items[2]].text(), type.format, tree[items[4]].integer()};
}

}  // namespace ptravel
