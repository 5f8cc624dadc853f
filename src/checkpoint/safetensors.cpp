#include "checkpoint/safetensors.h"

#include <algorithm>
#include <cstring>

#include <ATen/ATen.h>

#include "ptravel/error.h"

#include "checkpoint/read_numbers.h"

namespace ptravel {
namespace {

struct DtypeName {
  std::string_view name;
  at::ScalarType type;
};

constexpr DtypeName kReadable[] = {
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"I16", at::kShort},
    {"I8", at::kChar},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
    // LibTorch has no unsigned types of these widths everywhere: they are widened.
    {"U16", at::kInt},
    {"U32", at::kLong}};

/// Copies unsigned numbers into the next wider signed type.
template <typename From, typename To>
at::Tensor widened(const std::byte* data, at::IntArrayRef shape, at::ScalarType type) {
  at::Tensor copy = at::empty(shape, at::TensorOptions().dtype(type));
  auto* to = copy.data_ptr<To>();
  for (std::int64_t i = 0; i < copy.numel(); ++i) {
    From number = 0;
    std::memcpy(&number, data + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
    to[i] = static_cast<To>(number);
  }
  return copy;
}

}  // namespace

std::shared_ptr<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  MappedFile file = MappedFile::open(path);
  SafetensorsHeader header = parse_safetensors_header(file.bytes(), path.string());
  return std::shared_ptr<SafetensorsFile>(new SafetensorsFile(std::move(file), std::move(header)));
}

const SafetensorsEntry& SafetensorsFile::entry(std::string_view name) const {
  const auto found = header_.entries.find(name);
  if (found == header_.entries.end()) {
    throw Error(ErrorCode::NotFound, "[safetensors] " + file_.path().string() +
                                         ": has no tensor \"" + std::string(name) + "\"");
  }
  return found->second;
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  names.reserve(header_.entries.size());
  for (const auto& [name, entry] : header_.entries) {
    names.push_back(name);
  }
  return names;
}

bool SafetensorsFile::contains(std::string_view name) const {
  return header_.entries.find(name) != header_.entries.end();
}

std::vector<std::int64_t> SafetensorsFile::shape(std::string_view name) const {
  return entry(name).shape;
}

at::ScalarType SafetensorsFile::dtype(std::string_view name) const {
  const std::string& dtype = entry(name).dtype;
  for (const DtypeName& readable : kReadable) {
    if (readable.name == dtype) {
      return readable.type;
    }
  }
  throw Error(ErrorCode::Unsupported, "[safetensors] " + file_.path().string() + ": tensor \"" +
                                          std::string(name) + "\" is stored as " + dtype +
                                          "; expected one of F16, BF16, F32, F64 or integers");
}

at::Tensor SafetensorsFile::tensor(std::string_view name) const {
  const SafetensorsEntry& found = entry(name);
  const at::ScalarType type = dtype(name);
  const std::byte* data = file_.bytes().data() + header_.data_offset + found.begin;
  if (found.dtype == "U16") {
    return widened<std::uint16_t, std::int32_t>(data, found.shape, type);
  }
  if (found.dtype == "U32") {
    return widened<std::uint32_t, std::int64_t>(data, found.shape, type);
  }
  const auto count = static_cast<std::int64_t>((found.end - found.begin) / c10::elementSize(type));
  return read_numbers(file_, header_.data_offset + found.begin, count, type).reshape(found.shape);
}

}  // namespace ptravel
