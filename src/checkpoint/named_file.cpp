#include "checkpoint/named_file.h"

#include <algorithm>
#include <utility>

#include "base/near_names.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kMostNames = 8;

/// 0 for the best way in which a file may bear the name, 4 where it does not.
int way_of_bearing(const FoundFile& file, const std::string& name) {
  const std::filesystem::path below = file.name;
  const std::string ways[] = {file.name, (below.parent_path() / below.stem()).generic_string(),
                              below.filename().string(), below.stem().string()};
  return static_cast<int>(std::ranges::find(ways, name) - std::begin(ways));
}

std::string folders_for_message(FileKind kind) {
  std::string text;
  for (const std::string_view name : folder_names(kind)) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

}  // namespace

std::vector<FoundFile> files_named(const std::vector<FoundFile>& files, const std::string& name) {
  std::vector<std::pair<int, FoundFile>> ranked;
  for (const FoundFile& file : files) {
    if (const int way = way_of_bearing(file, name); way < 4) {
      ranked.emplace_back(way, file);
    }
  }
  std::ranges::stable_sort(ranked, {}, [](const auto& entry) { return entry.first; });
  std::vector<FoundFile> named;
  named.reserve(ranked.size());
  for (auto& entry : ranked) {
    named.push_back(std::move(entry.second));
  }
  return named;
}

void throw_unknown_name(const std::string& field,
                        const std::string& what,
                        const std::string& name,
                        const std::vector<FoundFile>& files,
                        FileKind kind) {
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const FoundFile& file : files) {
    names.push_back(file.name);
  }
  throw Error(ErrorCode::NotFound,
              "[" + field + "] " + name + ": is no file and no " + what +
                  " of the models folders, expected a path" +
                  (names.empty() ? " (there are none in " + folders_for_message(kind) +
                                       " of the models folders)"
                                 : " or one of " + names_for_message(names, name, kMostNames)));
}

}  // namespace ptravel
