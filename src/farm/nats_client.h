#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptravel/nats_farm.h"

struct __jsCtx;
struct __natsConnection;
struct __natsMsg;
struct __natsSubscription;

namespace ptravel {

// NATS JetStream as this program uses it, over NATS' C client (Debian's libnats-dev, 3.4). What a
// server refuses or does not answer is Io with the operation and the library's words; a stream that
// is not there is NotFound. Connections come back by themselves after they were lost.

/// How JetStream keeps messages.
enum class StreamKind {
  Kept,       ///< Until they are purged.
  WorkQueue,  ///< Until somebody has acknowledged them.
  Newest,     ///< The newest of each subject.
};

/// A message that came; one of a consumer ends before its NatsPuller. Move-only; any thread, one at
/// a time.
class NatsMessage {
 public:
  explicit NatsMessage(__natsMsg* message) : message_(message, &destroy) {}

  std::string_view data() const;
  std::string subject() const;
  /// Of one that was looked up in a stream.
  std::uint64_t sequence() const;

  // For messages of a consumer; an answer that does not reach the server is as one that was not
  // given: the message comes again after its lease.
  void acknowledge();
  /// Waits until the server has it; false when it says nothing.
  bool acknowledge_surely();
  /// Gives it back: it comes again, to whoever asks, not before `delay` is over.
  void give_back(std::chrono::milliseconds delay);
  /// Begins its lease anew.
  void keep();

 private:
  static void destroy(__natsMsg* message);
  std::unique_ptr<__natsMsg, void (*)(__natsMsg*)> message_;
};

/// Takes messages of a consumer, one at a time. Move-only; one thread.
class NatsPuller {
 public:
  /// The next message; nothing when none comes in that time (at least a millisecond). Throws
  /// NotFound when the consumer is gone, Io.
  std::optional<NatsMessage> next(std::chrono::milliseconds wait);

 private:
  friend class NatsClient;
  NatsPuller(__natsSubscription* subscription, std::string what)
      : subscription_(subscription, &destroy), what_(std::move(what)) {}
  static void destroy(__natsSubscription* subscription);
  std::unique_ptr<__natsSubscription, void (*)(__natsSubscription*)> subscription_;
  std::string what_;
};

/// How many messages of a consumer wait, and how many are out at work.
struct QueueState {
  std::uint64_t waiting = 0;
  std::uint64_t leased = 0;
};

/// A connection with JetStream. Any thread.
class NatsClient {
 public:
  /// Connects. `name`: what the server's lists call this program. Throws Io, NotFound for a file of
  /// the login, InvalidArgument where it is none.
  NatsClient(const NatsLogin& login, const std::string& name);
  ~NatsClient();
  NatsClient(const NatsClient&) = delete;
  NatsClient& operator=(const NatsClient&) = delete;

  /// Makes a stream, unless it is there as it should be.
  void make_stream(const std::string& name,
                   const std::vector<std::string>& subjects,
                   StreamKind kind);
  bool has_stream(const std::string& name);
  /// Quiet when there is none.
  void remove_stream(const std::string& name);
  /// Makes a consumer that remembers, whose messages come again after `lease` without a word.
  void make_consumer(const std::string& stream,
                     const std::string& consumer,
                     const std::string& subject,
                     std::chrono::milliseconds lease);
  NatsPuller pull(const std::string& stream, const std::string& consumer);
  QueueState queue(const std::string& stream, const std::string& consumer);

  /// Puts a message into the stream of its subject and waits until it is there. `id`: one that came
  /// with the same id within two minutes is not put in again; empty: none.
  void publish(const std::string& subject, std::string_view data, const std::string& id = "");
  /// Subjects of a stream that match.
  std::vector<std::string> subjects(const std::string& stream, const std::string& filter);
  /// The newest message of a subject.
  std::optional<NatsMessage> last(const std::string& stream, const std::string& subject);
  /// The first message of a subject from a sequence number on.
  std::optional<NatsMessage> next(const std::string& stream,
                                  const std::string& subject,
                                  std::uint64_t from);
  void purge(const std::string& stream, const std::string& subject);

 private:
  std::unique_ptr<__natsConnection, void (*)(__natsConnection*)> connection_;
  std::unique_ptr<__jsCtx, void (*)(__jsCtx*)> jetstream_;
};

}  // namespace ptravel
