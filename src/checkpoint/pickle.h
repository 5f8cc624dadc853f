#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "checkpoint/number_format.h"

namespace ptravel {

/// What a value of a pickle is.
enum class PickleKind : std::uint8_t {
  None,
  Bool,     ///< integer: 0 or 1
  Int,      ///< integer
  Float,    ///< real
  String,   ///< text, UTF-8 as it is in the file
  Bytes,    ///< text; also whole numbers beyond 64 bits (little-endian two's complement)
  List,     ///< items
  Tuple,    ///< items
  Dict,     ///< items: key, value, key, value ... in the file's order; a later key wins
  Object,   ///< items as for Dict: the attributes of an object that is only a container
  Storage,  ///< storage
  Tensor,   ///< tensor
  Global,   ///< integer: row of the allow-list
  Opaque,   ///< A harmless leftover of training whose content was dropped.
};

/// The place of a value in its PickleTree.
using PickleIndex = std::uint32_t;

/// A block of numbers that lies outside the pickle.
struct PickleStorage {
  std::string key;  ///< Names the block: the member "data/<key>" of the archive.
  NumberFormat format{};
  std::int64_t elements = 0;
};

/// A strided view on a storage; offset and strides count elements. Not yet checked against the
/// storage's size.
struct PickleTensor {
  PickleIndex storage = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> stride;
};

/// One value. Values refer to each other by index, so that depth and cycles cost nothing.
struct PickleValue {
  PickleKind kind = PickleKind::None;
  std::variant<std::monostate,
               std::int64_t,
               double,
               std::string,
               std::vector<PickleIndex>,
               PickleStorage,
               PickleTensor>
      data;

  std::int64_t integer() const { return std::get<std::int64_t>(data); }
  double real() const { return std::get<double>(data); }
  const std::string& text() const { return std::get<std::string>(data); }
  const std::vector<PickleIndex>& items() const { return std::get<std::vector<PickleIndex>>(data); }
  const PickleStorage& storage() const { return std::get<PickleStorage>(data); }
  const PickleTensor& tensor() const { return std::get<PickleTensor>(data); }
};

/// What a pickle holds. Plain values; nothing in it was executed.
struct PickleTree {
  std::vector<PickleValue> values;
  PickleIndex root = 0;
  std::size_t bytes = 0;  ///< How many bytes the pickle took; another may follow.

  const PickleValue& operator[](PickleIndex index) const { return values[index]; }
  /// The value of a string key of a dict or object; nothing when `dict` is neither or lacks it.
  std::optional<PickleIndex> find(PickleIndex dict, std::string_view key) const;
};

/// Interprets one pickle (protocols 2 to 5) with a small machine of our own that cannot call
/// anything: it builds plain containers, text, numbers, and descriptions of tensors and storages.
/// Globals outside the allow-list (pickle_globals.h) are refused (Unsupported) by name, and so are
/// unknown instructions. Leftovers of training on the list become Opaque values: their arguments
/// and state are dropped, and using one as a tensor is an error. Values, stack, memo and text are
/// bounded by the bytes read and by fixed limits. Throws Corrupt or Unsupported; `name` stands in
/// messages. Source: the comments of CPython's Lib/pickletools.py.
PickleTree parse_pickle(std::span<const std::byte> bytes, const std::string& name);

}  // namespace ptravel
