#pragma once

#include <filesystem>
#include <optional>
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

/// The first styles.csv in the usual places.
std::optional<std::filesystem::path> find_styles_file(
    const std::vector<std::filesystem::path>& models_folders);

/// Two texts with a comma between them where both say something.
std::string joined_texts(std::string_view first, std::string_view second);

/// A prompt with a style's text: in the place of "{prompt}", or joined.
std::string with_style(std::string_view prompt, std::string_view style);

/// The same of each stage of a prompt of lines; one without stages gets one.
std::string with_style_in_stages(const std::string& prompt, std::string_view style);

}  // namespace ptravel
