#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "media/image_file.h"
#include "ptravel/server.h"

namespace ptravel {

/// What begins the name of an uploaded picture in a request; its id follows.
inline constexpr std::string_view kUploadPrefix = "upload:";

/// A picture that somebody uploaded.
struct Upload {
  std::string id;  ///< 64 hex digits: sha256 of its bytes, or of a passing one a random number.
  std::filesystem::path path;  ///< In the uploads folder, "<id>.png".

  /// What a request's init_image says.
  std::string name() const { return std::string(kUploadPrefix) + id; }
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
  /// Keeps the bytes of a picture that has been decoded elsewhere. Throws InvalidArgument for too
  /// many and for another format; Io.
  Upload keep(std::string_view bytes, const std::string& field) const;
  /// The same for a picture that one request alone needs: its file goes with the last owner. Nobody
  /// else can name it.
  std::shared_ptr<const Upload> keep_passing(std::string_view bytes,
                                             const std::string& field) const;
  /// The picture of this id, or nothing; anything that is no id is nothing.
  std::optional<Upload> find(std::string_view id) const;
  /// The id of a file of this folder, or nothing.
  std::optional<std::string> id_of(const std::filesystem::path& path) const;
  /// Removes the pictures that came before `time`, except those whose ids are in `used`.
  void remove_unused(const std::set<std::string>& used, std::filesystem::file_time_type time) const;

 private:
  std::string_view checked_extension(std::string_view bytes, const std::string& field) const;
  Upload write(std::string id, std::string_view bytes, std::string_view extension) const;

  std::filesystem::path folder_;
  ServeLimits limits_;
};

}  // namespace ptravel
