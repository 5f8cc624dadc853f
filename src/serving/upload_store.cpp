#include "serving/upload_store.h"

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <span>
#include <utility>

#include "base/files.h"
#include "base/sha256.h"
#include "media/picture_format.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<PictureFormat, std::string_view>, 3> kExtensions = {
    {{PictureFormat::Png, ".png"}, {PictureFormat::Jpeg, ".jpg"}, {PictureFormat::WebP, ".webp"}}};

/// Nobody can guess it.
std::string random_id() {
  std::random_device device;
  std::array<std::random_device::result_type, 8> words{};
  std::generate(words.begin(), words.end(), std::ref(device));
  Sha256 sum;
  sum.update(std::as_bytes(std::span(words)));
  return sum.finish();
}

Error refusal(const std::string& field, const std::string& message) {
  return {ErrorCode::InvalidArgument, Problem{field, message}};
}

std::string_view extension_of(std::string_view bytes) {
  const auto format = picture_format(bytes);
  for (const auto& [known, extension] : kExtensions) {
    if (format == known) {
      return extension;
    }
  }
  return "";
}

/// A file itself, not something that a link leads to.
bool is_own_file(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

}  // namespace

std::string_view UploadStore::checked_extension(std::string_view bytes,
                                                const std::string& field) const {
  if (bytes.size() > limits_.upload_bytes) {
    throw refusal(field, "has " + std::to_string(bytes.size()) + " bytes, expected at most " +
                             std::to_string(limits_.upload_bytes));
  }
  const std::string_view extension = extension_of(bytes);
  if (extension.empty()) {
    throw refusal(field, "is no picture, expected the bytes of a PNG, JPEG or WebP file");
  }
  return extension;
}

Upload UploadStore::write(std::string id,
                          std::string_view bytes,
                          std::string_view extension) const {
  Upload upload{std::move(id), {}};
  upload.path = folder_ / (upload.id + std::string(extension));
  std::error_code error;
  if (is_own_file(upload.path)) {
    fs::last_write_time(upload.path, fs::file_time_type::clock::now(), error);  // it came again
  } else {
    create_folders(folder_);
    write_file_atomic(upload.path, bytes);
  }
  return upload;
}

UploadStore::Added UploadStore::add(std::string_view bytes, const std::string& field) const {
  const std::string_view extension = checked_extension(bytes, field);
  Added added;
  try {
    added.picture =
        decode_image(bytes, "picture", static_cast<std::uint64_t>(limits_.upload_pixels));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::Unsupported) {
      throw;
    }
    throw refusal(field, error.what());
  }
  added.upload = write(sha256_of(bytes), bytes, extension);
  return added;
}

Upload UploadStore::keep(std::string_view bytes, const std::string& field) const {
  const std::string_view extension = checked_extension(bytes, field);
  return write(sha256_of(bytes), bytes, extension);
}

std::shared_ptr<const Upload> UploadStore::keep_passing(std::string_view bytes,
                                                        const std::string& field) const {
  const std::string_view extension = checked_extension(bytes, field);
  const auto remove = [](const Upload* upload) {
    std::error_code error;  // what stays is unused, and goes when a server starts
    fs::remove(upload->path, error);
    std::default_delete<const Upload>()(upload);
  };
  return {new Upload(write(random_id(), bytes, extension)), remove};
}

std::optional<Upload> UploadStore::find(std::string_view id) const {
  if (!is_sha256(id)) {
    return std::nullopt;
  }
  for (const auto& [format, extension] : kExtensions) {
    fs::path path = folder_ / (std::string(id) + std::string(extension));
    if (is_own_file(path)) {
      return Upload{std::string(id), std::move(path)};
    }
  }
  return std::nullopt;
}

std::optional<std::string> UploadStore::id_of(const fs::path& path) const {
  const std::string id = path.stem().string();
  std::error_code error;
  if (!is_sha256(id) || !fs::equivalent(path.parent_path(), folder_, error)) {
    return std::nullopt;
  }
  return id;
}

void UploadStore::remove_unused(const std::set<std::string>& used, fs::file_time_type time) const {
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const fs::path path = at->path();
    const auto upload = find(path.stem().string());
    std::error_code unknown;
    if (upload && upload->path == path && !used.contains(upload->id) &&
        fs::last_write_time(path, unknown) < time && !unknown) {
      fs::remove(path, unknown);
    }
  }
}

}  // namespace ptravel
