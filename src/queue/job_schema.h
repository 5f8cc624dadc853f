#pragma once

#include "queue/database.h"

namespace ptravel {

/// Makes the tables of a new database, or checks that an existing one is whole and of this version.
/// Throws Corrupt or Unsupported without changing anything.
void prepare_schema(Database& database);

}  // namespace ptravel
