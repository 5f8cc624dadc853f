// Config files of models. The first byte chooses the file: those of a diffusers folder, the index
// of its shards, or what lies beside a single file.
#include "checkpoint/config.h"
#include "checkpoint/diffusers.h"
#include "tests/fuzz/harness.h"
#include "tests/support/tiny_files.h"

namespace {

using namespace ptravel;

constexpr const char* kFiles[] = {
    "unet/config.json",
    "vae/config.json",
    "text_encoder/config.json",
    "scheduler/scheduler_config.json",
    "vae/diffusion_pytorch_model.safetensors.index.json",
    "m.json",
    "config.json",
    "m.yaml",
};

/// A folder whose weights are no more than their names.
const fuzz::MemoryFolder& folder() {
  static const fuzz::MemoryFolder* made = [] {
    auto* result = new fuzz::MemoryFolder;
    const auto write = [&](const char* name, const TinyTensors& tensors) {
      write_tiny_safetensors(result->path() / name, tensors);
    };
    const TinyTensor one = tiny_tensor({1, 1});
    write("unet/diffusion_pytorch_model.safetensors",
          {{"conv_in.weight", one}, {"conv_out.weight", one}});
    write("vae/part.safetensors", {{"decoder.conv_in.weight", one}});
    write("text_encoder/model.safetensors", {{"text_model.embeddings.token_embedding.weight", one},
                                             {"text_model.final_layer_norm.weight", one}});
    result->write("vae/diffusion_pytorch_model.safetensors.index.json",
                  R"({"weight_map":{"a":"part.safetensors"}})");
    return result;
  }();
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const char* name = kFiles[data[0] % std::size(kFiles)];
  const auto path = folder().path() / name;
  const bool restored = data[0] % std::size(kFiles) == 4;
  folder().write(name, fuzz::text_of(data + 1, size - 1));
  fuzz::parse([&] { open_diffusers(folder().path(), false); });
  fuzz::parse([&] { read_hints_beside(folder().path() / "m.safetensors"); });
  if (restored) {
    folder().write(name, R"({"weight_map":{"a":"part.safetensors"}})");
  } else {
    std::filesystem::remove(path);
  }
  return 0;
}
