#include "notation/wildcards.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "ptravel/error.h"
#include "ptravel/text_input.h"
#include "request/frame_settings.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFence = "__";
constexpr std::size_t kDeepest = 32;

struct Place {
  std::size_t begin = 0;  ///< Of the fence before it.
  std::size_t end = 0;    ///< Behind the fence after it.
  std::string name;
};

/// Whether a name stays in its folder: letters, digits, "-", "_", ".", spaces and "/", no part
/// "..".
bool is_name(std::string_view name) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 ||
           std::string_view("-_. /").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (name.empty() || trimmed(name) != name || name.front() == '/' ||
      !std::ranges::all_of(name, fits)) {
    return false;
  }
  const fs::path path{std::string(name)};
  return std::ranges::none_of(path,
                              [](const fs::path& part) { return part == ".." || part == "."; });
}

std::optional<Place> next_place(std::string_view text, std::size_t from) {
  for (std::size_t begin = text.find(kFence, from); begin != std::string_view::npos;
       begin = text.find(kFence, begin + 1)) {
    const std::size_t inner = begin + kFence.size();
    const std::size_t close = text.find(kFence, inner);
    if (close == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view name = text.substr(inner, close - inner);
    if (is_name(name)) {
      return Place{begin, close + kFence.size(), std::string(name)};
    }
  }
  return std::nullopt;
}

[[noreturn]] void refuse(std::string_view field, const std::string& name, const std::string& what) {
  throw Error(ErrorCode::InvalidArgument,
              Problem{std::string(field), "wildcard __" + name + "__ " + what});
}

}  // namespace

bool Wildcards::occurs_in(std::string_view text) { return next_place(text, 0).has_value(); }

const std::vector<std::string>* Wildcards::lines_of(const std::string& name) {
  if (const auto known = files_.find(name); known != files_.end()) {
    return &known->second;
  }
  for (const fs::path& folder : folders_) {
    const fs::path file = folder / (name + ".txt");
    std::error_code error;
    if (!fs::is_regular_file(file, error)) {
      continue;
    }
    const std::string text = read_text_file({file, "wildcards_dir"});
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
      if (const std::string_view bare = trimmed(line); !bare.empty() && bare.front() != '#') {
        lines.emplace_back(bare);
      }
    }
    return &files_.emplace(name, std::move(lines)).first->second;
  }
  if (std::ranges::find(missing_, name) == missing_.end()) {
    missing_.push_back(name);
  }
  return nullptr;
}

std::string Wildcards::draw(std::string_view text, std::string_view field) {
  std::vector<std::string> open;
  return draw_within(text, field, open);
}

std::string Wildcards::draw_within(std::string_view text,
                                   std::string_view field,
                                   std::vector<std::string>& open) {
  std::string result;
  std::size_t from = 0;
  while (const auto place = next_place(text, from)) {
    result += text.substr(from, place->begin - from);
    from = place->end;
    const std::vector<std::string>* lines = lines_of(place->name);
    if (lines == nullptr) {
      result += text.substr(place->begin, place->end - place->begin);
      continue;
    }
    if (lines->empty()) {
      refuse(field, place->name, "has a file without lines, expected at least one");
    }
    if (std::ranges::find(open, place->name) != open.end() || open.size() >= kDeepest) {
      std::string chain;
      for (const std::string& name : open) {
        chain += "__" + name + "__ -> ";
      }
      refuse(field, place->name, "leads to itself: " + chain + "__" + place->name + "__");
    }
    const std::uint64_t number = derived_seed(seed_, {draws_++});
    const std::string& line = (*lines)[number % lines->size()];
    open.push_back(place->name);
    const std::string drawn = draw_within(line, field, open);
    open.pop_back();
    drawn_.push_back(place->name + ": " + drawn);
    result += drawn;
  }
  return result + std::string(text.substr(from));
}

}  // namespace ptravel
