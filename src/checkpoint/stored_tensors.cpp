#include "checkpoint/stored_tensors.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "checkpoint/decode_numbers.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Shape = RenamedTensors::Shape;
using View = RenamedTensors::View;

std::vector<std::int64_t> reshaped(std::vector<std::int64_t> stored, const View& view) {
  if (view.shape == Shape::PointConvolution && stored.size() == 2) {
    stored.insert(stored.end(), {1, 1});
  } else if (view.shape == Shape::Matrix && stored.size() == 4 && stored[2] == 1 &&
             stored[3] == 1) {
    stored.resize(2);
  } else if (view.shape == Shape::Transposed && stored.size() == 2) {
    std::swap(stored[0], stored[1]);
  } else if (view.pieces > 1) {
    stored[0] /= view.pieces;
  }
  return stored;
}

/// Reads a part of a matrix's transpose. The whole matrix is read for it: those that are turned are
/// small.
void read_transposed(const StoredTensors& source,
                     std::string_view name,
                     std::uint64_t begin,
                     std::span<std::byte> to) {
  const std::vector<std::int64_t> shape = source.shape(name);
  const std::uint64_t size = bytes_per_number(source.format(name));
  std::vector<std::byte> stored(number_count(source, name) * size);
  source.read(name, 0, stored);
  const auto rows = static_cast<std::uint64_t>(shape[0]);
  const auto columns = static_cast<std::uint64_t>(shape[1]);
  for (std::uint64_t done = 0; done < to.size(); done += size) {
    const std::uint64_t place = (begin + done) / size;
    const std::uint64_t from = (place % rows) * columns + place / rows;
    std::memcpy(to.data() + done, stored.data() + from * size, size);
  }
}

}  // namespace

std::uint64_t number_count(const StoredTensors& tensors, std::string_view name) {
  std::uint64_t count = 1;
  for (const std::int64_t side : tensors.shape(name)) {
    count *= static_cast<std::uint64_t>(side);
  }
  return count;
}

bool has_prefix(const StoredTensors& tensors, std::string_view prefix) {
  const auto names = tensors.names();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

std::vector<double> read_numbers(const StoredTensors& tensors, std::string_view name) {
  const NumberFormat format = tensors.format(name);
  const std::uint64_t size = bytes_per_number(format);
  std::vector<std::byte> bytes(number_count(tensors, name) * size);
  tensors.read(name, 0, bytes);
  std::vector<double> numbers;
  numbers.reserve(bytes.size() / size);
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    numbers.push_back(decode_number(bytes.data() + at, format));
  }
  return numbers;
}

void RenamedTensors::add(std::string name,
                         std::shared_ptr<const StoredTensors> source,
                         std::string source_name,
                         View view) {
  PTRAVEL_CHECK(view.pieces == 1 || view.shape == Shape::AsStored);
  if (view.pieces > 1) {
    const std::vector<std::int64_t> shape = source->shape(source_name);
    if (shape.empty() || shape[0] % view.pieces != 0) {
      throw Error(ErrorCode::Corrupt,
                  "[checkpoint] " + source->file(source_name).string() + ": tensor \"" +
                      source_name + "\" has " + (shape.empty() ? "no" : std::to_string(shape[0])) +
                      " rows, expected a multiple of " + std::to_string(view.pieces));
    }
  }
  entries_.insert_or_assign(std::move(name),
                            Entry{std::move(source), std::move(source_name), view});
}

void RenamedTensors::remove(std::string_view name) {
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    entries_.erase(found);
  }
}

const RenamedTensors::Entry& RenamedTensors::find(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    throw Error(ErrorCode::NotFound,
                "[checkpoint] there is no tensor \"" + std::string(name) + "\"");
  }
  return found->second;
}

std::vector<std::string> RenamedTensors::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    names.push_back(name);
  }
  return names;
}

bool RenamedTensors::contains(std::string_view name) const { return entries_.contains(name); }

std::vector<std::int64_t> RenamedTensors::shape(std::string_view name) const {
  const Entry& entry = find(name);
  return reshaped(entry.source->shape(entry.name), entry.view);
}

NumberFormat RenamedTensors::format(std::string_view name) const {
  const Entry& entry = find(name);
  return entry.source->format(entry.name);
}

std::filesystem::path RenamedTensors::file(std::string_view name) const {
  const Entry& entry = find(name);
  return entry.source->file(entry.name);
}

void RenamedTensors::read(std::string_view name,
                          std::uint64_t begin,
                          std::span<std::byte> to) const {
  const Entry& entry = find(name);
  if (entry.view.shape == Shape::Transposed && entry.source->shape(entry.name).size() == 2) {
    read_transposed(*entry.source, entry.name, begin, to);
    return;
  }
  std::uint64_t skipped = 0;
  if (entry.view.pieces > 1) {
    skipped = number_count(*this, name) * static_cast<std::uint64_t>(entry.view.piece) *
              bytes_per_number(entry.source->format(entry.name));
  }
  entry.source->read(entry.name, skipped + begin, to);
}

}  // namespace ptravel
