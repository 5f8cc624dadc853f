#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "notation/styles.h"
#include "notation/time_marks.h"
#include "notation/wildcards.h"
#include "notation/written_film.h"
#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "ptravel/notation.h"
#include "ptravel/seed.h"
#include "request/stages.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// Changes every stage's prompt; a prompt without a stage gets one where `change` makes text of
/// nothing.
template <typename Change>
void change_stages(std::string& prompt, const Change& change) {
  std::vector<std::string> lines = prompt_lines(prompt);
  if (lines.empty()) {
    lines.emplace_back();
  }
  for (std::string& line : lines) {
    line = change(line);
  }
  prompt = lines_of_entries(lines);
}

std::string joined(const std::string& first, const std::string& second) {
  return with_style(first, second);
}

void add_common_texts(TravelRequest& request) {
  const std::string before(trimmed(request.prompt_before));
  const std::string after(trimmed(request.prompt_after));
  if (!before.empty() || !after.empty()) {
    change_stages(request.prompt,
                  [&](const std::string& stage) { return joined(joined(before, stage), after); });
  }
  request.prompt_before.clear();
  request.prompt_after.clear();
}

/// The places where a file or folder of this name is looked for, when none is given.
std::vector<fs::path> usual_places(const TravelRequest& request, const std::string& name) {
  std::vector<fs::path> places;
  for (const fs::path& folder : models_folders(request.models_dir)) {
    places.push_back(folder / name);
    // "models" of a web UI lies beside it.
    places.push_back(fs::absolute(folder).lexically_normal().parent_path() / name);
  }
  places.emplace_back(name);
  return places;
}

fs::path styles_file(const TravelRequest& request) {
  if (!request.styles_file.empty()) {
    return request.styles_file;
  }
  for (const fs::path& place : usual_places(request, "styles.csv")) {
    std::error_code error;
    if (fs::is_regular_file(place, error)) {
      return place;
    }
  }
  throw Error(ErrorCode::InvalidArgument,
              Problem{"style",
                      "no styles.csv is in the models folders or here, expected one, or "
                      "styles_file"});
}

std::string names_of(const std::vector<PromptStyle>& styles) {
  constexpr std::size_t kMost = 20;
  std::string names;
  for (std::size_t i = 0; i < std::min(styles.size(), kMost); ++i) {
    names += (i == 0 ? "\"" : ", \"") + styles[i].name + "\"";
  }
  return names + (styles.size() > kMost ? ", ..." : "");
}

void apply_styles(TravelRequest& request) {
  std::vector<std::string> names;
  for (const std::string_view line : split(request.style, '\n')) {
    if (const std::string_view name = trimmed(line); !name.empty()) {
      names.emplace_back(name);
    }
  }
  if (!names.empty()) {
    const fs::path file = styles_file(request);
    const std::vector<PromptStyle> styles = read_styles(file);
    for (const std::string& name : names) {
      const auto style = std::ranges::find(styles, name, &PromptStyle::name);
      if (style == styles.end()) {
        throw Error(ErrorCode::InvalidArgument,
                    Problem{"style", "\"" + name + "\" is not in \"" + file.string() +
                                         "\", expected one of " + names_of(styles)});
      }
      change_stages(request.prompt,
                    [&](const std::string& stage) { return with_style(stage, style->prompt); });
      if (!style->negative_prompt.empty()) {
        change_stages(request.negative_prompt, [&](const std::string& stage) {
          return with_style(stage, style->negative_prompt);
        });
      }
    }
  }
  request.style.clear();
  request.styles_file.clear();
}

std::vector<fs::path> wildcard_folders(const TravelRequest& request) {
  if (!request.wildcards_dir.empty()) {
    for (const Problem& problem : check_models_folders({request.wildcards_dir}, "wildcards_dir")) {
      throw Error(ErrorCode::InvalidArgument, problem);
    }
    return {request.wildcards_dir};
  }
  std::vector<fs::path> folders;
  for (const char* name : {"wildcards", "extensions/sd-dynamic-prompts/wildcards"}) {
    std::ranges::copy(usual_places(request, name), std::back_inserter(folders));
  }
  return folders;
}

std::string listed(const std::vector<std::string>& items) {
  constexpr std::size_t kMost = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kMost); ++i) {
    text += (i == 0 ? "" : "; ") + items[i];
  }
  return text + (items.size() > kMost ? "; ..." : "");
}

void draw_wildcards(TravelRequest& request, std::vector<std::string>& notes) {
  if (Wildcards::occurs_in(request.prompt) || Wildcards::occurs_in(request.negative_prompt)) {
    const std::vector<fs::path> folders = wildcard_folders(request);
    draw_seeds(request);
    Wildcards wildcards(folders, request.seed.at(0).number());
    change_stages(request.prompt,
                  [&](const std::string& stage) { return wildcards.draw(stage, "prompt"); });
    if (!prompt_lines(request.negative_prompt).empty()) {
      change_stages(request.negative_prompt, [&](const std::string& stage) {
        return wildcards.draw(stage, "negative_prompt");
      });
    }
    if (!wildcards.drawn().empty()) {
      notes.push_back("Wildcards drawn with seed " + to_text(request.seed.at(0)) + ": " +
                      listed(wildcards.drawn()) + ".");
    }
    if (!wildcards.missing().empty()) {
      notes.push_back("No wildcard file for " + listed(wildcards.missing()) +
                      ": left as text (files are looked for in wildcards of the models folders "
                      "and here, or in wildcards_dir).");
    }
  }
  request.wildcards_dir.clear();
}

}  // namespace

PreparedRequest prepare_request(TravelRequest request) {
  PreparedRequest prepared{std::move(request), {}};
  TravelRequest& r = prepared.request;
  prepared.notes = apply_schedule_file(r);
  if (auto told = apply_time_marks(r)) {
    prepared.notes.push_back(std::move(*told));
  }
  add_common_texts(r);
  apply_styles(r);
  draw_wildcards(r, prepared.notes);
  return prepared;
}

}  // namespace ptravel
