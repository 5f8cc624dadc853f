// Files of LoRA's family: any container, their names by layer, every layer's kind, and whether its
// shapes fit weights. What fits has to have the weight's size, and parts in bounds.
#include <vector>

#include "checkpoint/lora_modules.h"
#include "checkpoint/lora_shapes.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "tests/fuzz/harness.h"

namespace {

using ptravel::LoraShapes;

const LoraShapes::Shape kWeights[] = {{8},          {8, 6},       {8, 8},
                                      {4, 2, 3, 3}, {8, 9, 3, 3}, {2, 2, 1, 1}};

void try_on(const ptravel::StoredTensors& tensors, const ptravel::LoraModule& module) {
  using namespace ptravel;
  const auto kind = lora_kind(module);
  if (!kind) {
    return;
  }
  const LoraShapes shapes(module, *kind,
                          [&](const std::string& tensor) { return tensors.shape(tensor); });
  shapes.rank();
  for (const LoraShapes::Shape& weight : kWeights) {
    for (const bool on_input : {false, true}) {
      if (!shapes.fits(weight, weight.front(), [&] { return on_input; })) {
        continue;
      }
      for (const auto& [part, tensor] : module.parts) {
        for (const std::int64_t side : tensors.shape(tensor)) {
          fuzz::require(side > 0 && side <= std::int64_t{1} << 20, "sides in bounds");
        }
      }
      fuzz::require(!shapes.rank() || *shapes.rank() > 0, "a rank");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  static fuzz::MemoryFile file;
  file.write(fuzz::text_of(data, size));
  fuzz::parse([&] {
    const auto tensors = with_scales_applied(open_tensor_file(file.path()).tensors);
    for (const LoraModule& module : lora_modules(tensors->names())) {
      try_on(*tensors, module);
    }
  });
  return 0;
}

/// Puts the header's true length before a mutated header, so that mutations reach the names.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  using namespace ptravel;
  constexpr std::size_t kLength = 8;
  if (seed % 4 == 0 || size < kLength || data[kLength - 1] != 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::uint64_t length = 0;
  for (std::size_t i = kLength; i-- > 0;) {
    length = length << 8 | data[i];
  }
  const std::string_view all = fuzz::text_of(data, size);
  if (length > size - kLength) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  const std::string header = fuzz::mutated(std::string(all.substr(kLength, length)), length + 64);
  std::string made;
  for (std::size_t i = 0; i < kLength; ++i) {
    made.push_back(static_cast<char>(header.size() >> (8 * i) & 0xff));
  }
  made.append(header).append(all.substr(kLength + length));
  return fuzz::hand_over(made, data, size, max_size);
}
