#include "server/page_assets.h"

#include <algorithm>

namespace ptravel {
namespace {

/// A row of the table that cmake/embed_page.cmake writes; ends are one past the last byte.
struct PageFileRow {
  const char* path;
  const char* hash;
  const char* begin;
  const char* end;
  const char* packed_begin;
  const char* packed_end;
};

#include "page_files.inc"

std::string_view between(const char* begin, const char* end) {
  return begin == nullptr ? std::string_view()
                          : std::string_view(begin, static_cast<std::size_t>(end - begin));
}

}  // namespace

const std::vector<PageFile>& page_files() {
  static const std::vector<PageFile> files = [] {
    std::vector<PageFile> list;
    for (const PageFileRow& row : kPageFiles) {
      PageFile file{row.path, row.hash, between(row.begin, row.end),
                    between(row.packed_begin, row.packed_end)};
      if (file.gzipped.size() >= file.bytes.size()) {
        file.gzipped = {};
      }
      list.push_back(file);
    }
    return list;
  }();
  return files;
}

const PageFile* find_page_file(std::string_view path) {
  const auto& files = page_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const PageFile& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace ptravel
