// Opens bytes as a file of weights, whatever its container, says what it is and reads every tensor.
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/model_family.h"
#include "checkpoint/noise_schedule.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "checkpoint/zip_archive.h"
#include "tests/fuzz/harness.h"
#include "tests/support/tiny_files.h"

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
    fuzz::parse([&] { read_alphas_cumprod(*opened.tensors); });
    fuzz::parse([&] { read_unet_config(*opened.tensors, {}); });
    fuzz::parse([&] { read_clip_config(*opened.tensors, {}); });
    fuzz::parse([&] { read_vae_config(*opened.tensors, {}); });
  });
  return 0;
}

/// Of a ZIP archive that can be read, mutates one member and packs it again; anything else is left
/// to libFuzzer.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data,
                                               std::size_t size,
                                               std::size_t max_size,
                                               unsigned int seed) {
  using namespace ptravel;
  std::vector<std::pair<std::string, std::string>> members;
  try {
    for (const auto& [name, member] :
         read_zip_directory(std::as_bytes(std::span(data, size)), "")) {
      members.emplace_back(name, fuzz::text_of(data, size).substr(member.offset, member.size));
    }
  } catch (const Error&) {
    members.clear();
  }
  if (seed % 8 == 0 || members.empty()) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  auto& [name, content] = members[seed / 8 % members.size()];
  content = fuzz::mutated(std::move(content), content.size() + 64);
  return fuzz::hand_over(zip_bytes(members), data, size, max_size);
}
