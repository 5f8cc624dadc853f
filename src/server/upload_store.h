#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "media/image_file.h"
#include "ptravel/server.h"

namespace ptravel {

/// A picture that somebody uploaded.
struct Upload {
  std::string id;              ///< sha256 of its bytes, 64 hex digits.
  std::filesystem::path path;  ///< In the uploads folder, "<id>.png".
};

/// Uploaded pictures: files in one folder, named by their content, so that the same picture is kept
/// once and never changes. Thread-safe.
class UploadStore {
 public:
  /// The folder is made when the first picture comes.
  UploadStore(std::filesystem::path folder, const ServeLimits& limits)
      : folder_(std::move(folder)), limits_(limits) {}

  struct Added {
    Upload upload;
    LoadedImage picture;  ///< Decoded, with its texts.
  };
  /// Decodes and keeps a picture's bytes (PNG, JPEG, WebP). Throws InvalidArgument for what is no
  /// picture, is broken or beyond the limits; Io. `field` is what its problems name.
  Added add(std::string_view bytes, const std::string& field) const;
  /// The picture of this id, or nothing; anything that is no id is nothing.
  std::optional<Upload> find(std::string_view id) const;
  /// The id of a file of this folder, or nothing.
  std::optional<std::string> id_of(const std::filesystem::path& path) const;

 private:
  std::filesystem::path folder_;
  ServeLimits limits_;
};

/// Whether the text is a sha256 in lower-case hex digits.
bool is_sha256(std::string_view text);

}  // namespace ptravel
