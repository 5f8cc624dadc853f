#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "painter.h"
#include "scoring.h"

namespace ptravel::train {

/// Pictures side by side for people to look at.
struct Sheet {
  std::string file;  ///< Name of its PNG file.
  std::string title;
  int columns = 1;
  std::vector<std::string> rows;  ///< The prompts of its rows or pictures.
  std::vector<Image> pictures;    ///< Row by row.
};

/// The first 48 pictures or fewer, eight in a row.
Sheet sample_sheet(const PromptScore& score);
/// Six travels of nine frames.
Sheet travel_sheet(const Painter& painter, std::string_view negative);
/// The same eight seeds with each quality tag in the prompt.
Sheet quality_sheet(const Painter& painter);

/// Writes the sheet's PNG file into the folder. Throws Io.
void write_sheet(const Sheet& sheet, const std::filesystem::path& folder);

}  // namespace ptravel::train
