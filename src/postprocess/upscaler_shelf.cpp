#include "postprocess/upscaler_shelf.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "postprocess/upscaler.h"
#include "ptravel/error.h"
#include "tensor/kernel_family.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kFolders = {
    "ESRGAN",        "RealESRGAN",        "upscale_models",
    "models/ESRGAN", "models/RealESRGAN", "models/upscale_models"};

std::vector<fs::path> network_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string extension = lower_case(entry->path().extension().string());
    std::error_code unseen;
    if ((extension == ".pth" || extension == ".pt" || extension == ".safetensors") &&
        entry->is_regular_file(unseen)) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

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
    for (const char* place : kFolders) {
      for (const fs::path& path : network_files(folder / place)) {
        const std::string name = path.stem().string();
        const auto scale = names.contains(name) ? std::nullopt : scale_of(path);
        if (scale) {
          names.insert(name);
          upscalers.push_back(
              {name, path.lexically_relative(folder).generic_string(), path, *scale});
        }
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

fs::path upscaler_file(const std::string& name) {
  constexpr const char* kModels = "models";
  std::error_code error;
  if (fs::exists(name, error)) {
    return name;
  }
  if (const auto shelved = UpscalerShelf({kModels}).find(name)) {
    return shelved->path;
  }
  throw Error(ErrorCode::NotFound,
              "[upscale] " + name +
                  ": is no file, and no network of that name lies in ESRGAN, RealESRGAN or "
                  "upscale_models of ./models");
}

}  // namespace ptravel
