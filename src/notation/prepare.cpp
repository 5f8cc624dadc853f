#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "base/text.h"
#include "notation/styles.h"
#include "notation/time_marks.h"
#include "notation/usual_places.h"
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

/// The same where there are stages only.
template <typename Change>
void change_given_stages(std::string& prompt, const Change& change) {
  if (!prompt_lines(prompt).empty()) {
    change_stages(prompt, change);
  }
}

void add_common_texts(TravelRequest& request) {
  const std::string before(trimmed(request.prompt_before));
  const std::string after(trimmed(request.prompt_after));
  if (!before.empty() || !after.empty()) {
    const auto change = [&](const std::string& stage) {
      return joined_texts(joined_texts(before, stage), after);
    };
    change_stages(request.prompt, change);
    change_given_stages(request.hires_prompt, change);
  }
  request.prompt_before.clear();
  request.prompt_after.clear();
}

fs::path styles_file(const TravelRequest& request) {
  if (!request.styles_file.empty()) {
    return request.styles_file;
  }
  if (auto found = find_styles_file(models_folders(request.models_dir))) {
    return *std::move(found);
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

/// Those of these names, in their order.
std::vector<PromptStyle> pick_styles(const std::vector<std::string>& names, const fs::path& file) {
  const std::vector<PromptStyle> styles = read_styles(file);
  std::vector<PromptStyle> picked;
  for (const std::string& name : names) {
    const auto style = std::ranges::find(styles, name, &PromptStyle::name);
    if (style == styles.end()) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{"style", "\"" + name + "\" is not in \"" + file.string() +
                                       "\", expected one of " + names_of(styles)});
    }
    picked.push_back(*style);
  }
  return picked;
}

void apply_styles(TravelRequest& request) {
  std::vector<std::string> names;
  for (const std::string_view line : split(request.style, '\n')) {
    if (const std::string_view name = trimmed(line); !name.empty()) {
      names.emplace_back(name);
    }
  }
  if (!names.empty()) {
    for (const PromptStyle& style : pick_styles(names, styles_file(request))) {
      const auto around = [](std::string& prompt, const std::string& text, bool given) {
        if (!given || !prompt_lines(prompt).empty()) {
          prompt = with_style_in_stages(prompt, text);
        }
      };
      around(request.prompt, style.prompt, false);
      around(request.hires_prompt, style.prompt, true);
      if (!style.negative_prompt.empty()) {
        around(request.negative_prompt, style.negative_prompt, false);
        around(request.hires_negative_prompt, style.negative_prompt, true);
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
    std::ranges::copy(usual_places(models_folders(request.models_dir), name),
                      std::back_inserter(folders));
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
  const std::pair<const char*, std::string*> prompts[] = {
      {"prompt", &request.prompt},
      {"negative_prompt", &request.negative_prompt},
      {"hires_prompt", &request.hires_prompt},
      {"hires_negative_prompt", &request.hires_negative_prompt}};
  if (std::ranges::any_of(prompts,
                          [](const auto& one) { return Wildcards::occurs_in(*one.second); })) {
    const std::vector<fs::path> folders = wildcard_folders(request);
    draw_seeds(request);
    Wildcards wildcards(folders, request.seed.at(0).number());
    for (const auto& [field, prompt] : prompts) {
      change_given_stages(*prompt, [&, field = field](const std::string& stage) {
        return wildcards.draw(stage, field);
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
