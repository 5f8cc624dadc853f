// Files of hypernetworks: structure, names, widths.
#include "checkpoint/hypernetwork_file.h"
#include "tests/fuzz/zip_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  static fuzz::MemoryFile file;
  file.write(fuzz::text_of(data, size));
  fuzz::parse([&] {
    const HypernetworkFile opened = open_hypernetwork(file.path());
    fuzz::require(!opened.widths.empty() && !opened.layers.empty(), "networks with layers");
    int index = -1;
    for (const HypernetworkLayer& layer : opened.layers) {
      fuzz::require(layer.index > index, "rising indices");
      fuzz::require(layer.in_share > 0 && layer.in_share <= 64 && layer.out_share > 0 &&
                        layer.out_share <= 64,
                    "shares above 0 and at most 64");
      index = layer.index;
    }
    for (const std::int64_t width : opened.widths) {
      fuzz::require(width >= 1 && width <= 65536, "a width from 1 to 65536");
    }
  });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  return ptravel::fuzz::mutate_archive(data, size, max_size, seed);
}
