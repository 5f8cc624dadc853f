#include "tests/support/tiny_files.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace ptravel {
namespace {

struct StorageName {
  NumberFormat format;
  const char* storage;
};

constexpr StorageName kStorages[] = {
    {NumberFormat::F64, "DoubleStorage"}, {NumberFormat::F32, "FloatStorage"},
    {NumberFormat::F16, "HalfStorage"},   {NumberFormat::BF16, "BFloat16Storage"},
    {NumberFormat::I64, "LongStorage"},   {NumberFormat::I32, "IntStorage"},
    {NumberFormat::I16, "ShortStorage"},  {NumberFormat::I8, "CharStorage"},
    {NumberFormat::U8, "ByteStorage"},    {NumberFormat::Bool, "BoolStorage"},
};

const char* storage_name(NumberFormat format) {
  for (const StorageName& row : kStorages) {
    if (row.format == format) {
      return row.storage;
    }
  }
  throw std::logic_error("no storage type for this tensor");
}

/// IEEE 754 half precision, rounded to the nearest, ties to even.
std::uint16_t to_half(double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double size = std::fabs(value);
  if (std::isnan(value) || size >= 65520) {
    return sign | (std::isnan(value) ? 0x7e00 : 0x7c00);
  }
  int exponent = 0;
  std::frexp(size, &exponent);
  exponent = std::max(exponent - 1, -14);
  // Below the smallest normal number the fraction has no leading one and the exponent field is 0.
  const auto fraction = static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)));
  const int field = fraction < 0x400 ? 0 : exponent + 14;
  return static_cast<std::uint16_t>(sign | ((field << 10) + fraction));
}

std::uint16_t to_bfloat16(double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  return static_cast<std::uint16_t>(std::isnan(value) ? 0x7fc0
                                                      : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// Four bits of exponent, three of fraction, rounded to the nearest, ties to even; too large ones
/// become the largest.
std::uint8_t to_e4m3(double value) {
  const std::uint8_t sign = std::signbit(value) ? 0x80 : 0;
  const double size = std::fabs(value);
  if (std::isnan(value) || size >= 448) {
    return sign | (std::isnan(value) ? 0x7f : 0x7e);
  }
  int exponent = 0;
  std::frexp(size, &exponent);
  exponent = std::max(exponent - 1, -6);
  const auto fraction = static_cast<int>(std::nearbyint(std::ldexp(size, 3 - exponent)));
  const int field = fraction < 0x8 ? 0 : exponent + 6;
  return static_cast<std::uint8_t>(sign | ((field << 3) + fraction));
}

/// The upper byte of a half, rounded to the nearest, ties to even.
std::uint8_t to_e5m2(double value) {
  const std::uint16_t half = to_half(value);
  return static_cast<std::uint8_t>((half + 0x7f + (half >> 8 & 1)) >> 8);
}

std::uint64_t number_bits(double value, NumberFormat format) {
  switch (format) {
    case NumberFormat::F64:
      return std::bit_cast<std::uint64_t>(value);
    case NumberFormat::F32:
      return std::bit_cast<std::uint32_t>(static_cast<float>(value));
    case NumberFormat::F16:
      return to_half(value);
    case NumberFormat::BF16:
      return to_bfloat16(value);
    case NumberFormat::F8E4M3:
      return to_e4m3(value);
    case NumberFormat::F8E5M2:
      return to_e5m2(value);
    default:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
}

/// The numbers of a tensor as a checkpoint's storage has them.
std::string storage_bytes(const TinyTensor& tensor) {
  if (!tensor.turned) {
    return tensor.bytes();
  }
  const auto rows = static_cast<std::size_t>(tensor.shape.at(0));
  const auto columns = static_cast<std::size_t>(tensor.shape.at(1));
  TinyTensor stored = tensor;
  for (std::size_t i = 0; i < stored.numbers.size(); ++i) {
    stored.numbers[i] = tensor.numbers[i % rows * columns + i / rows];
  }
  return stored.bytes();
}

std::vector<std::int64_t> strides(const TinyTensor& tensor) {
  if (tensor.turned) {
    return {1, tensor.shape.at(0)};
  }
  std::vector<std::int64_t> result(tensor.shape.size(), 1);
  for (std::size_t side = result.size(); side-- > 1;) {
    result[side - 1] = result[side] * std::max<std::int64_t>(tensor.shape[side], 1);
  }
  return result;
}

std::string text_pickle(const std::string& text) {
  return std::string("X") + little_endian(text.size(), 4) + text;
}

std::string tuple_pickle(const std::vector<std::int64_t>& numbers) {
  std::string result = "(";
  for (const std::int64_t number : numbers) {
    result.append("J").append(little_endian(static_cast<std::uint64_t>(number), 4));
  }
  return result + "t";
}

std::string tensor_pickle(const TinyTensor& tensor, const std::string& key, bool legacy) {
  const std::string storage = std::string("(") + text_pickle("storage") + "ctorch\n" +
                              storage_name(tensor.format) + "\n" + text_pickle(key) +
                              text_pickle("cpu") + "J" + little_endian(tensor.numbers.size(), 4) +
                              (legacy ? "N" : "") + "tQ";
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + "K" + std::string(1, '\0') +
         tuple_pickle(tensor.shape) + tuple_pickle(strides(tensor)) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

std::array<std::uint32_t, 256> crc32_of_bytes() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    table[byte] = crc;
  }
  return table;
}

std::uint32_t crc32(const std::string& bytes) {
  static const std::array<std::uint32_t, 256> table = crc32_of_bytes();
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 0xff];
  }
  return ~crc;
}

}  // namespace

std::string TinyTensor::bytes() const {
  const std::size_t width = bytes_per_number(format);
  std::string result(numbers.size() * width, '\0');
  char* next = result.data();
  for (const double number : numbers) {
    const std::uint64_t bits = number_bits(number, format);
    for (std::size_t i = 0; i < width; ++i) {
      *next++ = static_cast<char>(bits >> (8 * i) & 0xff);
    }
  }
  return result;
}

TinyTensor tiny_tensor(std::vector<std::int64_t> shape, double value, NumberFormat format) {
  return tiny_tensor(
      std::move(shape), [value](std::size_t) { return value; }, format);
}

TinyTensor tiny_tensor(std::vector<std::int64_t> shape,
                       const std::function<double(std::size_t)>& numbers,
                       NumberFormat format) {
  std::size_t count = 1;
  for (const std::int64_t side : shape) {
    count *= static_cast<std::size_t>(side);
  }
  TinyTensor tensor{std::move(shape), std::vector<double>(count), format};
  for (std::size_t i = 0; i < count; ++i) {
    tensor.numbers[i] = numbers(i);
  }
  return tensor;
}

TinyTensor changed(TinyTensor tensor, const std::function<double(double)>& change) {
  std::transform(tensor.numbers.begin(), tensor.numbers.end(), tensor.numbers.begin(), change);
  return tensor;
}

std::string little_endian(std::uint64_t value, int bytes) {
  std::string result;
  for (int i = 0; i < bytes; ++i) {
    result += static_cast<char>(value >> (8 * i) & 0xff);
  }
  return result;
}

std::string safetensors_bytes(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_tiny_safetensors(const std::filesystem::path& path,
                            const TinyTensors& tensors,
                            const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) {
    header["__metadata__"] = metadata;
  }
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::string bytes = tensor.bytes();
    header[name] = {{"dtype", number_format_name(tensor.format)},
                    {"shape", tensor.shape},
                    {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    data += bytes;
  }
  write_bytes(path, safetensors_bytes(header.dump(), data));
}

std::string zip_bytes(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string archive;
  std::string directory;
  for (const auto& [name, content] : members) {
    const std::string sizes = little_endian(crc32(content), 4) + little_endian(content.size(), 4) +
                              little_endian(content.size(), 4);
    const std::string common = std::string(8, '\0') + sizes + little_endian(name.size(), 2);
    directory += std::string("PK\x01\x02") + little_endian(0, 4) + common + std::string(12, '\0') +
                 little_endian(archive.size(), 4) + name;
    archive += std::string("PK\x03\x04") + little_endian(0, 2) + common + little_endian(0, 2) +
               name + content;
  }
  const std::string end = std::string("PK\x05\x06") + little_endian(0, 4) +
                          little_endian(members.size(), 2) + little_endian(members.size(), 2) +
                          little_endian(directory.size(), 4) + little_endian(archive.size(), 4) +
                          little_endian(0, 2);
  return archive + directory + end;
}

void write_checkpoint(const std::filesystem::path& path,
                      const TinyTensors& tensors,
                      const TinyCheckpointOptions& options) {
  std::string dict = "}(";
  std::string keys = "\x80\x02](";
  std::string legacy_data;
  std::vector<std::pair<std::string, std::string>> members(1);
  for (const auto& [name, tensor] : tensors) {
    const std::string key = std::to_string(members.size());
    dict += text_pickle(name) + tensor_pickle(tensor, key, options.legacy);
    keys += text_pickle(key);
    legacy_data += little_endian(tensor.numbers.size(), 8) + storage_bytes(tensor);
    members.emplace_back("archive/data/" + key, storage_bytes(tensor));
  }
  if (!options.state_dict && !options.extra_pickle.empty()) {
    dict += text_pickle("extra") + options.extra_pickle;
  }
  dict += "u";
  std::string top = dict;
  if (options.state_dict) {
    top = std::string("}(") + text_pickle("global_step") + "M" + little_endian(470, 2) +
          text_pickle("state_dict") + dict;
    if (!options.extra_pickle.empty()) {
      top += text_pickle("extra") + options.extra_pickle;
    }
    top += "u";
  }
  const std::string pickle = "\x80\x02" + top + ".";
  if (options.legacy) {
    const std::string magic = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19.";
    const std::string system = std::string("\x80\x02}") + text_pickle("little_endian") + "\x88s.";
    write_bytes(path, magic + "\x80\x02M\xe9\x03." + system + pickle + keys + "e." + legacy_data);
    return;
  }
  members[0] = {"archive/data.pkl", pickle};
  members.emplace_back("archive/version", "3\n");
  write_bytes(path, zip_bytes(members));
}

}  // namespace ptravel
