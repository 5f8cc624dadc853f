#include "farm/nats_objects.h"

#include <random>

#include "base/sha256.h"

namespace ptravel {
namespace {

/// As in NATS' own tools; every server takes a message of that size unless it is told otherwise.
constexpr std::size_t kPart = 128 * 1024;

}  // namespace

std::string new_nuid() {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::random_device random;
  std::uniform_int_distribution<std::size_t> letter(0, kLetters.size() - 1);
  std::string name;
  for (int i = 0; i < 22; ++i) {
    name += kLetters[letter(random)];
  }
  return name;
}

void put_object(NatsClient& client,
                const RunNames& names,
                const std::string& name,
                std::string_view bytes,
                const std::string& machine,
                std::int64_t first) {
  ObjectInfo info{name, names.bucket(),   new_nuid(), bytes.size(),
                  0,    sha256_of(bytes), machine,    first};
  for (std::size_t at = 0; at < bytes.size(); at += kPart) {
    client.publish(names.chunks(info.nuid), bytes.substr(at, kPart));
    ++info.chunks;
  }
  client.publish(names.info(name), to_json(info));
}

FetchedObject get_object(NatsClient& client,
                         const RunNames& names,
                         const ObjectInfo& info,
                         std::uint64_t most) {
  if (info.size > most || info.bucket != names.bucket()) {
    return {"", "says that it has " + std::to_string(info.size) + " bytes, expected at most " +
                    std::to_string(most)};
  }
  FetchedObject object;
  std::uint64_t from = 1;
  for (std::uint64_t part = 0; part < info.chunks; ++part) {
    const auto message = client.next(names.objects_stream(), names.chunks(info.nuid), from);
    if (!message || message->data().empty()) {
      object.problem = "ends after " + std::to_string(object.bytes.size()) + " of " +
                       std::to_string(info.size) + " bytes";
      return object;
    }
    from = message->sequence() + 1;
    object.bytes += message->data();
    if (object.bytes.size() > info.size) {
      object.problem = "has more than its " + std::to_string(info.size) + " bytes";
      return object;
    }
  }
  if (object.bytes.size() != info.size) {
    object.problem = "has " + std::to_string(object.bytes.size()) + " bytes, expected " +
                     std::to_string(info.size);
  } else if (sha256_of(object.bytes) != info.sha256) {
    object.problem = "has another sha256 than it says";
  }
  return object;
}

FetchedObject get_object(NatsClient& client,
                         const RunNames& names,
                         const std::string& name,
                         std::uint64_t most) {
  const auto message = client.last(names.objects_stream(), names.info(name));
  const auto info = message ? parse_object_info(message->data()) : std::nullopt;
  return info ? get_object(client, names, *info, most) : FetchedObject{"", "is not there"};
}

}  // namespace ptravel
