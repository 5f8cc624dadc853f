#include "checkpoint/pickle.h"

#include <algorithm>
#include <bit>

#include "checkpoint/pickle_globals.h"
#include "checkpoint/pickle_reader.h"
#include "checkpoint/pickle_stack.h"
#include "checkpoint/pickle_tensors.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kMaxCopiedItems = 4'000'000;

/// One run of the instructions. Each group of instructions is one function that says whether the
/// instruction was one of its own.
class Machine : private PickleStack {
 public:
  explicit Machine(PickleReader& reader) : PickleStack(reader), reader_(reader) {}

  PickleTree run() {
    for (unsigned char code = 0; (code = reader_.byte()) != '.';) {
      if (!run_scalar(code) && !run_text(code) && !run_container(code) && !run_stack(code) &&
          !run_object(code)) {
        fail(ErrorCode::Unsupported, "unknown instruction " + std::to_string(code) + " at byte " +
                                         std::to_string(reader_.position() - 1));
      }
    }
    return finish();
  }

 private:
  [[noreturn]] void fail(ErrorCode code, const std::string& problem) const {
    reader_.fail(code, problem);
  }
  [[noreturn]] void broken(const std::string& problem) const { reader_.broken(problem); }

  bool run_scalar(unsigned char code) {
    switch (code) {
      case 'N':
        push_index(kPickleNone);
        return true;
      case 0x88:
        push_index(kPickleTrue);
        return true;
      case 0x89:
        push_index(kPickleFalse);
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
        push_index(kPickleOpaque);
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
    Items& items = this->items(container);
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
        mark();
        return true;
      case '0':
        pop();
        return true;
      case '1':
        pop_to_mark();
        return true;
      case 'q':
        remember(static_cast<std::uint32_t>(reader_.number(1)));
        return true;
      case 'r':
        remember(static_cast<std::uint32_t>(reader_.number(4)));
        return true;
      case 0x94:
        remember();
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
        push(PickleKind::Storage, pickle_storage(tree(), pop(), reader_));
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
      push_index(kPickleOpaque);
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
        push(PickleKind::Tensor, pickle_tensor(tree(), items, reader_));
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
        push_index(kPickleOpaque);
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
      Items& items = this->items(target);
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

  PickleReader& reader_;
  std::size_t copied_items_ = 0;
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
  PickleReader reader(bytes, name);
  return Machine(reader).run();
}

}  // namespace ptravel
