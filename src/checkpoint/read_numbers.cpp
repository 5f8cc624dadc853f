#include "checkpoint/read_numbers.h"

#include <ATen/ATen.h>

#include "tensor/cpu/parallel.h"

namespace ptravel {
namespace {

constexpr std::int64_t kBytesPerTask = std::int64_t{1} << 20;

}  // namespace

at::Tensor read_numbers(const MappedFile& file,
                        std::uint64_t offset,
                        std::int64_t count,
                        at::ScalarType type) {
  at::Tensor numbers = at::empty({count}, at::TensorOptions().dtype(type));
  auto* to = static_cast<std::byte*>(numbers.data_ptr());
  const auto bytes = count * static_cast<std::int64_t>(c10::elementSize(type));
  cpu::parallel_ranges(bytes, kBytesPerTask, [&](std::int64_t begin, std::int64_t end) {
    file.read(offset + static_cast<std::uint64_t>(begin), static_cast<std::size_t>(end - begin),
              to + begin);
  });
  return numbers;
}

}  // namespace ptravel
