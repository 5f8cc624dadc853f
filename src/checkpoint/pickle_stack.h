#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checkpoint/pickle.h"
#include "checkpoint/pickle_reader.h"

namespace ptravel {

// The first values of every tree, shared by all uses.
constexpr PickleIndex kPickleNone = 0;
constexpr PickleIndex kPickleFalse = 1;
constexpr PickleIndex kPickleTrue = 2;
constexpr PickleIndex kPickleOpaque = 3;

/// What a pickle's instructions work on: the values made so far, the stack of those in use, and the
/// memo. Every step is bounded; what does not fit throws as the reader does.
class PickleStack {
 public:
  using Items = std::vector<PickleIndex>;

  /// `reader`, which must outlive the stack, says where in the file something is wrong.
  explicit PickleStack(const PickleReader& reader);

  void push_index(PickleIndex index);
  /// Makes a value and pushes it. May move the values: references to them end.
  template <typename Data>
  void push(PickleKind kind, Data data) {
    check_room();
    tree_.values.push_back({kind, std::move(data)});
    push_index(static_cast<PickleIndex>(tree_.values.size() - 1));
  }

  // A mark splits the stack: nothing below the last mark can be taken.
  void mark();
  PickleIndex top() const;
  PickleIndex pop();
  Items pop_to_mark();
  /// The topmost values, the lowest first.
  Items pop_count(std::size_t count);

  /// Keeps the value on top under a number.
  void remember(std::uint32_t key) { memo_[key] = top(); }
  /// The same under the next number.
  void remember() { remember(static_cast<std::uint32_t>(memo_.size())); }
  /// Pushes what was kept.
  void recall(std::uint32_t key);

  const PickleTree& tree() const { return tree_; }
  const PickleValue& value(PickleIndex index) const { return tree_.values[index]; }
  bool is(PickleIndex index, PickleKind kind) const { return value(index).kind == kind; }
  /// The items of a container, to be added to.
  Items& items(PickleIndex container) { return std::get<Items>(tree_.values[container].data); }
  /// The values with the one on top as their root.
  PickleTree finish();

 private:
  void check_room() const;
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  const PickleReader& reader_;
  PickleTree tree_;
  Items stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleIndex> memo_;
};

}  // namespace ptravel
