#include "postprocess/upscaler_shelf.h"

#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "checkpoint/models_folder.h"
#include "checkpoint/named_file.h"
#include "postprocess/upscaler.h"
#include "ptravel/error.h"
#include "tensor/kernel_family.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// By how much the file's network enlarges; nothing when it is none that can be used.
std::optional<std::int64_t> scale_of(const fs::path& path) {
  try {
    return upscaler_scale(recognize_upscaler(NetworkFile::open(path).unwrapped()));
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Size and time of a file: another one when it was written again.
std::pair<std::uint64_t, std::int64_t> stamp_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  const auto time = fs::last_write_time(path, error).time_since_epoch().count();
  return {error ? 0 : size, error ? 0 : time};
}

}  // namespace

struct UpscalerShelf::State {
  std::vector<fs::path> folders;
  DeviceChoice device = DeviceChoice::Auto;
  int threads = 0;

  std::mutex mutex;  // guards everything below
  std::optional<Upscaler> loaded;
  fs::path loaded_path;
  std::pair<std::uint64_t, std::int64_t> loaded_stamp;
};

UpscalerShelf::UpscalerShelf(std::vector<fs::path> folders, DeviceChoice device, int threads)
    : state_(std::make_unique<State>()) {
  state_->folders = std::move(folders);
  state_->device = device;
  state_->threads = threads;
}

UpscalerShelf::~UpscalerShelf() = default;

std::vector<ShelvedUpscaler> UpscalerShelf::list() const {
  std::vector<ShelvedUpscaler> upscalers;
  std::set<std::string> names;
  for (const fs::path& folder : state_->folders) {
    for (const FoundFile& file : find_files({folder}, FileKind::Upscaler)) {
      const std::string name = file.path.stem().string();
      const auto scale = names.contains(name) ? std::nullopt : scale_of(file.path);
      if (scale) {
        names.insert(name);
        const fs::path root = fs::absolute(folder).lexically_normal();
        upscalers.push_back(
            {name, file.path.lexically_relative(root).generic_string(), file.path, *scale});
      }
    }
  }
  return upscalers;
}

std::optional<ShelvedUpscaler> UpscalerShelf::find(const std::string& name) const {
  for (ShelvedUpscaler& upscaler : list()) {
    if (upscaler.name == name) {
      return std::move(upscaler);
    }
  }
  return std::nullopt;
}

Image UpscalerShelf::enlarge(const ShelvedUpscaler& upscaler, const Image& image) {
  const std::lock_guard lock(state_->mutex);
  prepare_memory();
  const ThreadScope threads(state_->threads);
  const auto stamp = stamp_of(upscaler.path);
  if (!state_->loaded || state_->loaded_path != upscaler.path || state_->loaded_stamp != stamp) {
    state_->loaded.reset();
    state_->loaded =
        Upscaler::open(upscaler.path, resolve_compute(state_->device, Precision::Fp32));
    state_->loaded_path = upscaler.path;
    state_->loaded_stamp = stamp;
  }
  return (*state_->loaded)(image);
}

fs::path upscaler_file(const std::string& name, const std::vector<fs::path>& models_folders) {
  std::error_code error;
  if (fs::is_regular_file(name, error)) {
    return name;
  }
  const std::vector<FoundFile> files = find_files(models_folders, FileKind::Upscaler);
  const std::vector<FoundFile> named = files_named(files, name);
  if (named.empty()) {
    throw_unknown_name("upscale", "upscaler", name, files, FileKind::Upscaler);
  }
  for (const FoundFile& file : named) {
    if (scale_of(file.path)) {
      return file.path;
    }
  }
  return named.front().path;  // Opening it says what is wrong.
}

}  // namespace ptravel
