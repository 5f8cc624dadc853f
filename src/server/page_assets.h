#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace ptravel {

/// A file of the built page (web/dist), which is part of the program.
struct PageFile {
  std::string_view path;  ///< "/index.html", "/assets/page.js"
  std::string_view hash;  ///< Of its content; for ETag.
  std::string_view bytes;
  std::string_view gzipped;  ///< Empty where packing would not make it smaller.
};

/// All of them.
const std::vector<PageFile>& page_files();
const PageFile* find_page_file(std::string_view path);

}  // namespace ptravel
