#include "model/tensor_sources.h"

#include <ATen/ATen.h>

#include "checkpoint/decode_numbers.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "tensor/cpu/parallel.h"

namespace ptravel {
namespace {

constexpr std::int64_t kBytesPerTask = std::int64_t{1} << 20;

struct Counterpart {
  NumberFormat format;
  at::ScalarType type;
};

constexpr Counterpart kCounterparts[] = {
    {NumberFormat::F64, at::kDouble}, {NumberFormat::F32, at::kFloat},
    {NumberFormat::F16, at::kHalf},   {NumberFormat::BF16, at::kBFloat16},
    {NumberFormat::I64, at::kLong},   {NumberFormat::I32, at::kInt},
    {NumberFormat::I16, at::kShort},  {NumberFormat::I8, at::kChar},
    {NumberFormat::U8, at::kByte},    {NumberFormat::Bool, at::kBool},
};

/// Reads the numbers as they are into a tensor of `type`, whose numbers are as wide as the file's.
at::Tensor read_as(const StoredTensors& stored, std::string_view name, at::ScalarType type) {
  at::Tensor numbers = at::empty(stored.shape(name), at::TensorOptions().dtype(type));
  auto* to = static_cast<std::byte*>(numbers.data_ptr());
  const auto size = static_cast<std::int64_t>(numbers.element_size());
  cpu::parallel_ranges(
      numbers.numel(), kBytesPerTask / size, [&](std::int64_t begin, std::int64_t end) {
        stored.read(name, static_cast<std::uint64_t>(begin * size),
                    {to + begin * size, static_cast<std::size_t>((end - begin) * size)});
      });
  return numbers;
}

/// 8-bit floats, which LibTorch does not have, as float.
at::Tensor read_small_floats(const StoredTensors& stored, std::string_view name) {
  const at::Tensor bytes = read_as(stored, name, at::kByte);
  at::Tensor numbers = at::empty(bytes.sizes(), at::TensorOptions().dtype(at::kFloat));
  const auto* from = static_cast<const std::byte*>(bytes.data_ptr());
  auto* to = numbers.data_ptr<float>();
  cpu::parallel_ranges(bytes.numel(), kBytesPerTask, [&](std::int64_t begin, std::int64_t end) {
    const auto count = static_cast<std::size_t>(end - begin);
    decode_numbers(stored.format(name), {from + begin, count}, {to + begin, count});
  });
  return numbers;
}

bool is_small_float(NumberFormat format) {
  return format == NumberFormat::F8E4M3 || format == NumberFormat::F8E5M2;
}

}  // namespace

std::optional<at::ScalarType> scalar_type(NumberFormat format) {
  // LibTorch has no unsigned types of these widths everywhere: they are widened.
  if (format == NumberFormat::U16 || format == NumberFormat::U32) {
    return format == NumberFormat::U16 ? at::kInt : at::kLong;
  }
  if (is_small_float(format)) {
    return at::kFloat;
  }
  for (const Counterpart& row : kCounterparts) {
    if (row.format == format) {
      return row.type;
    }
  }
  return std::nullopt;
}

std::optional<NumberFormat> number_format(at::ScalarType type) {
  for (const Counterpart& row : kCounterparts) {
    if (row.type == type) {
      return row.format;
    }
  }
  return std::nullopt;
}

std::shared_ptr<FileTensors> FileTensors::open(const std::filesystem::path& path) {
  return std::make_shared<FileTensors>(with_scales_applied(open_tensor_file(path).tensors));
}

at::ScalarType FileTensors::dtype(std::string_view name) const {
  const auto type = scalar_type(stored_->format(name));
  if (!type) {
    throw Error(ErrorCode::Unsupported,
                "[weights] " + stored_->file(name).string() + ": tensor \"" + std::string(name) +
                    "\" is stored as " + std::string(number_format_name(stored_->format(name))) +
                    "; expected one of F8_E4M3, F8_E5M2, F16, BF16, F32, F64 or "
                    "integers");
  }
  return *type;
}

at::Tensor FileTensors::tensor(std::string_view name) const {
  const at::ScalarType type = dtype(name);
  switch (stored_->format(name)) {
    case NumberFormat::U16:
      return read_as(*stored_, name, at::kShort).to(type).bitwise_and_(0xffff);
    case NumberFormat::U32:
      return read_as(*stored_, name, at::kInt).to(type).bitwise_and_(std::int64_t{0xffffffff});
    case NumberFormat::F8E4M3:
    case NumberFormat::F8E5M2:
      return read_small_floats(*stored_, name);
    default:
      return read_as(*stored_, name, type);
  }
}

void MemoryTensors::add(std::string name, at::Tensor tensor) {
  tensors_.insert_or_assign(std::move(name), std::move(tensor));
}

const at::Tensor& MemoryTensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw Error(ErrorCode::NotFound, "[weights] there is no tensor \"" + std::string(name) + "\"");
  }
  return found->second;
}

std::vector<std::string> MemoryTensors::names() const {
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const auto& [name, tensor] : tensors_) {
    names.push_back(name);
  }
  return names;
}

bool MemoryTensors::contains(std::string_view name) const { return tensors_.contains(name); }

std::vector<std::int64_t> MemoryTensors::shape(std::string_view name) const {
  return find(name).sizes().vec();
}

at::ScalarType MemoryTensors::dtype(std::string_view name) const {
  return find(name).scalar_type();
}

at::Tensor MemoryTensors::tensor(std::string_view name) const { return find(name); }

}  // namespace ptravel
