// The same SDXL weights in every container that people have: the same pictures, byte for byte.
#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/safetensors_writer.h"
#include "model/tensor_sources.h"
#include "pipeline/latents.h"
#include "pipeline/pipeline.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

using nlohmann::json;
using Path = std::filesystem::path;

const Path kSet = PTRAVEL_TEST_DATA "/tiny_sdxl";

std::vector<std::uint8_t> drawn_with(const Path& model) {
  PipelineOptions options;
  options.model = model;
  options.precision = Precision::Fp32;
  auto pipeline = Pipeline::open(options);
  Progress progress;
  pipeline->load(progress);
  PictureBatch batch;
  batch.width = 64;
  batch.height = 64;
  batch.images.push_back(pipeline->encoder().encode("a (cat:1.2)", "", {}));
  batch.seeds.resize(1);
  SamplingSettings settings;
  settings.sampler = "Euler";
  settings.num_steps = 2;
  return decode_latents(pipeline->vae(), pipeline->sample(settings, batch)).at(0).pixels;
}

const std::vector<std::uint8_t>& drawn_with_the_single_file() {
  static const std::vector<std::uint8_t> picture = drawn_with(kSet / "model.safetensors");
  return picture;
}

/// What a diffusers folder has of a single file's tensor, by a row of diffusers_keys.json.
at::Tensor as_in_folder(const at::Tensor& stored, const json& row) {
  const std::string operation = row.size() > 2 ? row[2].get<std::string>() : "";
  int first = 0;
  int last = 0;
  if (std::sscanf(operation.c_str(), "rows %d..%d", &first, &last) == 2) {
    return stored.slice(0, first, last + 1).contiguous();
  }
  if (operation == "transposed") {
    return stored.t().contiguous();
  }
  return row.size() > 3 ? stored.reshape(row[3].get<std::vector<std::int64_t>>()) : stored;
}

/// Writes a part's tensors as three shards with their index.
void write_shards(const Path& file, const std::map<std::string, at::Tensor>& tensors) {
  constexpr std::size_t kShards = 3;
  std::map<std::string, at::Tensor> shards[kShards];
  json index = {{"metadata", {{"total_size", 0}}}, {"weight_map", json::object()}};
  std::size_t place = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t shard = place++ % kShards;
    const std::string shard_name =
        file.stem().string() + "-0000" + std::to_string(shard + 1) + "-of-00003.safetensors";
    index["weight_map"][name] = shard_name;
    shards[shard].emplace(name, tensor);
  }
  for (std::size_t i = 0; i < kShards; ++i) {
    write_safetensors(file.parent_path() / (file.stem().string() + "-0000" + std::to_string(i + 1) +
                                            "-of-00003.safetensors"),
                      shards[i]);
  }
  std::ofstream(file.string() + ".index.json") << index.dump();
}

TEST(ModelContainers, AShardedFolderDrawsTheSame) {
  const TemporaryFolder folder;
  std::filesystem::copy(kSet / "diffusers", folder / "model",
                        std::filesystem::copy_options::recursive);
  const auto model = FileTensors::open(kSet / "model.safetensors");
  std::ifstream stream(kSet / "diffusers_keys.json");
  const json keys = json::parse(stream);
  for (const json& file : keys.at("files")) {
    std::map<std::string, at::Tensor> tensors;
    for (const json& row : file.at("tensors")) {
      tensors.insert_or_assign(row[0].get<std::string>(),
                               as_in_folder(model->tensor(row[1].get<std::string>()), row));
    }
    const Path path = folder / "model" / file.at("file").get<std::string>();
    std::filesystem::create_directories(path.parent_path());
    write_shards(path, tensors);
  }
  EXPECT_EQ(drawn_with(folder / "model"), drawn_with_the_single_file());
}

TEST(ModelContainers, PyTorchFilesOfBothAgesDrawTheSame) {
  const TemporaryFolder folder;
  std::filesystem::copy(kSet / "config.json", folder / "config.json");
  const auto file = FileTensors::open(kSet / "model.safetensors");
  TinyTensors tensors;
  for (const std::string& name : file->names()) {
    const at::Tensor stored = file->tensor(name);
    const at::Tensor numbers = stored.to(at::kDouble).contiguous();
    const double* first = numbers.data_ptr<double>();
    tensors[name] = {stored.sizes().vec(),
                     {first, first + numbers.numel()},
                     number_format(stored.scalar_type()).value()};
  }
  write_checkpoint(folder / "old.ckpt", tensors, {.legacy = true});
  EXPECT_EQ(drawn_with(folder / "old.ckpt"), drawn_with_the_single_file());
  std::filesystem::remove(folder / "old.ckpt");
  write_checkpoint(folder / "new.ckpt", tensors);
  EXPECT_EQ(drawn_with(folder / "new.ckpt"), drawn_with_the_single_file());
}

}  // namespace
}  // namespace ptravel
