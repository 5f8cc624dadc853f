#include "sdapi/script.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "request/frame_settings.h"
#include "request/request_names.h"
#include "request/slice.h"
#include "request/stages.h"

namespace ptravel {
namespace {

/// A script's arguments by name, converted.
using Arguments = std::map<std::string_view, Json>;

[[noreturn]] void refuse(std::size_t place, const std::string& message) {
  throw wrong_fields({{Json::array({"script_args", place}), message}});
}

bool is_choice(std::string_view choices, std::string_view text) {
  for (const std::string_view choice : split(choices, ',')) {
    if (trimmed(choice) == text) {
      return true;
    }
  }
  return choices.empty();
}

std::size_t place_of(std::span<const SdScriptArgument> table, std::string_view name) {
  std::size_t place = 0;
  while (place < table.size() && table[place].field.name != name) {
    ++place;
  }
  return place;
}

Arguments read_arguments(const Json& given, std::span<const SdScriptArgument> table) {
  if (given.size() > table.size()) {
    refuse(table.size(), "there are " + std::to_string(given.size()) +
                             " arguments, expected at most " + std::to_string(table.size()) +
                             " where the first one is " + shown_json(given.front()));
  }
  Arguments read;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const SdScriptArgument& argument = table[i];
    if (i >= given.size() || given[i].is_null()) {
      read[argument.field.name] = Json::parse(argument.field.initial);
      continue;
    }
    if (argument.field.name == "steps" && !given[i].is_string()) {
      refuse(i, "cannot parse steps options: " + shown_json(given[i]) + ", expected a text");
    }
    SdConverted converted = convert_sd_value(argument.field, given[i]);
    if (converted.problem) {
      refuse(i, std::string(argument.field.name) + ": " + converted.problem->message);
    }
    if (converted.value.is_string() &&
        !is_choice(argument.choices, converted.value.get<std::string>())) {
      refuse(i, std::string(argument.field.name) + ": " + shown_json(given[i]) +
                    ", expected one of " + std::string(argument.choices));
    }
    read[argument.field.name] = std::move(converted.value);
  }
  return read;
}

ReplaceOrder order_of(const std::string& name) {
  if (name == "most_similar") {
    return ReplaceOrder::Similar;
  }
  if (name == "most_different") {
    return ReplaceOrder::Different;
  }
  return kReplaceOrderNames.parse(name).value();
}

std::string text(const Arguments& arguments, std::string_view name) {
  return arguments.at(name).get<std::string>();
}
double number(const Arguments& arguments, std::string_view name) {
  return arguments.at(name).get<double>();
}
std::int64_t integer(const Arguments& arguments, std::string_view name) {
  return arguments.at(name).get<std::int64_t>();
}

/// What both versions check before they draw, in their order and words.
class Checks {
 public:
  Checks(std::span<const SdScriptArgument> table, const Arguments& arguments)
      : table_(table), arguments_(arguments) {}

  void slice() const {
    try {
      parse_slice(text(arguments_, "video_pick"));
    } catch (const Error&) {
      fail("video_pick", "syntax error in video_slice");
    }
  }

  /// `rules`: whether the version counts a single line twice.
  void stages(const TravelRequest& request,
              const StageRules& rules,
              const std::string& option_word) const {
    const std::string steps = text(arguments_, "steps");
    if (trimmed(request.prompt).empty()) {
      throw wrong_field("prompt", "positive prompt should not be empty :(");
    }
    const StagePlan plan = plan_stages(request.prompt, request.negative_prompt, "0", rules);
    const std::int64_t count = plan.stage_count();
    if (count < 2) {
      throw wrong_field("prompt",
                        "should specify at least two lines of prompt to travel between :)");
    }
    std::vector<std::int64_t> gaps;
    try {
      gaps = parse_travel_steps(steps);
    } catch (const Error&) {
      fail("steps", "cannot parse steps " + option_word + ": " + steps);
    }
    if (gaps.size() > 1 && static_cast<std::int64_t>(gaps.size()) != count - 1) {
      fail("steps", "stage count mismatch: you have " + std::to_string(count) +
                        " prompt stages, but specified " + std::to_string(gaps.size()) +
                        " steps; should assure len(steps) == len(stages) - 1");
    }
  }

  [[noreturn]] void fail(std::string_view name, const std::string& message) const {
    refuse(place_of(table_, name), message);
  }

 private:
  std::span<const SdScriptArgument> table_;
  const Arguments& arguments_;
};

void set_film(const Arguments& arguments, TravelRequest& request) {
  request.fps = number(arguments, "video_fps");
  request.pad = static_cast<int>(std::min<std::int64_t>(integer(arguments, "video_pad"), 1 << 30));
  request.pick = text(arguments, "video_pick");
  set_request_field(request, "format", text(arguments, "video_fmt"));
}

void apply_first(const Json& given, TravelRequest& request) {
  const auto table = first_version_arguments();
  const Arguments arguments = read_arguments(given, table);
  const Checks checks(table, arguments);
  if (integer(arguments, "grad_iter") <= 0) {
    checks.fail("grad_iter", "grad_iter must > 0");
  }
  if (integer(arguments, "video_pad") < 0) {
    checks.fail("video_pad", "video_pad must >= 0");
  }
  if (number(arguments, "video_fps") < 0) {
    checks.fail("video_fps", "video_fps must >= 0");
  }
  checks.slice();
  request.compat = Compat::First;
  request.genesis = kGenesisNames.parse(text(arguments, "genesis")).value();
  request.mode = kTravelModeNames.parse(text(arguments, "mode")).value();
  checks.stages(request, stage_rules(request), "options");
  request.travel_steps = text(arguments, "steps");
  request.replace_dim = ReplaceDim::Prompt;
  request.replace_order = order_of(text(arguments, "replace_order"));
  request.grad_alpha = number(arguments, "grad_alpha");
  request.grad_iter =
      static_cast<int>(std::min<std::int64_t>(integer(arguments, "grad_iter"), 1 << 30));
  set_request_field(request, "grad_method", text(arguments, "grad_meth"));
  request.grad_w_latent = number(arguments, "grad_w_latent");
  request.grad_w_cond = number(arguments, "grad_w_cond");
  if (request.genesis == Genesis::Successive) {
    request.denoise_strength = {number(arguments, "denoise_strength")};
  }
  set_film(arguments, request);
}

/// round(v * steps) below 1, else round(v), as the newest version counts the embryo's steps.
std::string embryo_step(const std::string& given, const Checks& checks, int steps) {
  const auto value = parse_number(given);
  if (!value) {
    checks.fail("embryo_step", "embryo_step is not a number: " + given);
  }
  if (*value <= 0) {
    checks.fail("embryo_step", "embryo_step must > 0, but got " + given);
  }
  const double count = std::nearbyint(*value < 1 ? *value * steps : *value);
  constexpr double kCountable = 1e6;
  return std::to_string(static_cast<std::int64_t>(std::min(count, kCountable)));
}

void refuse_what_newest_has_more(const Arguments& arguments, const Checks& checks) {
  if (arguments.at("ext_depth").get<bool>()) {
    checks.fail("ext_depth", "depth models are not supported, expected false");
  }
  if (number(arguments, "ssim_diff") > 0) {
    checks.fail("ssim_diff", "refinement by SSIM is not supported, expected 0");
  }
}

void check_newest_film(const Arguments& arguments, const Checks& checks) {
  if (integer(arguments, "video_pad") < 0) {
    checks.fail("video_pad",
                "video_pad must >= 0, but got " + std::to_string(integer(arguments, "video_pad")));
  }
  if (number(arguments, "video_fps") <= 0) {
    checks.fail("video_fps",
                "video_fps must > 0, but got " + number_text(number(arguments, "video_fps")));
  }
  checks.slice();
}

void apply_newest(const Json& given, TravelRequest& request) {
  const auto table = newest_version_arguments();
  const Arguments arguments = read_arguments(given, table);
  const Checks checks(table, arguments);
  const bool video = arguments.at("ext_video").get<bool>();
  if (video) {
    check_newest_film(arguments, checks);
  }
  request.compat = Compat::Newest;
  request.mode = kTravelModeNames.parse(text(arguments, "mode")).value();
  request.genesis = kGenesisNames.parse(text(arguments, "genesis")).value();
  if (request.genesis == Genesis::Embryo) {
    request.embryo_step = embryo_step(text(arguments, "embryo_step"), checks, request.steps);
  }
  checks.stages(request, {}, "option");
  refuse_what_newest_has_more(arguments, checks);
  set_request_field(request, "interpolation", text(arguments, "lerp_meth"));
  request.replace_dim = kReplaceDimNames.parse(text(arguments, "replace_dim")).value();
  request.replace_order = order_of(text(arguments, "replace_order"));
  request.travel_steps = text(arguments, "steps");
  if (request.genesis == Genesis::Successive) {
    request.denoise_strength = {number(arguments, "denoise_w")};
  }
  set_film(arguments, request);
  if (!video) {
    request.fps = 0;
    request.pad = 0;
    request.pick.clear();
  }
}

}  // namespace

bool is_travel_script(std::string_view title) { return same_but_case(title, kTravelScript); }

void apply_script_arguments(const Json& arguments, TravelRequest& request) {
  const std::string first = !arguments.empty() && arguments.front().is_string()
                                ? arguments.front().get<std::string>()
                                : std::string();
  if (is_choice(newest_version_arguments().front().choices, first)) {
    apply_newest(arguments, request);
  } else if (is_choice(first_version_arguments().front().choices, first)) {
    apply_first(arguments, request);
  } else {
    throw wrong_field("script_args",
                      "expected the arguments of the first version (15, the first one \"fixed\" or "
                      "\"successive\") or of the newest (20, the first one \"linear\" or "
                      "\"replace\")");
  }
}

}  // namespace ptravel
