// Films that Deforum, FizzNodes and Parseq wrote down.

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.h"
#include "notation/frame_schedule.h"
#include "notation/schedule_expression.h"
#include "notation/written_film.h"
#include "ptravel/error.h"
#include "request/picture_json.h"
#include "request/stages.h"

namespace ptravel {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::InvalidArgument, what); }

/// Runs of white space, line ends too, as one space; none at the ends.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = std::string_view(" \t\r\n").find(c) != std::string_view::npos;
    if (!space) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return std::string(trimmed(line));
}

/// A value as Deforum prints it into a prompt.
std::string printed(const ExpressionValue& value) {
  return std::holds_alternative<double>(value)
             ? number_text(std::get<double>(value))
             : std::to_string(static_cast<std::int64_t>(number_of(value)));
}

/// A prompt with what stands in backticks computed.
std::string computed(std::string_view text, const ExpressionNames& names) {
  std::string result;
  std::size_t from = 0;
  while (true) {
    const std::size_t open = text.find('`', from);
    const std::size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) {
      return result + std::string(text.substr(from));
    }
    result += text.substr(from, open - from);
    const std::string_view expression = trimmed(text.substr(open + 1, close - open - 1));
    result +=
        expression.empty() ? "1" : printed(ScheduleExpression::parse(expression).evaluate(names));
    from = close + 1;
  }
}

/// Stages of an object of frames and texts; `last` is what max_f stands for in its keys.
std::vector<WrittenStage> read_stages(const json& prompts, std::int64_t last) {
  std::map<std::int64_t, std::string> texts;
  for (const auto& [key, value] : prompts.items()) {
    if (!value.is_string()) {
      refuse("\"" + key + "\": has no text as its prompt");
    }
    texts[schedule_frame(key, last, -1)] = value.get<std::string>();
  }
  std::vector<WrittenStage> stages;
  for (const auto& [frame, text] : texts) {
    WrittenStage stage = split_negative(computed(text, {frame, last, -1}));
    stage.frame = frame;
    stages.push_back(std::move(stage));
  }
  if (stages.empty()) {
    refuse("has no prompts");
  }
  return stages;
}

std::optional<double> number_at(const json& object, std::string_view name) {
  return parse_number(member_text(object, name));
}

std::optional<std::int64_t> whole_at(const json& object, std::string_view name) {
  const auto number = number_at(object, name);
  return number && std::abs(*number) < 1e15 ? std::optional(static_cast<std::int64_t>(*number))
                                            : std::nullopt;
}

bool is_on(const json& object, std::string_view name) {
  const json* value = find_member(object, name);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::string with_common_texts(const std::string& text, const json& settings) {
  std::string negative = member_text(settings, "animation_prompts_negative");
  for (std::size_t at = negative.find("--neg"); at != std::string::npos;
       at = negative.find("--neg")) {
    negative.erase(at, 5);
  }
  const bool has_negative = text.find("--neg") != std::string::npos;
  return member_text(settings, "animation_prompts_positive") + " " + text +
         (has_negative ? " " : " --neg ") + negative;
}

/// A schedule of the settings at the stages' frames; empty where there is none.
std::vector<double> at_stages(const json& settings,
                              std::string_view name,
                              const std::vector<WrittenStage>& stages,
                              const ScheduleFilm& film) {
  const std::string text = member_text(settings, name);
  if (trimmed(text).empty()) {
    return {};
  }
  std::vector<double> values;
  try {
    const std::vector<double> all = number_schedule(text, film);
    for (const WrittenStage& stage : stages) {
      values.push_back(all[static_cast<std::size_t>(stage.frame)]);
    }
  } catch (const Error& error) {
    refuse(std::string(name) + ": " + error.what());
  }
  return values;
}

/// Schedules of motion and of what else happens to pictures between frames, with what does nothing.
struct Neutral {
  const char* name;
  double value;
};
constexpr std::array kMotion = {Neutral{"angle", 0},          Neutral{"zoom", 1},
                                Neutral{"translation_x", 0},  Neutral{"translation_y", 0},
                                Neutral{"translation_z", 0},  Neutral{"rotation_3d_x", 0},
                                Neutral{"rotation_3d_y", 0},  Neutral{"rotation_3d_z", 0},
                                Neutral{"noise_schedule", 0}, Neutral{"contrast_schedule", 1},
                                Neutral{"amount_schedule", 0}};

/// Switches that change pictures, and names whose usual value changes nothing.
constexpr std::array kSwitches = {"use_init",
                                  "use_mask",
                                  "use_looper",
                                  "restore_faces",
                                  "enable_steps_scheduling",
                                  "enable_sampler_scheduling",
                                  "enable_checkpoint_scheduling",
                                  "enable_subseed_scheduling",
                                  "enable_perspective_flip",
                                  "cn_1_enabled",
                                  "cn_2_enabled",
                                  "cn_3_enabled",
                                  "cn_4_enabled",
                                  "cn_5_enabled"};

std::vector<std::string> left_out_of(const json& settings,
                                     const ScheduleFilm& film,
                                     bool feeds_back) {
  std::vector<std::string> names;
  for (const Neutral& schedule : kMotion) {
    const std::string text = member_text(settings, schedule.name);
    if (!feeds_back || trimmed(text).empty()) {
      continue;
    }
    bool acts = true;
    try {
      acts = std::ranges::any_of(number_schedule(text, film),
                                 [&](double value) { return value != schedule.value; });
    } catch (const Error&) {
      // It cannot be read, so it is told.
    }
    if (acts) {
      names.emplace_back(schedule.name);
    }
  }
  for (const char* name : kSwitches) {
    if (is_on(settings, name)) {
      names.emplace_back(name);
    }
  }
  if (feeds_back && whole_at(settings, "diffusion_cadence").value_or(1) > 1) {
    names.emplace_back("diffusion_cadence");
  }
  if (const std::string colours = member_text(settings, "color_coherence");
      feeds_back && !colours.empty() && colours != "None") {
    names.emplace_back("color_coherence");
  }
  if (const std::string behaviour = member_text(settings, "seed_behavior");
      !behaviour.empty() && behaviour != "fixed" && behaviour != "schedule") {
    names.push_back("seed_behavior " + behaviour + " (all frames have one noise)");
  }
  return names;
}

std::vector<Seed> seeds_of(const json& settings,
                           const std::vector<WrittenStage>& stages,
                           const ScheduleFilm& film) {
  if (member_text(settings, "seed_behavior") == "schedule") {
    std::vector<Seed> seeds;
    for (const double value : at_stages(settings, "seed_schedule", stages, film)) {
      seeds.emplace_back(value >= 0 && value < 1e15 ? Seed(static_cast<std::int64_t>(value))
                                                    : Seed());
    }
    return seeds;
  }
  return film.seed < 0 ? std::vector<Seed>() : std::vector<Seed>{Seed(film.seed)};
}

}  // namespace

WrittenStage split_negative(std::string_view text) {
  constexpr std::string_view kMark = "--neg";
  WrittenStage stage;
  std::size_t from = 0;
  for (bool first = true;; first = false) {
    const std::size_t mark = text.find(kMark, from);
    const std::string part =
        one_line(text.substr(from, mark == std::string_view::npos ? mark : mark - from));
    if (first) {
      stage.prompt = part;
    } else if (!part.empty()) {
      stage.negative_prompt += (stage.negative_prompt.empty() ? "" : " ") + part;
    }
    if (mark == std::string_view::npos) {
      return stage;
    }
    from = mark + kMark.size();
  }
}

WrittenFilm read_deforum_film(const json& settings) {
  WrittenFilm film;
  film.program = "Deforum";
  film.frames = whole_at(settings, "max_frames").value_or(0);
  if (film.frames < 1 || film.frames > kMostFrames) {
    refuse("\"max_frames\": " + std::to_string(film.frames) + ", expected 1 to " +
           std::to_string(kMostFrames));
  }
  const bool interpolates = member_text(settings, "animation_mode") == "Interpolation";
  json prompts = settings.at("prompts");
  for (auto& [key, value] : prompts.items()) {
    if (value.is_string()) {
      value = with_common_texts(value.get<std::string>(), settings);
    }
  }
  film.stages = read_stages(prompts, interpolates ? film.frames : film.frames - 1);
  // What lies beyond the end is only on its way there: not to be seen as it is.
  std::erase_if(film.stages, [&](const WrittenStage& stage) {
    return stage.frame < 0 || stage.frame >= film.frames;
  });
  if (film.stages.empty()) {
    refuse("\"prompts\": none of them lies within \"max_frames\"");
  }
  const ScheduleFilm schedule{film.frames, whole_at(settings, "seed").value_or(-1)};
  film.cfg_scale = at_stages(settings, "cfg_scale_schedule", film.stages, schedule);
  film.strength = interpolates ? std::vector<double>()
                               : at_stages(settings, "strength_schedule", film.stages, schedule);
  film.seeds = seeds_of(settings, film.stages, schedule);
  film.fps = number_at(settings, "fps");
  film.width = whole_at(settings, "W");
  film.height = whole_at(settings, "H");
  film.steps = whole_at(settings, "steps");
  if (is_on(settings, "enable_clipskip_scheduling")) {
    const auto values = at_stages(settings, "clipskip_schedule", film.stages, schedule);
    if (!values.empty()) {
      film.clip_skip = static_cast<std::int64_t>(values.front());
    }
  }
  if (const std::string sampler = member_text(settings, "sampler"); !sampler.empty()) {
    film.sampler = sampler;
  }
  if (is_on(settings, "tiling")) {
    film.tiling = Tiling::Both;
  }
  film.left_out = left_out_of(settings, schedule, !interpolates);
  if (!interpolates) {
    film.left_out.emplace_back("prompts held until the next one (the film travels between them)");
  }
  return film;
}

WrittenFilm read_fizz_film(const json& prompts) {
  WrittenFilm film;
  film.program = "FizzNodes";
  film.stages = read_stages(prompts, 0);
  film.frames = film.stages.back().frame + 1;
  if (film.stages.front().frame < 0 || film.frames > kMostFrames) {
    refuse("has frames outside of 0 to " + std::to_string(kMostFrames));
  }
  return film;
}

namespace {

/// The frames of a manifest by number, as records.
std::map<std::int64_t, const json*> parseq_frames(const json& manifest) {
  std::map<std::int64_t, const json*> frames;
  const json* list = find_member(manifest, "rendered_frames");
  if (list == nullptr || !list->is_array() || list->empty()) {
    refuse("\"rendered_frames\": is no list of frames, expected what Parseq renders");
  }
  for (const json& record : *list) {
    const auto frame = whole_at(record, "frame");
    if (!frame || *frame < 0 || *frame >= kMostFrames) {
      refuse("\"rendered_frames\": has a record without a frame's number");
    }
    frames[*frame] = &record;
  }
  return frames;
}

std::string parseq_prompt(const json& record) { return member_text(record, "deforum_prompt"); }

/// Keyframes, with the first and the last frame; without any, where prompts change.
std::vector<std::int64_t> parseq_stages(const json& manifest,
                                        const std::map<std::int64_t, const json*>& frames) {
  std::vector<std::int64_t> stages;
  if (const json* keys = find_member(manifest, "keyframes"); keys != nullptr && keys->is_array()) {
    for (const json& key : *keys) {
      if (const auto frame = whole_at(key, "frame"); frame && frames.contains(*frame)) {
        stages.push_back(*frame);
      }
    }
  }
  if (stages.empty()) {
    std::string before;
    for (const auto& [frame, record] : frames) {
      if (parseq_prompt(*record) != before) {
        stages.push_back(frame);
        before = parseq_prompt(*record);
      }
    }
  }
  stages.push_back(frames.begin()->first);
  stages.push_back(frames.rbegin()->first);
  std::ranges::sort(stages);
  stages.erase(std::unique(stages.begin(), stages.end()), stages.end());
  return stages;
}

/// A number of each stage's record, where all have it.
std::vector<double> parseq_numbers(const std::vector<const json*>& records, std::string_view name) {
  std::vector<double> values;
  for (const json* record : records) {
    if (const auto value = number_at(*record, name)) {
      values.push_back(*value);
    }
  }
  return values.size() == records.size() ? values : std::vector<double>();
}

}  // namespace

WrittenFilm read_parseq_film(const json& manifest) {
  const std::map<std::int64_t, const json*> frames = parseq_frames(manifest);
  WrittenFilm film;
  film.program = "Parseq";
  film.frames = frames.rbegin()->first + 1;
  std::vector<const json*> records;
  for (const std::int64_t frame : parseq_stages(manifest, frames)) {
    records.push_back(frames.at(frame));
    WrittenStage stage = split_negative(parseq_prompt(*records.back()));
    stage.frame = frame;
    film.stages.push_back(std::move(stage));
  }
  if (parseq_prompt(*records.front()).empty()) {
    refuse(
        "\"rendered_frames\": have no \"deforum_prompt\", expected a manifest that manages "
        "prompts");
  }
  film.cfg_scale = parseq_numbers(records, "scale");
  film.strength = parseq_numbers(records, "strength");
  for (const double seed : parseq_numbers(records, "seed")) {
    film.seeds.emplace_back(seed >= 0 && seed < 1e15 ? Seed(static_cast<std::int64_t>(seed))
                                                     : Seed());
  }
  if (const json* options = find_member(manifest, "options")) {
    film.fps = number_at(*options, "output_fps");
  }
  for (const Neutral& schedule : kMotion) {
    const bool acts = std::ranges::any_of(frames, [&](const auto& frame) {
      return number_at(*frame.second, schedule.name).value_or(schedule.value) != schedule.value;
    });
    if (acts) {
      film.left_out.emplace_back(schedule.name);
    }
  }
  return film;
}

}  // namespace ptravel
