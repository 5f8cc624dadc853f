#include <cmath>
#include <utility>

#include "ptravel/error.h"
#include "tests/support/golden.h"
#include "text/prompt_attention.h"
#include "text/prompt_composition.h"
#include "text/prompt_schedule.h"

namespace ptravel::golden {
namespace {

constexpr double kWeightTolerance = 1e-12;  // Relative, in float64.

using nlohmann::json;

bool close_weight(double actual, double expected) {
  return actual == expected || std::abs(actual - expected) <= kWeightTolerance * std::abs(expected);
}

/// Both lists are [[text, weight], ...].
bool close_pieces(const json& actual, const json& expected) {
  bool same = actual.size() == expected.size();
  for (std::size_t i = 0; same && i < actual.size(); ++i) {
    same = actual[i][0] == expected[i][0] &&
           close_weight(actual[i][1].get<double>(), expected[i][1].get<double>());
  }
  return same;
}

std::string described(const json& test, const json& actual) {
  return test.at("text").dump() + " gave " + actual.dump();
}

json attention_json(const std::string& text) {
  json result = json::array();
  for (const WeightedText& piece : parse_prompt_attention(text)) {
    result.push_back({piece.text, piece.weight});
  }
  return result;
}

void check_attention(const std::string& name, const json& test, Report& report) {
  const auto text = test.at("text").get<std::string>();
  if (!test.contains("error")) {
    const json actual = attention_json(text);
    report.exact(name, close_pieces(actual, test.at("result")), described(test, actual));
    return;
  }
  try {
    const json actual = attention_json(text);
    report.exact(name, false, "expected an error; " + described(test, actual));
  } catch (const Error& error) {
    report.exact(name, error.code() == ErrorCode::InvalidArgument, error.what());
  }
}

json schedule_json(const std::string& text, const PromptScheduleOptions& options) {
  json result = json::array();
  for (const ScheduledText& entry : parse_prompt_schedule(text, options)) {
    result.push_back({entry.end_at_step, entry.text});
  }
  return result;
}

void check_schedule(const std::string& name, const json& test, Report& report) {
  const auto text = test.at("text").get<std::string>();
  PromptScheduleOptions first;
  first.steps = test.at("steps").get<int>();
  PromptScheduleOptions old = first;
  old.old_scheduling = true;
  PromptScheduleOptions hires = first;
  hires.hires_steps = test.value("hires_steps", 8);
  const std::pair<const char*, PromptScheduleOptions> runs[] = {
      {"result", first}, {"old_scheduling", old}, {"hires", hires}};
  for (const auto& [key, options] : runs) {
    if (test.contains(key)) {
      const json actual = schedule_json(text, options);
      report.exact(name + "/" + key, actual == test.at(key), described(test, actual));
    }
  }
}

void check_composition(const std::string& name, const json& test, Report& report) {
  const PromptComposition composition =
      parse_prompt_composition(test.at("text").get<std::string>());
  json parts = json::array();
  json indexes = json::array();
  for (const CompositionPart& part : composition.parts) {
    parts.push_back({composition.texts.at(part.text_index), part.weight});
    indexes.push_back({part.text_index, part.weight});
  }
  const bool ok = close_pieces(parts, test.at("parts")) &&
                  json(composition.texts) == test.at("flat") &&
                  close_pieces(indexes, test.at("indexes"));
  report.exact(name, ok, described(test, parts));
}

}  // namespace

/// attention.json, schedules.json and composable.json. A case with `error` expects
/// InvalidArgument.
void check_prompt_parser(const Context& context, Report& report) {
  const std::pair<const char*, void (*)(const std::string&, const json&, Report&)> files[] = {
      {"attention", check_attention},
      {"schedules", check_schedule},
      {"composable", check_composition}};
  for (const auto& [stem, check] : files) {
    int index = 0;
    const json file = read_json(context.folder / (std::string(stem) + ".json"));
    for (const json& test : file.at("cases")) {
      const std::string name = std::string("prompt_parser/") + stem + "/" + std::to_string(index++);
      report.guarded(name, [&, run = check] { run(name, test, report); });
    }
  }
}

}  // namespace ptravel::golden
