#include "postprocess/kept_pictures.h"

#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/file_system.h"
#include "base/files.h"
#include "base/sha256.h"
#include "media/image_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyword = "made by";

fs::path path_of(const fs::path& folder, const std::string& key, std::size_t number) {
  return folder / (key + "-" + std::to_string(number) + ".png");
}

}  // namespace

std::string pixel_hash(const Image& image) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(image.pixels)));
  return std::to_string(image.width) + "x" + std::to_string(image.height) + " " + hash.finish();
}

KeptPictures::KeptPictures(fs::path folder, std::string maker)
    : folder_(std::move(folder)), maker_(std::move(maker)) {
  std::error_code error;
  if (fs::is_directory(folder_, error)) {
    remove_dead_files(folder_);
  }
}

std::vector<Image> KeptPictures::get(const std::string& recipe,
                                     std::size_t count,
                                     const std::function<std::vector<Image>()>& make) {
  const std::string key = sha256_of(maker_ + "\n" + recipe);
  if (auto pictures = find(key, count)) {
    reused_ += static_cast<std::int64_t>(count);
    return std::move(*pictures);
  }
  std::vector<Image> pictures = make();
  made_ += static_cast<std::int64_t>(pictures.size());
  if (!failure_) {
    keep(key, pictures);
  }
  return pictures;
}

std::optional<std::vector<Image>> KeptPictures::find(const std::string& key,
                                                     std::size_t count) const {
  std::vector<Image> pictures;
  for (std::size_t number = 0; number < count; ++number) {
    const fs::path path = path_of(folder_, key, number);
    std::error_code error;
    if (!fs::exists(path, error)) {
      return std::nullopt;
    }
    try {
      LoadedImage loaded = read_image(path);
      if (!loaded.note.empty() || find_text(loaded.texts, kKeyword) != key) {
        return std::nullopt;  // Cut off behind its pixels, or another one under this name.
      }
      pictures.push_back(std::move(loaded.image));
    } catch (const Error&) {
      return std::nullopt;  // Damaged: it is made again.
    }
  }
  return pictures;
}

void KeptPictures::keep(const std::string& key, const std::vector<Image>& pictures) {
  try {
    create_folders(folder_);
    for (std::size_t number = 0; number < pictures.size(); ++number) {
      const std::vector<ImageText> texts = {{std::string(kKeyword), key}};
      write_png(path_of(folder_, key, number), pictures[number], texts);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Io && error.code() != ErrorCode::NotFound) {
      throw;
    }
    failure_ = error.what();
  }
}

void KeptPictures::remove() {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    file_system().remove(entry.path());
  }
  file_system().remove_folder(folder_);
}

}  // namespace ptravel
