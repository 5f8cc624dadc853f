#pragma once

namespace ptravel {

/// How many processors this process may use, at least 1: those that it may run on (affinity), or
/// fewer where a quota of its control group lets it have less of their time, as containers have.
/// Any thread.
int usable_processors();

}  // namespace ptravel
