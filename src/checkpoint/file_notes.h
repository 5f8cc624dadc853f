#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ptravel {

// What was found out about files at some cost, remembered between runs by path, size and time of
// change, beside their hashes (file_sha256 in ptravel/model.h says where). A memory that cannot be
// read or written is done without.

/// The name of the note that tells what a network predicts, by prediction_name.
inline constexpr const char* kPredictionNote = "prediction";

/// The note of that name on a file that has not changed since, or nothing.
std::optional<std::string> remembered_note(const std::filesystem::path& path,
                                           const std::string& name);

void remember_note(const std::filesystem::path& path,
                   const std::string& name,
                   const std::string& text);

}  // namespace ptravel
