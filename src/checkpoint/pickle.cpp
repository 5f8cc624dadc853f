#include "checkpoint/pickle.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

#include "checkpoint/pickle_globals.h"
#include "checkpoint/pickle_reader.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Items = std::vector<PickleIndex>;

constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxStack = 4'000'000;
constexpr std::size_t kMaxCopiedItems = 4'000'000;
constexpr std::size_t kMaxStorageKey = 256;
constexpr std::size_t kMaxDimensions = 16;

// The first values of every tree, shared by all uses.
constexpr PickleIndex kNone = 0;
constexpr PickleIndex kFalse = 1;
constexpr PickleIndex kTrue = 2;
constexpr PickleIndex kOpaque = 3;

/// One run of the instructions. Each group of instructions is one function that says whether the
/// instruction was one of its own.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& name) : reader_(bytes, name) {
    tree_.values.push_back({PickleKind::None, std::monostate{}});
    tree_.values.push_back({PickleKind::Bool, std::int64_t{0}});
    tree_.values.push_back({PickleKind::Bool, std::int64_t{1}});
    tree_.values.push_back({PickleKind::Opaque, std::monostate{}});
  }

  PickleTree run() {
    for (unsigned char code = 0; (code = reader_.byte()) != '.';) {
      if (!run_scalar(code) && !run_text(code) && !run_container(code) && !run_stack(code) &&
          !run_object(code)) {
        fail(ErrorCode::Unsupported, "unknown instruction " + std::to_string(code) + " at byte " +
                                         std::to_string(reader_.position() - 1));
      }
    }
    tree_.root = pop();
    tree_.bytes = reader_.position();
    return std::move(tree_);
  }

 private:
  [[noreturn]] void fail(ErrorCode code, const std::string& problem) const {
    reader_.fail(code, problem);
  }
  [[noreturn]] void broken(const std::string& problem) const { reader_.broken(problem); }

  // The stack. A mark splits it: nothing below the last mark can be taken.

  void push_index(PickleIndex index) {
    if (stack_.size() >= kMaxStack) {
      fail(ErrorCode::Unsupported, "keeps more than " + std::to_string(kMaxStack) + " values open");
    }
    stack_.push_back(index);
  }
  template <typename Data>
  void push(PickleKind kind, Data data) {
    if (tree_.values.size() >= kMaxValues) {
      fail(ErrorCode::Unsupported, "holds more than " + std::to_string(kMaxValues) + " values");
    }
    tree_.values.push_back({kind, std::move(data)});
    push_index(static_cast<PickleIndex>(tree_.values.size() - 1));
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleIndex top() const {
    if (stack_.size() <= floor()) {
      broken("a value is missing");
    }
    return stack_.back();
  }
  PickleIndex pop() {
    const PickleIndex index = top();
    stack_.pop_back();
    return index;
  }
  Items pop_to_mark() {
    if (marks_.empty()) {
      broken("a mark is missing");
    }
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    Items items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  Items pop_count(std::size_t count) {
    Items items(count);
    for (std::size_t i = count; i-- > 0;) {
      items[i] = pop();
    }
    return items;
  }
  const PickleValue& value(PickleIndex index) const { return tree_.values[index]; }
  bool is(PickleIndex index, PickleKind kind) const { return value(index).kind == kind; }

  // Instructions.

  bool run_scalar(unsigned char code) {
    switch (code) {
      case 'N':
        push_index(kNone);
        return true;
      case 0x88:
        push_index(kTrue);
        return true;
      case 0x89:
        push_index(kFalse);
        return true;
      case 'J':
        push_integer(static_cast<std::int32_t>(reader_.number(4)));
        return true;
      case 'K':
        push_integer(static_cast<std::int64_t>(reader_.number(1)));
        return true;
      case 'M':
        push_integer(static_cast<std::int64_t>(reader_.number(2)));
        return true;
      case 'G':
        push(PickleKind::Float, std::bit_cast<double>(__builtin_bswap64(reader_.number(8))));
        return true;
      case 0x8a:
        push_long(reader_.number(1));
        return true;
      case 0x8b:
        push_long(reader_.number(4));
        return true;
      default:
        return false;
    }
  }
  void push_integer(std::int64_t integer) { push(PickleKind::Int, integer); }
  void push_long(std::uint64_t byte_count) {
    if (byte_count > 8) {
      push(PickleKind::Bytes, reader_.string(byte_count));
      return;
    }
    std::uint64_t bits = reader_.number(byte_count);
    if (byte_count > 0 && byte_count < 8 && (bits >> (8 * byte_count - 1) & 1U) != 0) {
      bits |= ~std::uint64_t{0} << (8 * byte_count);
    }
    push_integer(static_cast<std::int64_t>(bits));
  }

  bool run_text(unsigned char code) {
    switch (code) {
      case 'X':  // a four-byte length, then UTF-8
      case 'T':
        push(PickleKind::String, reader_.string(reader_.number(4)));
        return true;
      case 0x8c:
      case 'U':
        push(PickleKind::String, reader_.string(reader_.number(1)));
        return true;
      case 0x8d:
        push(PickleKind::String, reader_.string(reader_.number(8)));
        return true;
      case 'B':
        push(PickleKind::Bytes, reader_.string(reader_.number(4)));
        return true;
      case 'C':
        push(PickleKind::Bytes, reader_.string(reader_.number(1)));
        return true;
      case 0x8e:
        push(PickleKind::Bytes, reader_.string(reader_.number(8)));
        return true;
      default:
        return false;
    }
  }

  bool run_container(unsigned char code) {
    switch (code) {
      case '}':
        push(PickleKind::Dict, Items{});
        return true;
      case ']':
        push(PickleKind::List, Items{});
        return true;
      case ')':
        push(PickleKind::Tuple, Items{});
        return true;
      case 'd':
        push(PickleKind::Dict, pairs(pop_to_mark()));
        return true;
      case 'l':
        push(PickleKind::List, pop_to_mark());
        return true;
      case 't':
        push(PickleKind::Tuple, pop_to_mark());
        return true;
      case 0x85:
      case 0x86:
      case 0x87:
        push(PickleKind::Tuple, pop_count(code - 0x84U));
        return true;
      case 'a':
        extend(PickleKind::List, pop_count(1));
        return true;
      case 'e':
        extend(PickleKind::List, pop_to_mark());
        return true;
      case 's':
        extend(PickleKind::Dict, pop_count(2));
        return true;
      case 'u':
        extend(PickleKind::Dict, pairs(pop_to_mark()));
        return true;
      case 0x8f:  // the empty set
        push_index(kOpaque);
        return true;
      case 0x90:
        extend(PickleKind::Opaque, pop_to_mark());
        return true;
      default:
        return false;
    }
  }
  Items pairs(Items items) const {
    if (items.size() % 2 != 0) {
      broken("a dict has a key without a value");
    }
    return items;
  }
  /// Appends to the container on top; an opaque value swallows what it is given.
  void extend(PickleKind kind, const Items& added) {
    const PickleIndex container = top();
    if (is(container, PickleKind::Opaque)) {
      return;
    }
    if (!is(container, kind)) {
      broken("items are added to something else than a container");
    }
    auto& items = std::get<Items>(tree_.values[container].data);
    items.insert(items.end(), added.begin(), added.end());
  }

  bool run_stack(unsigned char code) {
    switch (code) {
      case 0x80:
        if (reader_.number(1) > 5) {
          fail(ErrorCode::Unsupported, "uses a pickle protocol above 5");
        }
        return true;
      case 0x95:  // a frame only announces its length
        reader_.number(8);
        return true;
      case '(':
        if (marks_.size() >= kMaxStack) {
          fail(ErrorCode::Unsupported, "sets too many marks");
        }
        marks_.push_back(stack_.size());
        return true;
      case '0':
        pop();
        return true;
      case '1':
        pop_to_mark();
        return true;
      case 'q':
        memo_[static_cast<std::uint32_t>(reader_.number(1))] = top();
        return true;
      case 'r':
        memo_[static_cast<std::uint32_t>(reader_.number(4))] = top();
        return true;
      case 0x94:
        memo_[static_cast<std::uint32_t>(memo_.size())] = top();
        return true;
      case 'h':
        recall(static_cast<std::uint32_t>(reader_.number(1)));
        return true;
      case 'j':
        recall(static_cast<std::uint32_t>(reader_.number(4)));
        return true;
      default:
        return false;
    }
  }
  void recall(std::uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) {
      broken("asks for memo " + std::to_string(key) + ", which was never set");
    }
    push_index(found->second);
  }

  bool run_object(unsigned char code) {
    switch (code) {
      case 'c': {
        const std::string module = reader_.line();
        push_global(module, reader_.line());
        return true;
      }
      case 0x93: {
        const Items names = pop_count(2);
        if (!is(names[0], PickleKind::String) || !is(names[1], PickleKind::String)) {
          broken("a global is not named by text");
        }
        // Copies: pushing may move the values.
        const std::string module = value(names[0]).text();
        push_global(module, std::string(value(names[1]).text()));
        return true;
      }
      case 'R':
      case 0x81: {
        const Items call = pop_count(2);
        reduce(call[0], call[1]);
        return true;
      }
      case 'b':
        build(pop());
        return true;
      case 'Q':
        push_storage(pop());
        return true;
      default:
        return false;
    }
  }
  void push_global(const std::string& module, const std::string& name) {
    const auto row = find_pickle_global(module, name);
    if (!row) {
      fail(ErrorCode::Unsupported, "asks for " + printable(module + "." + name) +
                                       "; only tensors and plain containers are loaded");
    }
    push(PickleKind::Global, static_cast<std::int64_t>(*row));
  }
  void reduce(PickleIndex function, PickleIndex arguments) {
    if (!is(arguments, PickleKind::Tuple)) {
      broken("a call without a tuple of arguments");
    }
    if (is(function, PickleKind::Opaque)) {
      push_index(kOpaque);
      return;
    }
    if (!is(function, PickleKind::Global)) {
      broken("a call of something that is no global");
    }
    const Items& items = value(arguments).items();
    switch (pickle_global(static_cast<std::size_t>(value(function).integer())).role) {
      case PickleGlobalRole::OrderedDict:
        push(PickleKind::Dict, dict_from_pairs(items));
        return;
      case PickleGlobalRole::RebuildTensor:
        push(PickleKind::Tensor, tensor_from(items));
        return;
      case PickleGlobalRole::RebuildParameter:
        if (items.empty() || !is(items[0], PickleKind::Tensor)) {
          broken("a parameter without a tensor");
        }
        push_index(items[0]);
        return;
      case PickleGlobalRole::Container:
        push(PickleKind::Object, Items{});
        return;
      case PickleGlobalRole::Inert:
        push_index(kOpaque);
        return;
      case PickleGlobalRole::StorageType:
        break;
    }
    broken("a storage type is called");
  }
  /// The state of an object is kept; that of anything else (a dict's _metadata) is dropped.
  void build(PickleIndex state) {
    const PickleIndex target = top();
    if (is(target, PickleKind::Object) && is(state, PickleKind::Dict) && target != state) {
      count_copies(value(state).items().size());
      auto& items = std::get<Items>(tree_.values[target].data);
      const Items& added = value(state).items();
      items.insert(items.end(), added.begin(), added.end());
    }
  }
  void count_copies(std::size_t count) {
    copied_items_ += count;
    if (copied_items_ > kMaxCopiedItems) {
      fail(ErrorCode::Unsupported, "copies too many items");
    }
  }
  Items dict_from_pairs(const Items& arguments) {
    Items result;
    if (arguments.empty()) {
      return result;
    }
    if (arguments.size() != 1 || !is(arguments[0], PickleKind::List)) {
      broken("an ordered dict is made from something else than a list");
    }
    count_copies(value(arguments[0]).items().size());
    for (const PickleIndex pair : value(arguments[0]).items()) {
      const bool two = (is(pair, PickleKind::List) || is(pair, PickleKind::Tuple)) &&
                       value(pair).items().size() == 2;
      if (!two) {
        broken("an ordered dict is made from something else than pairs");
      }
      const Items& both = value(pair).items();
      result.insert(result.end(), both.begin(), both.end());
    }
    return result;
  }
  PickleTensor tensor_from(const Items& arguments) const {
    if (arguments.size() < 4 || !is(arguments[0], PickleKind::Storage) ||
        !is(arguments[1], PickleKind::Int)) {
      broken("a tensor without storage, offset, shape and strides");
    }
    PickleTensor tensor{arguments[0], value(arguments[1]).integer(), integers(arguments[2]),
                        integers(arguments[3])};
    if (tensor.shape.size() != tensor.stride.size()) {
      broken("a tensor's shape and strides differ in length");
    }
    return tensor;
  }
  std::vector<std::int64_t> integers(PickleIndex tuple) const {
    if (!is(tuple, PickleKind::Tuple) || value(tuple).items().size() > kMaxDimensions) {
      broken("a tensor's shape or strides are not a short tuple");
    }
    std::vector<std::int64_t> result;
    for (const PickleIndex item : value(tuple).items()) {
      if (!is(item, PickleKind::Int)) {
        broken("a tensor's shape or strides hold something else than whole numbers");
      }
      result.push_back(value(item).integer());
    }
    return result;
  }
  void push_storage(PickleIndex identifier) {
    if (!is(identifier, PickleKind::Tuple)) {
      broken("a storage is not named by a tuple");
    }
    const Items& items = value(identifier).items();
    const bool well_formed = items.size() >= 5 && is(items[0], PickleKind::String) &&
                             value(items[0]).text() == "storage" &&
                             is(items[1], PickleKind::Global) && is(items[2], PickleKind::String) &&
                             value(items[2]).text().size() <= kMaxStorageKey &&
                             is(items[4], PickleKind::Int);
    if (!well_formed) {
      broken("a storage's name is not (\"storage\", type, key, place, count)");
    }
    if (items.size() > 5 && !is(items[5], PickleKind::None)) {
      fail(ErrorCode::Unsupported, "uses views of storages, which only very old files do");
    }
    const PickleGlobal& type = pickle_global(static_cast<std::size_t>(value(items[1]).integer()));
    if (type.role != PickleGlobalRole::StorageType || value(items[4]).integer() < 0) {
      broken("a storage has a wrong type or count");
    }
    push(PickleKind::Storage,
         PickleStorage{value(items[2]).text(), type.format, value(items[4]).integer()});
  }

  PickleReader reader_;
  std::size_t copied_items_ = 0;
  PickleTree tree_;
  Items stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, PickleIndex> memo_;
};

}  // namespace

std::optional<PickleIndex> PickleTree::find(PickleIndex dict, std::string_view key) const {
  if (values[dict].kind != PickleKind::Dict && values[dict].kind != PickleKind::Object) {
    return std::nullopt;
  }
  std::optional<PickleIndex> found;
  const std::vector<PickleIndex>& items = values[dict].items();
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const PickleValue& candidate = values[items[i]];
    if (candidate.kind == PickleKind::String && candidate.text() == key) {
      found = items[i + 1];
    }
  }
  return found;
}

PickleTree parse_pickle(std::span<const std::byte> bytes, const std::string& name) {
  return Machine(bytes, name).run();
}

}  // namespace ptravel
