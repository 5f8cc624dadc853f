#include "server/upload_store.h"

#include <algorithm>
#include <array>

#include "base/files.h"
#include "base/sha256.h"
#include "media/picture_format.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<PictureFormat, std::string_view>, 3> kExtensions = {
    {{PictureFormat::Png, ".png"}, {PictureFormat::Jpeg, ".jpg"}, {PictureFormat::WebP, ".webp"}}};

std::string sha256_of(std::string_view bytes) {
  Sha256 sum;
  sum.update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  return sum.finish();
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

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

UploadStore::Added UploadStore::add(std::string_view bytes, const std::string& field) const {
  const auto refuse = [&](const std::string& message) -> Error {
    return {ErrorCode::InvalidArgument, Problem{field, message}};
  };
  if (bytes.size() > limits_.upload_bytes) {
    throw refuse("has " + std::to_string(bytes.size()) + " bytes, expected at most " +
                 std::to_string(limits_.upload_bytes));
  }
  const std::string_view extension = extension_of(bytes);
  if (extension.empty()) {
    throw refuse("is no picture, expected the bytes of a PNG, JPEG or WebP file");
  }
  Added added;
  try {
    added.picture =
        decode_image(bytes, "picture", static_cast<std::uint64_t>(limits_.upload_pixels));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::Unsupported) {
      throw;
    }
    throw refuse(error.what());
  }
  added.upload.id = sha256_of(bytes);
  added.upload.path = folder_ / (added.upload.id + std::string(extension));
  if (!is_own_file(added.upload.path)) {
    create_folders(folder_);
    write_file_atomic(added.upload.path, bytes);
  }
  return added;
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

}  // namespace ptravel
