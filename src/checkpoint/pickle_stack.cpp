#include "checkpoint/pickle_stack.h"

#include <string>

namespace ptravel {
namespace {

constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxStack = 4'000'000;

}  // namespace

PickleStack::PickleStack(const PickleReader& reader) : reader_(reader) {
  tree_.values.push_back({PickleKind::None, std::monostate{}});
  tree_.values.push_back({PickleKind::Bool, std::int64_t{0}});
  tree_.values.push_back({PickleKind::Bool, std::int64_t{1}});
  tree_.values.push_back({PickleKind::Opaque, std::monostate{}});
}

void PickleStack::check_room() const {
  if (tree_.values.size() >= kMaxValues) {
    reader_.fail(ErrorCode::Unsupported,
                 "holds more than " + std::to_string(kMaxValues) + " values");
  }
}

void PickleStack::push_index(PickleIndex index) {
  if (stack_.size() >= kMaxStack) {
    reader_.fail(ErrorCode::Unsupported,
                 "keeps more than " + std::to_string(kMaxStack) + " values open");
  }
  stack_.push_back(index);
}

void PickleStack::mark() {
  if (marks_.size() >= kMaxStack) {
    reader_.fail(ErrorCode::Unsupported, "sets too many marks");
  }
  marks_.push_back(stack_.size());
}

PickleIndex PickleStack::top() const {
  if (stack_.size() <= floor()) {
    reader_.broken("a value is missing");
  }
  return stack_.back();
}

PickleIndex PickleStack::pop() {
  const PickleIndex index = top();
  stack_.pop_back();
  return index;
}

PickleStack::Items PickleStack::pop_to_mark() {
  if (marks_.empty()) {
    reader_.broken("a mark is missing");
  }
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  Items items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

PickleStack::Items PickleStack::pop_count(std::size_t count) {
  Items items(count);
  for (std::size_t i = count; i-- > 0;) {
    items[i] = pop();
  }
  return items;
}

void PickleStack::recall(std::uint32_t key) {
  const auto found = memo_.find(key);
  if (found == memo_.end()) {
    reader_.broken("asks for memo " + std::to_string(key) + ", which was never set");
  }
  push_index(found->second);
}

PickleTree PickleStack::finish() {
  tree_.root = pop();
  tree_.bytes = reader_.position();
  return std::move(tree_);
}

}  // namespace ptravel
