#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ptravel {

/// The jobs that wait, in the order in which they will be drawn. Never changes.
class WaitingOrder {
 public:
  explicit WaitingOrder(std::vector<std::string> ids) : ids_(std::move(ids)) {
    for (const std::string& id : ids_) {
      places_.emplace(id, static_cast<std::int64_t>(places_.size()) + 1);
    }
  }
  WaitingOrder(const WaitingOrder&) = delete;
  WaitingOrder& operator=(const WaitingOrder&) = delete;

  const std::vector<std::string>& ids() const { return ids_; }
  /// The number of a job among them, from 1; nothing when it does not wait.
  std::optional<std::int64_t> place(const std::string& id) const {
    const auto found = places_.find(id);
    return found == places_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::vector<std::string> ids_;
  std::unordered_map<std::string_view, std::int64_t> places_;  // views of ids_
};

}  // namespace ptravel
