#pragma once

#include <vector>

#include "checkpoint/pickle.h"
#include "checkpoint/pickle_reader.h"

namespace ptravel {

// How PyTorch describes tensors and storages in its pickles. Both throw Corrupt or Unsupported by
// the reader, which says where.

/// The tensor that its rebuilding function is called for: (storage, offset, shape, strides, ...).
PickleTensor pickle_tensor(const PickleTree& tree,
                           const std::vector<PickleIndex>& arguments,
                           const PickleReader& reader);

/// The storage that a tuple names: ("storage", type, key, place, count).
PickleStorage pickle_storage(const PickleTree& tree,
                             PickleIndex identifier,
                             const PickleReader& reader);

}  // namespace ptravel
