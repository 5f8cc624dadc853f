#include "request/stages.h"

#include <algorithm>

#include "base/text.h"
#include "media/text_encoding.h"
#include "ptravel/error.h"
#include "ptravel/request.h"

namespace ptravel {
namespace {

/// A line without byte order marks (files that were put together have them inside), the comment
/// that the web UI takes off too, and white space at its ends.
std::string_view bare_line(std::string_view line) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  while (line.starts_with(kMark)) {
    line.remove_prefix(kMark.size());
  }
  return strip(line.substr(0, line.find('#')));
}

}  // namespace

std::vector<std::string> prompt_lines(std::string_view prompt) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(prompt, '\n')) {
    const std::string_view text = bare_line(line);
    if (!text.empty()) {
      lines.emplace_back(text == kEmptyStage ? std::string_view() : text);
    }
  }
  return lines;
}

std::string lines_of_entries(const std::vector<std::string>& entries) {
  std::string text;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool empty = entries.size() > 1 && strip(entries[i]).empty();
    text += (i == 0 ? "" : "\n") + (empty ? std::string(kEmptyStage) : entries[i]);
  }
  return text;
}

std::vector<std::int64_t> parse_travel_steps(std::string_view text) {
  std::vector<std::int64_t> steps;
  for (const std::string_view piece : split(text, ',')) {
    const auto value = parse_integer(piece);
    if (!value || *value > kMostFrames || *value < -kMostFrames) {
      throw Error(ErrorCode::InvalidArgument,
                  Problem{"travel_steps", "\"" + std::string(text) +
                                              "\", expected a whole number such as 30, or one for "
                                              "each gap such as 10,20; at most " +
                                              std::to_string(kMostFrames) + " frames in all"});
    }
    steps.push_back(*value);
  }
  return steps;
}

StagePlan plan_stages(std::string_view prompt,
                      std::string_view negative_prompt,
                      std::string_view travel_steps,
                      const StageRules& rules) {
  StagePlan plan;
  plan.prompts = prompt_lines(prompt);
  plan.negative_prompts = prompt_lines(negative_prompt);
  if (plan.prompts.empty()) {
    throw Error(
        ErrorCode::InvalidArgument,
        Problem{"prompt", "is empty, expected at least one line of text (one stage per line)"});
  }
  if (plan.prompts.size() == 1 && rules.single == SingleStage::Refuse) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"prompt", "has one line, expected at least two stages to travel between"});
  }
  if (plan.negative_prompts.empty()) {
    plan.negative_prompts.emplace_back();
  }
  const std::size_t wanted = rules.single == SingleStage::Double ? 2 : 1;
  std::size_t count =
      std::max({plan.prompts.size(), plan.negative_prompts.size(), wanted, rules.least});
  plan.prompts.resize(count, plan.prompts.back());
  plan.negative_prompts.resize(count, plan.negative_prompts.back());
  if (rules.loop && count > 1) {
    plan.loops = true;
    plan.prompts.push_back(plan.prompts.front());
    plan.negative_prompts.push_back(plan.negative_prompts.front());
    ++count;
  }
  plan.steps = parse_travel_steps(travel_steps);
  if (plan.steps.size() == 1) {
    plan.steps.resize(count - 1, plan.steps.front());
  } else if (plan.steps.size() != count - 1) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"travel_steps", "\"" + std::string(travel_steps) + "\" has " +
                                            std::to_string(plan.steps.size()) + " numbers for " +
                                            std::to_string(count - 1) +
                                            " gaps between stages, expected one or as many"});
  }
  return plan;
}

}  // namespace ptravel
