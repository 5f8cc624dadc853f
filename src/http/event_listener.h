#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/event_hub.h"

namespace ptravel {

/// One listener's place in a hub's events. Used by one thread at a time.
class EventListener {
 public:
  /// `last_id`: the number of the last event that the client saw; nothing: it begins anew. `wake`
  /// is called when there is something to take again, from whichever thread publishes, with the
  /// hub's lock held: it must not call the hub and not wait.
  EventListener(std::shared_ptr<EventHub::State> hub,
                std::optional<std::uint64_t> last_id,
                std::function<void()> wake);
  ~EventListener();
  EventListener(const EventListener&) = delete;
  EventListener& operator=(const EventListener&) = delete;

  /// Whether the next thing to send is a snapshot: the client begins anew, or what it missed is not
  /// held any more.
  bool needs_snapshot() const;
  /// Makes the snapshot, as text to send. May take long and throws what the hub's function throws.
  std::string take_snapshot();
  /// The following events as text to send, about `most` bytes; empty: there are none, and `wake`
  /// will be called, or a snapshot is needed.
  std::string take(std::size_t most);

 private:
  friend struct EventHub::State;

  std::shared_ptr<EventHub::State> hub_;
  std::function<void()> wake_;
  // Of the hub's mutex:
  std::uint64_t seen_ = 0;  // number of the last event that was taken
  bool anew_ = false;
  bool waiting_ = false;  // found nothing and wants to be woken
};

}  // namespace ptravel
