#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// A style as the web UI keeps it.
struct PromptStyle {
  std::string name;
  std::string prompt;
  std::string negative_prompt;
};

/// Reads a styles.csv: a first row of names ("name", "prompt" or the old "text",
/// "negative_prompt", in any order), quoted fields with doubled quotes, commas and line ends in
/// them. Line ends become spaces: a line is a stage here. Rows without a name are left out. Throws
/// Error(InvalidArgument) with a problem of "styles_file" that names the file and the row.
std::vector<PromptStyle> read_styles(const std::filesystem::path& file);
/// The same of a text, which `file` names in problems.
std::vector<PromptStyle> parse_styles(std::string_view text, const std::filesystem::path& file);

/// A prompt with a style's text: in the place of "{prompt}", or joined with a comma where both say
/// something.
std::string with_style(std::string_view prompt, std::string_view style);

}  // namespace ptravel
