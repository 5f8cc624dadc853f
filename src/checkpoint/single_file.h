#pragma once

#include <memory>
#include <string>
#include <vector>

#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// Puts the tensors of a single file under the names that the networks of a family ask for, and
/// leaves out what none of them needs; strangers get a note. `prefer_ema`: the UNet's EMA weights
/// where the file has them; they are also taken where it has no others. Throws Corrupt where two
/// tensors stand for one.
void add_single_file(const std::shared_ptr<const StoredTensors>& file,
                     ModelFamily family,
                     bool prefer_ema,
                     RenamedTensors& tensors,
                     std::vector<std::string>& notes);

}  // namespace ptravel
