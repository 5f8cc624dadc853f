#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/models_folder.h"

namespace ptravel {

/// The files that bear a name, best matches first: the path below their folder, the same without
/// its ending, the file's own name, the same without its ending. Upper and lower case differ.
std::vector<FoundFile> files_named(const std::vector<FoundFile>& files, const std::string& name);

/// Throws NotFound for a name that is no file and none of `files`, with the nearest of them: "[vae]
/// x: is no file and no VAE of the models folders, expected a path or one of a, b". `field` and
/// `what`: "vae", "VAE". Where there are none, the folders are told in which `kind` would lie.
[[noreturn]] void throw_unknown_name(const std::string& field,
                                     const std::string& what,
                                     const std::string& name,
                                     const std::vector<FoundFile>& files,
                                     FileKind kind);

}  // namespace ptravel
