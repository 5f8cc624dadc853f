#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

// Text from outside is decoded and checked once, where it enters. Behind that everything is UTF-8
// without zero bytes and without a byte order mark.

/// What is wrong with a text that should be UTF-8 without zero bytes, or nothing: "byte 3 (ff) is
/// not UTF-8, expected text in UTF-8".
std::optional<std::string> text_problem(std::string_view text);

/// A file's bytes as UTF-8: UTF-8 with or without a byte order mark, UTF-16 of either byte order
/// with one, or without one where the bytes leave no doubt. Throws InvalidArgument with the
/// position of the first byte that is no text.
std::string decode_text(std::string_view bytes);

/// A text file that somebody names, and what is said of it when it cannot be used.
struct TextFile {
  std::filesystem::path path;
  std::string field;                     ///< What names it: "--prompt-file".
  std::string expected = "a text file";  ///< "a TOML (text) file".
};

/// The decoded text of a file of at most 64 MiB. Throws Error(InvalidArgument) with a problem of
/// `file.field` that names the file, also when it is missing, a folder, or unreadable.
std::string read_text_file(const TextFile& file);

}  // namespace ptravel
