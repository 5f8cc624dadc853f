// Server-Sent Events (HTML Living Standard, 9.2): the events that are held, and places in them.
#include "http/event_hub.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "http/event_listener.h"

namespace ptravel {
namespace {

constexpr std::size_t kHeldBytes = 16 << 20;

/// An event as it is sent. Line ends in the data begin a further "data:" line.
std::string event_text(std::uint64_t id, const std::string& name, const std::string& data) {
  std::string text = "id: " + std::to_string(id) + "\nevent: " + name + "\ndata: ";
  text.reserve(text.size() + data.size() + 2);
  for (char c : data) {
    if (c == '\n') {
      text += "\ndata: ";
    } else if (c != '\r') {
      text += c;
    }
  }
  return text + "\n\n";
}

}  // namespace

struct EventHub::State {
  struct Held {
    std::string text;
    std::string name;
    std::string replaces;
  };

  std::function<std::string()> snapshot;
  std::size_t most_held = 0;

  mutable std::mutex mutex;  // of all below
  std::map<std::uint64_t, Held> held;
  std::map<std::pair<std::string, std::string>, std::uint64_t> newest;  // by name and key
  std::size_t bytes = 0;
  std::uint64_t last_id = 0;
  std::uint64_t lost = 0;  // number of the newest event that is not held and was not replaced
  std::vector<EventListener*> listeners;

  void drop(std::map<std::uint64_t, Held>::iterator event) {
    const Held& gone = event->second;
    if (!gone.replaces.empty()) {
      newest.erase({gone.name, gone.replaces});
    }
    bytes -= gone.text.size();
    held.erase(event);
  }

  void append(std::string name, const std::string& data, std::string replaces) {
    const std::uint64_t id = ++last_id;
    if (!replaces.empty()) {
      const auto older = newest.find({name, replaces});
      if (older != newest.end()) {
        drop(held.find(older->second));
      }
      newest[{name, replaces}] = id;
    }
    Held event{event_text(id, name, data), std::move(name), std::move(replaces)};
    bytes += event.text.size();
    held.emplace(id, std::move(event));
    while (held.size() > most_held || (bytes > kHeldBytes && held.size() > 1)) {
      lost = held.begin()->first;
      drop(held.begin());
    }
    for (EventListener* listener : listeners) {
      if (std::exchange(listener->waiting_, false)) {
        listener->wake_();
      }
    }
  }
};

EventHub::EventHub(std::function<std::string()> snapshot, std::size_t held)
    : state_(std::make_shared<State>()) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  state_->snapshot = std::move(snapshot);
  state_->most_held = std::max<std::size_t>(held, 1);
  state_->last_id =
      static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
  state_->lost = state_->last_id;
}

EventHub::~EventHub() = default;

void EventHub::publish(std::string name, const std::string& data, std::string replaces) {
  const std::lock_guard lock(state_->mutex);
  state_->append(std::move(name), data, std::move(replaces));
}

std::uint64_t EventHub::last_id() const {
  const std::lock_guard lock(state_->mutex);
  return state_->last_id;
}

EventListener::EventListener(std::shared_ptr<EventHub::State> hub,
                             std::optional<std::uint64_t> last_id,
                             std::function<void()> wake)
    : hub_(std::move(hub)), wake_(std::move(wake)) {
  const std::lock_guard lock(hub_->mutex);
  // A number that we never gave is of another process: what it stands for is not known.
  anew_ = !last_id || *last_id > hub_->last_id;
  seen_ = anew_ ? hub_->last_id : *last_id;
  hub_->listeners.push_back(this);
}

EventListener::~EventListener() {
  const std::lock_guard lock(hub_->mutex);
  std::erase(hub_->listeners, this);
}

bool EventListener::needs_snapshot() const {
  const std::lock_guard lock(hub_->mutex);
  return anew_ || seen_ < hub_->lost;
}

std::string EventListener::take_snapshot() {
  {
    // Whatever happens while the snapshot is made comes again as an event behind it.
    const std::lock_guard lock(hub_->mutex);
    seen_ = hub_->last_id;
    anew_ = false;
  }
  return hub_->snapshot ? event_text(seen_, "snapshot", hub_->snapshot()) : std::string();
}

std::string EventListener::take(std::size_t most) {
  const std::lock_guard lock(hub_->mutex);
  std::string text;
  if (anew_ || seen_ < hub_->lost) {
    return text;
  }
  auto event = hub_->held.upper_bound(seen_);
  for (; event != hub_->held.end() && text.size() < most; ++event) {
    text += event->second.text;
    seen_ = event->first;
  }
  waiting_ = text.empty();
  return text;
}

}  // namespace ptravel
