// Opens bytes as a file of weights, whatever its container, says what it is and reads every tensor.
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/model_family.h"
#include "checkpoint/noise_schedule.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "checkpoint/tiny_decoder_file.h"
#include "tests/fuzz/zip_mutator.h"

namespace {

void read_all(const ptravel::StoredTensors& tensors) {
  constexpr std::uint64_t kMost = 1 << 16;
  for (const std::string& name : tensors.names()) {
    const std::uint64_t bytes =
        ptravel::number_count(tensors, name) * ptravel::bytes_per_number(tensors.format(name));
    if (bytes <= kMost) {
      std::vector<std::byte> numbers(bytes);
      tensors.read(name, 0, numbers);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  static fuzz::MemoryFile file;
  file.write(fuzz::text_of(data, size));
  fuzz::parse([&] {
    const TensorFile opened = open_tensor_file(file.path());
    read_all(*opened.tensors);
    fuzz::parse([&] { read_all(*with_scales_applied(opened.tensors)); });
    recognise_model(*opened.tensors);
    fuzz::parse([&] { read_all(*open_tiny_decoder(file.path()).weights); });
    fuzz::parse([&] { read_alphas_cumprod(*opened.tensors); });
    fuzz::parse([&] { read_unet_config(*opened.tensors, {}); });
    fuzz::parse([&] { read_clip_config(*opened.tensors, {}); });
    fuzz::parse([&] { read_vae_config(*opened.tensors, {}); });
  });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  return ptravel::fuzz::mutate_archive(data, size, max_size, seed);
}
