#include "ptravel/models_list.h"

#include "base/enum_names.h"
#include "checkpoint/models_folder.h"
#include "postprocess/interpolator.h"
#include "postprocess/network_file.h"
#include "postprocess/upscaler_config.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr auto kKindNames = enum_names<FileKind>({{FileKind::Model, "model"},
                                                  {FileKind::Vae, "vae"},
                                                  {FileKind::Lora, "lora"},
                                                  {FileKind::Embedding, "embedding"},
                                                  {FileKind::Hypernetwork, "hypernetwork"},
                                                  {FileKind::Upscaler, "upscaler"},
                                                  {FileKind::Interpolator, "interpolator"},
                                                  {FileKind::PreviewVae, "preview_vae"}});

std::string describe_network(const FoundFile& file) {
  const NetworkFile network = NetworkFile::open(file.path);
  return file.kind == FileKind::Upscaler ? describe(recognize_upscaler(network.unwrapped()))
                                         : describe_interpolator(network);
}

ListedFile listed(const FoundFile& file) {
  ListedFile entry{std::string(kKindNames.name(file.kind)), file.name, file.path, {}, {}};
  if (file.kind == FileKind::Upscaler || file.kind == FileKind::Interpolator) {
    try {
      entry.description = describe_network(file);
    } catch (const Error& error) {
      entry.refusal = error.what();
    }
  }
  return entry;
}

}  // namespace

std::vector<ListedFile> list_models_folders(
    const std::vector<std::filesystem::path>& models_folders) {
  std::vector<ListedFile> list;
  const std::vector<FoundFile> models = find_models(models_folders);
  for (const auto& [kind, kind_name] : kKindNames.entries) {
    const bool of_models = kind == FileKind::Model || kind == FileKind::Vae;
    for (const FoundFile& file : of_models ? models : find_files(models_folders, kind)) {
      if (file.kind == kind) {
        list.push_back(listed(file));
      }
    }
  }
  return list;
}

}  // namespace ptravel
