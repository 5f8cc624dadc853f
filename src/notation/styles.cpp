#include "notation/styles.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "notation/usual_places.h"
#include "ptravel/error.h"
#include "ptravel/request.h"
#include "ptravel/text_input.h"
#include "request/stages.h"

namespace ptravel {
namespace {

using Row = std::vector<std::string>;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw Error(ErrorCode::InvalidArgument,
              Problem{"styles_file", "\"" + file.string() + "\" " + what});
}

/// Reads rows by the rules of RFC 4180.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {}

  std::optional<Row> next() {
    if (position_ >= text_.size()) {
      return std::nullopt;
    }
    ++row_;
    Row row;
    do {
      row.push_back(field());
    } while (take(','));
    take('\r');
    if (position_ < text_.size() && !take('\n')) {
      refuse(file_,
             "row " + std::to_string(row_) + ": has text behind a quoted field, expected a comma");
    }
    return row;
  }

 private:
  bool take(char c) {
    const bool there = position_ < text_.size() && text_[position_] == c;
    position_ += there ? 1 : 0;
    return there;
  }

  std::string field() {
    if (!take('"')) {
      const std::size_t end = std::min(text_.find_first_of(",\n", position_), text_.size());
      std::string_view bare = text_.substr(position_, end - position_);
      position_ = end;
      if (bare.ends_with('\r')) {
        bare.remove_suffix(1);
      }
      return std::string(bare);
    }
    std::string value;
    while (true) {
      const std::size_t quote = text_.find('"', position_);
      if (quote == std::string_view::npos) {
        refuse(file_, "row " + std::to_string(row_) + ": has a quote that does not end");
      }
      value += text_.substr(position_, quote - position_);
      position_ = quote + 1;
      if (!take('"')) {
        return value;
      }
      value += '"';
    }
  }

  std::string_view text_;
  const std::filesystem::path& file_;
  std::size_t position_ = 0;
  std::size_t row_ = 0;
};

std::string one_line(std::string text) {
  std::ranges::replace(text, '\r', ' ');
  std::ranges::replace(text, '\n', ' ');
  return std::string(trimmed(text));
}

}  // namespace

std::vector<PromptStyle> read_styles(const std::filesystem::path& file) {
  return parse_styles(read_text_file({file, "styles_file", "a CSV (text) file"}), file);
}

std::vector<PromptStyle> parse_styles(std::string_view text, const std::filesystem::path& file) {
  CsvReader reader(text, file);
  const Row names = reader.next().value_or(Row());
  const auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  const std::size_t name = column("name");
  const std::size_t prompt = std::min(column("prompt"), column("text"));
  const std::size_t negative = column("negative_prompt");
  if (name == names.size() || prompt == names.size()) {
    refuse(file, "has no columns \"name\" and \"prompt\", expected the web UI's styles.csv");
  }
  std::vector<PromptStyle> styles;
  while (const auto row = reader.next()) {
    const auto value = [&](std::size_t at) { return at < row->size() ? one_line((*row)[at]) : ""; };
    if (!value(name).empty()) {
      styles.push_back({value(name), value(prompt), value(negative)});
    }
  }
  return styles;
}

std::optional<std::filesystem::path> find_styles_file(
    const std::vector<std::filesystem::path>& models_folders) {
  for (const std::filesystem::path& place : usual_places(models_folders, "styles.csv")) {
    std::error_code error;
    if (std::filesystem::is_regular_file(place, error)) {
      return place;
    }
  }
  return std::nullopt;
}

std::string joined_texts(std::string_view first, std::string_view second) {
  const std::string_view bare = trimmed(first);
  const std::string_view more = trimmed(second);
  return std::string(bare) + (bare.empty() || more.empty() ? "" : ", ") + std::string(more);
}

std::string with_style(std::string_view prompt, std::string_view style) {
  constexpr std::string_view kPlace = "{prompt}";
  if (style.find(kPlace) == std::string_view::npos) {
    return joined_texts(prompt, style);
  }
  std::string text;
  std::size_t from = 0;
  for (std::size_t at = style.find(kPlace); at != std::string_view::npos;
       at = style.find(kPlace, from)) {
    text += style.substr(from, at - from);
    text += prompt;
    from = at + kPlace.size();
  }
  return text + std::string(style.substr(from));
}

std::string with_style_in_stages(const std::string& prompt, std::string_view style) {
  std::vector<std::string> stages = prompt_lines(prompt);
  if (stages.empty()) {
    stages.emplace_back();
  }
  for (std::string& stage : stages) {
    stage = with_style(stage, style);
  }
  return lines_of_entries(stages);
}

}  // namespace ptravel
