#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "checkpoint/number_format.h"

namespace ptravel {

/// What the pickle machine does with an allowed global.
enum class PickleGlobalRole {
  OrderedDict,       ///< Called with nothing or a list of pairs: a dict.
  RebuildTensor,     ///< Called with (storage, offset, shape, stride, ...): a tensor.
  RebuildParameter,  ///< Called with (tensor, ...): that tensor.
  Container,         ///< Made empty; its state becomes the attributes of an object.
  StorageType,       ///< The element type of a storage.
  Inert,             ///< Whatever is done with it gives an opaque value.
};

struct PickleGlobal {
  std::string_view module;
  std::string_view name;
  PickleGlobalRole role;
  NumberFormat format{};  ///< For StorageType.
};

/// The row of the allow-list for a global, or nothing when it is not allowed.
std::optional<std::size_t> find_pickle_global(std::string_view module, std::string_view name);

/// A row of the allow-list; `row` comes from find_pickle_global.
const PickleGlobal& pickle_global(std::size_t row);

}  // namespace ptravel
