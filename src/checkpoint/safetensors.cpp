#include "checkpoint/safetensors.h"

#include "ptravel/error.h"

namespace ptravel {

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
  return header_.entries.contains(name);
}

std::vector<std::int64_t> SafetensorsFile::shape(std::string_view name) const {
  return entry(name).shape;
}

NumberFormat SafetensorsFile::format(std::string_view name) const { return entry(name).format; }

void SafetensorsFile::read(std::string_view name,
                           std::uint64_t begin,
                           std::span<std::byte> to) const {
  const SafetensorsEntry& found = entry(name);
  const std::uint64_t size = found.end - found.begin;
  PTRAVEL_CHECK(begin <= size && to.size() <= size - begin);
  file_.read(header_.data_offset + found.begin + begin, to.size(), to.data());
}

}  // namespace ptravel
