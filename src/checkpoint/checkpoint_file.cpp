// The two layouts of torch.save: a ZIP archive with data.pkl and one member for each storage, and
// (before PyTorch 1.6) five pickles followed by the storages. Source: reading
// torch/serialization.py.
#include "checkpoint/checkpoint_file.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "checkpoint/pickle.h"
#include "checkpoint/zip_archive.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMaxNesting = 4;
constexpr int kMaxScriptNesting = 12;  // modules of a TorchScript archive
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxVisits = 2'000'000;
constexpr std::size_t kMaxKeyBytes = 512;
constexpr std::size_t kMaxPlainValues = 10'000;  // Further ones are left out.
constexpr std::size_t kMaxPlainText = 4096;
constexpr std::int64_t kLegacyProtocol = 1001;
// 0x1950a86a20f9469cfc6c, as the ten little-endian bytes of a long.
constexpr std::string_view kLegacyMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);

/// Where a storage's numbers lie in the file.
struct Block {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};
using Blocks = std::map<std::string, Block, std::less<>>;

[[noreturn]] void fail(ErrorCode code, const std::string& file, const std::string& problem) {
  throw Error(code, "[checkpoint] " + file + ": " + problem);
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Nothing for containers, tensors and long texts.
std::optional<PlainValue> plain_value(const PickleValue& value) {
  switch (value.kind) {
    case PickleKind::Bool:
      return value.integer() != 0;
    case PickleKind::Int:
      return value.integer();
    case PickleKind::Float:
      return value.real();
    case PickleKind::String:
      return value.text().size() <= kMaxPlainText ? std::optional<PlainValue>(value.text())
                                                  : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// Whether a view's numbers follow each other in row-major order.
bool lies_without_gaps(const std::vector<std::int64_t>& shape,
                       const std::vector<std::int64_t>& stride) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
    return true;
  }
  std::int64_t expected = 1;
  for (std::size_t side = shape.size(); side-- > 0;) {
    if (shape[side] != 1 && stride[side] != expected) {
      return false;
    }
    expected *= shape[side];
  }
  return true;
}

}  // namespace

/// Fills a CheckpointFile from its pickle and its storages.
struct CheckpointFile::Builder {
  CheckpointFile& result;
  std::string file_name;
  PickleTree tree;
  Blocks blocks;
  std::span<const std::byte> bytes;
  std::size_t visits = 0;  // A few nested containers can refer to each other very often.

  explicit Builder(CheckpointFile& target)
      : result(target), file_name(target.file_.path().string()), bytes(target.file_.bytes()) {}

  void read_zip() {
    const auto members = read_zip_directory(bytes, file_name);
    std::string folder;
    for (const auto& [name, member] : members) {
      if (name.ends_with("/data.pkl") && name.find('/') + 9 == name.size()) {
        folder = name.substr(0, name.size() - 8);
        tree = parse_pickle(bytes.subspan(member.offset, member.size), file_name);
      }
    }
    if (folder.empty()) {
      fail(ErrorCode::Unsupported, file_name,
           "is a ZIP archive without data.pkl, not a PyTorch file");
    }
    const auto order = members.find(folder + "byteorder");
    if (order != members.end() &&
        text_of(bytes.subspan(order->second.offset, order->second.size)) != "little") {
      fail(ErrorCode::Unsupported, file_name, "its numbers are not little-endian");
    }
    const std::string data = folder + "data/";
    for (auto member = members.lower_bound(data);
         member != members.end() && member->first.starts_with(data); ++member) {
      blocks[member->first.substr(data.size())] = {member->second.offset, member->second.size};
    }
  }

  void read_legacy() {
    std::uint64_t position = 0;
    const auto next_pickle = [&] {
      PickleTree part = parse_pickle(bytes.subspan(position), file_name);
      position += part.bytes;
      return part;
    };
    const PickleTree magic = next_pickle();
    if (magic[magic.root].kind != PickleKind::Bytes || magic[magic.root].text() != kLegacyMagic) {
      fail(ErrorCode::Corrupt, file_name, "is not a PyTorch file");
    }
    const PickleTree protocol = next_pickle();
    if (protocol[protocol.root].kind != PickleKind::Int ||
        protocol[protocol.root].integer() != kLegacyProtocol) {
      fail(ErrorCode::Unsupported, file_name, "has an unknown version of the old PyTorch layout");
    }
    const PickleTree system = next_pickle();
    const auto little = system.find(system.root, "little_endian");
    if (little && system[*little].kind == PickleKind::Bool && system[*little].integer() == 0) {
      fail(ErrorCode::Unsupported, file_name, "its numbers are not little-endian");
    }
    tree = next_pickle();
    const PickleTree keys = next_pickle();
    find_legacy_blocks(keys, position);
  }

  /// After the pickles: for each key an int64 number of elements, then the elements.
  void find_legacy_blocks(const PickleTree& keys, std::uint64_t position) {
    std::map<std::string, NumberFormat, std::less<>> formats;
    for (const PickleValue& value : tree.values) {
      if (value.kind == PickleKind::Storage) {
        formats[value.storage().key] = value.storage().format;
      }
    }
    if (keys[keys.root].kind != PickleKind::List) {
      fail(ErrorCode::Corrupt, file_name, "lacks the list of its storages");
    }
    for (const PickleIndex index : keys[keys.root].items()) {
      const auto format =
          keys[index].kind == PickleKind::String ? formats.find(keys[index].text()) : formats.end();
      if (format == formats.end() || bytes.size() - position < 8) {
        fail(ErrorCode::Corrupt, file_name, "lists a storage that is not there");
      }
      std::uint64_t count = 0;
      std::memcpy(&count, bytes.data() + position, 8);
      position += 8;
      const std::uint64_t size = bytes_per_number(format->second);
      if (count > (bytes.size() - position) / size) {
        fail(ErrorCode::Corrupt, file_name,
             "storage " + format->first + " claims " + std::to_string(count) +
                 " elements, more than the file has (is it cut short?)");
      }
      blocks[format->first] = {position, count * size};
      position += count * size;
    }
  }

  void collect() {
    PickleIndex top = tree.root;
    if (const auto state = tree.find(top, "state_dict");
        state && tree[*state].kind == PickleKind::Dict) {
      top = *state;
    }
    collect_below(top, "", 0);
  }

  void collect_below(PickleIndex index, const std::string& name, int depth) {
    if (++visits > kMaxVisits) {
      fail(ErrorCode::Unsupported, file_name, "holds too many values");
    }
    const PickleValue& value = tree[index];
    if (value.kind == PickleKind::Tensor) {
      add(name, value.tensor());
      return;
    }
    if (auto plain = plain_value(value)) {
      if (result.values_.size() < kMaxPlainValues) {
        result.values_.insert_or_assign(name, *std::move(plain));
      }
      return;
    }
    const bool script = tree[tree.root].kind == PickleKind::Object;
    if (depth >= (script ? kMaxScriptNesting : kMaxNesting)) {
      return;
    }
    const std::string prefix = name.empty() ? "" : name + ".";
    if (value.kind == PickleKind::Dict || value.kind == PickleKind::Object) {
      for (std::size_t i = 0; i + 1 < value.items().size(); i += 2) {
        const PickleValue& key = tree[value.items()[i]];
        if (key.kind == PickleKind::String && key.text().size() <= kMaxKeyBytes) {
          collect_below(value.items()[i + 1], prefix + key.text(), depth + 1);
        } else if (key.kind == PickleKind::Int) {
          collect_below(value.items()[i + 1], prefix + std::to_string(key.integer()), depth + 1);
        }
      }
    } else if (value.kind == PickleKind::List || value.kind == PickleKind::Tuple) {
      for (std::size_t i = 0; i < value.items().size(); ++i) {
        collect_below(value.items()[i], prefix + std::to_string(i), depth + 1);
      }
    }
  }

  void add(const std::string& name, const PickleTensor& tensor) {
    const PickleStorage& storage = tree[tensor.storage].storage();
    const auto block = blocks.find(storage.key);
    if (block == blocks.end()) {
      fail(ErrorCode::Corrupt, file_name,
           "\"" + name + "\": its numbers (storage " + storage.key + ") are not in the file");
    }
    Entry entry{storage.format, tensor.shape, tensor.stride, 0};
    const std::uint64_t size = bytes_per_number(entry.format);
    check_view(name, tensor, block->second.bytes / size);
    entry.begin = block->second.offset + static_cast<std::uint64_t>(tensor.offset) * size;
    if (result.entries_.size() >= kMaxTensors) {
      fail(ErrorCode::Unsupported, file_name, "holds too many tensors");
    }
    result.entries_.insert_or_assign(name, std::move(entry));
  }

  /// Checks that the view lies inside its storage and names no more elements than the storage has.
  void check_view(const std::string& name,
                  const PickleTensor& tensor,
                  std::uint64_t available) const {
    bool bad = tensor.offset < 0 || static_cast<std::uint64_t>(tensor.offset) > available;
    std::int64_t last = 0;
    std::int64_t count = 1;
    bool empty = false;
    for (std::size_t i = 0; i < tensor.shape.size() && !bad; ++i) {
      std::int64_t step = 0;
      bad = tensor.shape[i] < 0 || tensor.stride[i] < 0 ||
            __builtin_mul_overflow(count, tensor.shape[i], &count) ||
            __builtin_mul_overflow(std::max<std::int64_t>(tensor.shape[i] - 1, 0), tensor.stride[i],
                                   &step) ||
            __builtin_add_overflow(last, step, &last);
      empty = empty || tensor.shape[i] == 0;
    }
    const std::uint64_t touched = empty ? 0 : static_cast<std::uint64_t>(last) + 1;
    if (bad || static_cast<std::uint64_t>(count) > available ||
        touched > available - static_cast<std::uint64_t>(tensor.offset)) {
      fail(ErrorCode::Corrupt, file_name,
           "\"" + name + "\" reaches beyond its storage of " + std::to_string(available) +
               " elements");
    }
  }
};

std::shared_ptr<CheckpointFile> CheckpointFile::open(const std::filesystem::path& path) {
  std::shared_ptr<CheckpointFile> result(new CheckpointFile(MappedFile::open(path)));
  Builder builder(*result);
  if (looks_like_zip(builder.bytes)) {
    builder.read_zip();
  } else if (std::to_integer<unsigned char>(builder.bytes[0]) != 0x80) {
    fail(ErrorCode::Corrupt, builder.file_name,
         "begins like no PyTorch file (expected a ZIP archive or a pickle)");
  } else {
    builder.read_legacy();
  }
  builder.collect();
  return result;
}

const CheckpointFile::Entry& CheckpointFile::entry(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    throw Error(ErrorCode::NotFound, "[checkpoint] " + file_.path().string() +
                                         ": has no tensor \"" + std::string(name) + "\"");
  }
  return found->second;
}

std::vector<std::string> CheckpointFile::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    names.push_back(name);
  }
  return names;
}

bool CheckpointFile::contains(std::string_view name) const {
  return entries_.find(name) != entries_.end();
}

std::vector<std::int64_t> CheckpointFile::shape(std::string_view name) const {
  return entry(name).shape;
}

NumberFormat CheckpointFile::format(std::string_view name) const { return entry(name).format; }

void CheckpointFile::read(std::string_view name,
                          std::uint64_t begin,
                          std::span<std::byte> to) const {
  const Entry& found = entry(name);
  const std::uint64_t size = bytes_per_number(found.format);
  const std::uint64_t all = number_count(*this, name) * size;
  PTRAVEL_CHECK(begin % size == 0 && to.size() % size == 0 && begin <= all &&
                to.size() <= all - begin);
  if (lies_without_gaps(found.shape, found.stride)) {
    file_.read(found.begin + begin, to.size(), to.data());
  } else {
    gather(found, begin / size, to);
  }
}

/// Takes numbers one by one through the mapping: rows of a transposed matrix lie far apart.
void CheckpointFile::gather(const Entry& from, std::uint64_t first, std::span<std::byte> to) const {
  const std::uint64_t size = bytes_per_number(from.format);
  std::vector<std::uint64_t> place(from.shape.size());
  for (std::size_t side = place.size(); side-- > 0 && !to.empty();) {
    place[side] = first % static_cast<std::uint64_t>(from.shape[side]);
    first /= static_cast<std::uint64_t>(from.shape[side]);
  }
  for (std::size_t at = 0; at < to.size(); at += size) {
    std::uint64_t offset = 0;
    for (std::size_t side = 0; side < place.size(); ++side) {
      offset += place[side] * static_cast<std::uint64_t>(from.stride[side]);
    }
    std::memcpy(to.data() + at, file_.bytes().data() + from.begin + offset * size, size);
    for (std::size_t side = place.size(); side-- > 0;) {
      if (++place[side] < static_cast<std::uint64_t>(from.shape[side])) {
        break;
      }
      place[side] = 0;
    }
  }
}

}  // namespace ptravel
