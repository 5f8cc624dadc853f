#include "model/tensor_sources.h"

#include <ATen/ATen.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

template <typename Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> result;
  result.reserve(map.size());
  for (const auto& [name, value] : map) {
    result.push_back(name);
  }
  return result;
}

template <typename Map>
const typename Map::mapped_type& find_in(const Map& map, std::string_view name) {
  const auto found = map.find(name);
  if (found == map.end()) {
    throw Error(ErrorCode::NotFound, "[weights] there is no tensor \"" + std::string(name) + "\"");
  }
  return found->second;
}

using Shape = RenamedTensors::Shape;

std::vector<std::int64_t> reshaped(std::vector<std::int64_t> stored, Shape shape) {
  if (shape == Shape::PointConvolution && stored.size() == 2) {
    stored.insert(stored.end(), {1, 1});
  } else if (shape == Shape::Matrix && stored.size() == 4 && stored[2] == 1 && stored[3] == 1) {
    stored.resize(2);
  }
  return stored;
}

}  // namespace

void MemoryTensors::add(std::string name, at::Tensor tensor) {
  tensors_.insert_or_assign(std::move(name), std::move(tensor));
}

const at::Tensor& MemoryTensors::find(std::string_view name) const {
  return find_in(tensors_, name);
}

std::vector<std::string> MemoryTensors::names() const { return keys(tensors_); }

bool MemoryTensors::contains(std::string_view name) const {
  return tensors_.find(name) != tensors_.end();
}

std::vector<std::int64_t> MemoryTensors::shape(std::string_view name) const {
  return find(name).sizes().vec();
}

at::ScalarType MemoryTensors::dtype(std::string_view name) const {
  return find(name).scalar_type();
}

at::Tensor MemoryTensors::tensor(std::string_view name) const { return find(name); }

void RenamedTensors::add(std::string name,
                         std::shared_ptr<const TensorSource> source,
                         std::string source_name,
                         Shape shape) {
  entries_.insert_or_assign(std::move(name),
                            Entry{std::move(source), std::move(source_name), shape});
}

void RenamedTensors::remove(std::string_view name) {
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    entries_.erase(found);
  }
}

const RenamedTensors::Entry& RenamedTensors::find(std::string_view name) const {
  return find_in(entries_, name);
}

std::vector<std::string> RenamedTensors::names() const { return keys(entries_); }

bool RenamedTensors::contains(std::string_view name) const {
  return entries_.find(name) != entries_.end();
}

std::vector<std::int64_t> RenamedTensors::shape(std::string_view name) const {
  const Entry& entry = find(name);
  return reshaped(entry.source->shape(entry.name), entry.shape);
}

at::ScalarType RenamedTensors::dtype(std::string_view name) const {
  const Entry& entry = find(name);
  return entry.source->dtype(entry.name);
}

std::string RenamedTensors::dtype_name(std::string_view name) const {
  const Entry& entry = find(name);
  return entry.source->dtype_name(entry.name);
}

at::Tensor RenamedTensors::tensor(std::string_view name) const {
  const Entry& entry = find(name);
  const at::Tensor stored = entry.source->tensor(entry.name);
  return entry.shape == Shape::AsStored
             ? stored
             : stored.reshape(reshaped(stored.sizes().vec(), entry.shape));
}

}  // namespace ptravel
