#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "farm/nats_client.h"
#include "farm/nats_messages.h"

namespace ptravel {

/// A name that nobody else uses, 22 letters and digits.
std::string new_nuid();

/// Puts an object into a run's store: its parts, then what it is; the newest of a name counts.
/// `machine` and `first` as in ObjectInfo. Throws Io.
void put_object(NatsClient& client,
                const RunNames& names,
                const std::string& name,
                std::string_view bytes,
                const std::string& machine = "",
                std::int64_t first = -1);

/// An object's bytes, or what is wrong with it.
struct FetchedObject {
  std::string bytes;
  std::string problem;  ///< Empty: the bytes are what the info says they are.
};

/// Reads an object of at most `most` bytes and checks its size and sha256. Throws Io.
FetchedObject get_object(NatsClient& client,
                         const RunNames& names,
                         const ObjectInfo& info,
                         std::uint64_t most);
/// The same by its name.
FetchedObject get_object(NatsClient& client,
                         const RunNames& names,
                         const std::string& name,
                         std::uint64_t most);

}  // namespace ptravel
