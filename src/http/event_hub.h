#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ptravel {

/// Server-Sent Events for any number of listeners. Every event has a number, one more than the one
/// before; numbers begin at the time of day in milliseconds, so that those of a process before this
/// one are never taken for ours. A listener that comes back with the last number it saw gets what
/// it missed while that is still held, else a snapshot. Listeners have no queues of their own, only
/// a place in what the hub holds, so a slow one costs no memory. Thread-safe; a slow listener never
/// holds up who publishes.
class EventHub {
 public:
  struct Event {
    std::uint64_t id = 0;
    std::string name;  ///< "progress"
    std::string data;  ///< One line, JSON. Line ends in it are sent so that they come out again.
  };
  /// `snapshot` makes the data of the event "snapshot", the whole state as it is now; it is called
  /// when a listener begins anew, with no lock of the hub held, by any thread and by several at
  /// once. Empty: there is no such event. `held`: how many events are kept; beyond 16 MiB fewer.
  explicit EventHub(std::function<std::string()> snapshot, std::size_t held = 1024);
  ~EventHub();

  /// Appends an event. `replaces`: an event of the same name and this key that is still waiting for
  /// a slow listener, or held for one that comes back, is left out ("progress" of a job: only the
  /// newest one matters); empty: none is.
  void publish(std::string name, const std::string& data, std::string replaces = "");
  /// Number of the newest event.
  std::uint64_t last_id() const;

  struct State;  ///< For listeners: http/event_listener.h.
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace ptravel
