#include <algorithm>

#include "base/text.h"
#include "notation/written_film.h"
#include "ptravel/error.h"
#include "ptravel/text_input.h"
#include "request/picture_json.h"
#include "request/stages.h"

namespace ptravel {
namespace {

using nlohmann::json;

/// FizzNodes' schedules are the inside of an object, often with a comma too many.
std::string as_object(std::string_view text) {
  std::string_view inner = trimmed(text);
  if (inner.ends_with(',')) {
    inner = trimmed(inner.substr(0, inner.size() - 1));
  }
  return "{" + std::string(inner) + "}";
}

/// Sets what still has its default.
template <typename Value>
void take(TravelRequest& request, Value TravelRequest::*member, const std::optional<Value>& value) {
  if (value && request.*member == TravelRequest{}.*member) {
    request.*member = *value;
  }
}

std::optional<int> as_int(const std::optional<std::int64_t>& value) {
  return value ? std::optional(static_cast<int>(std::clamp<std::int64_t>(*value, -1, 1'000'000)))
               : std::nullopt;
}

/// One value where all are equal; nothing for none.
template <typename Value>
std::optional<std::vector<Value>> as_list(const std::vector<Value>& values) {
  if (values.empty()) {
    return std::nullopt;
  }
  const bool same =
      std::ranges::all_of(values, [&](const Value& v) { return v == values.front(); });
  return same ? std::vector<Value>{values.front()} : values;
}

/// Whether frames start from pictures, so that a strength has a meaning.
bool starts_from_pictures(const TravelRequest& request) {
  return !request.init_image.empty() || request.genesis == Genesis::Successive;
}

void put_stages(TravelRequest& request, const WrittenFilm& film) {
  std::vector<std::string> prompts;
  std::vector<std::string> negatives;
  std::string steps;
  std::vector<int> hold;
  for (std::size_t i = 0; i < film.stages.size(); ++i) {
    const WrittenStage& stage = film.stages[i];
    prompts.push_back(stage.prompt);
    negatives.push_back(stage.negative_prompt);
    const bool last = i + 1 == film.stages.size();
    if (!last) {
      steps += (i == 0 ? "" : ",") + std::to_string(film.stages[i + 1].frame - stage.frame - 1);
    }
    // The film begins and ends with the first and the last stage, wherever their frames are.
    hold.push_back(
        static_cast<int>((i == 0 ? stage.frame : 0) + (last ? film.frames - 1 - stage.frame : 0)));
  }
  request.prompt = lines_of_entries(prompts);
  request.negative_prompt =
      std::ranges::all_of(negatives, &std::string::empty) ? "" : lines_of_entries(negatives);
  if (!steps.empty()) {
    request.travel_steps = steps;
  }
  request.hold = *as_list(hold);
}

std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    text += (text.empty() ? "" : ", ") + item;
  }
  return text;
}

std::vector<std::string> put_film(TravelRequest& request, const WrittenFilm& film) {
  put_stages(request, film);
  take(request, &TravelRequest::cfg_scale, as_list(film.cfg_scale));
  take(request, &TravelRequest::seed, as_list(film.seeds));
  take(request, &TravelRequest::fps, film.fps);
  take(request, &TravelRequest::width, as_int(film.width));
  take(request, &TravelRequest::height, as_int(film.height));
  take(request, &TravelRequest::steps, as_int(film.steps));
  take(request, &TravelRequest::clip_skip, as_int(film.clip_skip));
  take(request, &TravelRequest::sampler, film.sampler);
  take(request, &TravelRequest::tiling, film.tiling);
  std::vector<std::string> left_out = film.left_out;
  std::vector<double> denoise;
  for (const double strength : film.strength) {
    denoise.push_back(1 - strength);
  }
  if (starts_from_pictures(request)) {
    take(request, &TravelRequest::denoise_strength, as_list(denoise));
  } else if (!denoise.empty()) {
    left_out.emplace_back("strength (expected init_image or genesis successive)");
  }
  std::vector<std::string> notes = {"Taken from " + film.program + ": " +
                                    std::to_string(film.stages.size()) + " stages in " +
                                    std::to_string(film.frames) + " frames."};
  if (!left_out.empty()) {
    notes.push_back("Without meaning here, left out: " + listed(left_out) + ".");
  }
  return notes;
}

}  // namespace

WrittenFilm read_written_film(std::string_view text) {
  auto object = parse_picture_json(text);
  if (!object) {
    object = parse_picture_json(as_object(text));
  }
  if (!object || object->empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "is no JSON object, expected Deforum's settings, a schedule of FizzNodes or what "
                "Parseq renders");
  }
  if (find_member(*object, "rendered_frames") != nullptr) {
    return read_parseq_film(*object);
  }
  const json* prompts = find_member(*object, "prompts");
  if (prompts != nullptr && prompts->is_object() && find_member(*object, "max_frames") != nullptr) {
    return read_deforum_film(*object);
  }
  if (std::ranges::all_of(*object, [](const json& value) { return value.is_string(); })) {
    return read_fizz_film(*object);
  }
  throw Error(ErrorCode::InvalidArgument,
              "has neither \"rendered_frames\" (Parseq) nor \"prompts\" and \"max_frames\" "
              "(Deforum), and is no list of frames and prompts (FizzNodes)");
}

std::vector<std::string> apply_schedule_file(TravelRequest& request) {
  if (request.schedule_file.empty()) {
    return {};
  }
  if (!prompt_lines(request.prompt).empty() || !prompt_lines(request.negative_prompt).empty()) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"prompt", "is given, and so is schedule_file, expected one of them"});
  }
  const std::string text = read_text_file({request.schedule_file, "schedule_file"});
  try {
    std::vector<std::string> notes = put_film(request, read_written_film(text));
    request.schedule_file.clear();
    return notes;
  } catch (const Error& error) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"schedule_file", "\"" + request.schedule_file + "\" " + error.what()});
  }
}

}  // namespace ptravel
