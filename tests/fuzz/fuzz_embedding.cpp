// Textual inversion: files of embeddings, the JSON text and the pictures that carry it, bundles in
// LoRA files.
#include <cmath>

#include "checkpoint/embedding_file.h"
#include "checkpoint/tensor_file.h"
#include "media/embedding_picture.h"
#include "media/image_codecs.h"
#include "tests/fuzz/zip_mutator.h"

namespace {

void check(const ptravel::EmbeddingContent& content) {
  using ptravel::fuzz::require;
  require(content.rows.size() == 1 || content.rows.size() == 2, "one encoder or two");
  for (const ptravel::EmbeddingRows& rows : content.rows) {
    require(rows.count >= 1 && rows.width >= 1, "sides of at least 1");
    require(rows.numbers.size() == static_cast<std::size_t>(rows.count * rows.width),
            "as many numbers as the shape says");
    for (const float number : rows.numbers) {
      require(std::isfinite(number), "finite numbers");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  static fuzz::MemoryFile file;
  const std::string_view bytes = fuzz::text_of(data, size);
  file.write(bytes);
  fuzz::parse([&] { check(open_embedding(file.path())); });
  fuzz::parse([&] { check(parse_embedding_json(bytes, "fuzz")); });
  fuzz::parse([&] {
    const TensorFile opened = open_tensor_file(file.path());
    for (const std::string& name : bundled_embeddings(*opened.tensors)) {
      fuzz::parse([&] { check(read_embedding(*opened.tensors, bundle_prefix(name), "fuzz")); });
    }
  });
  fuzz::parse([&] {
    // The bytes as pixels, 16 to a row.
    DecodedImage image;
    image.width = 16;
    image.height = static_cast<int>(size / 48);
    image.pixels.assign(data, data + std::size_t{48} * static_cast<std::size_t>(image.height));
    if (image.height > 0) {
      embedding_in_pixels(image, "fuzz");
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
