#include "ptravel/request.h"

#include <filesystem>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ptravel/error.h"
#include "travel/request_table.h"
#include "travel/slice.h"
#include "travel/stages.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSlowestFps = 0.01;
constexpr int kSmallestSide = 8;
constexpr int kLargestSide = 8192;

const RequestFieldEntry* find_entry(std::string_view name) {
  std::string underscored(name);
  for (char& c : underscored) {
    c = c == '-' ? '_' : c;
  }
  for (const RequestFieldEntry& entry : request_table()) {
    if (entry.description.name == underscored) {
      return &entry;
    }
  }
  return nullptr;
}

/// The message of an Error without its "[operation] " prefix, for problems that carry the field.
std::string without_operation(const Error& error) {
  const std::string text = error.what();
  const auto end = text.find("] ");
  return text.starts_with("[") && end != std::string::npos ? text.substr(end + 2) : text;
}

std::string joined(const Json& list, const char* separator) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    text += i == 0 ? "" : separator;
    text += list[i].is_string() ? list[i].get<std::string>() : list[i].dump();
  }
  return text;
}

bool all_of_type(const Json& list, bool strings) {
  for (const Json& item : list) {
    if (strings ? !item.is_string() : !item.is_number_integer()) {
      return false;
    }
  }
  return list.is_array() && !list.empty();
}

/// The text that set_request_field would get for this JSON value, or nothing for a wrong type.
std::optional<std::string> json_field_text(const RequestField& field, const Json& value) {
  using Kind = RequestField::Kind;
  if (field.name == "travel_steps") {
    if (value.is_number_integer()) {
      return value.dump();
    }
    if (all_of_type(value, false)) {
      return joined(value, ",");
    }
  }
  if ((field.name == "prompt" || field.name == "negative_prompt") && all_of_type(value, true)) {
    return joined(value, "\n");
  }
  switch (field.kind) {
    case Kind::Text:
    case Kind::Choice:
      return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
    case Kind::Integer:
      return value.is_number_integer() ? std::optional(value.dump()) : std::nullopt;
    case Kind::Number:
      if (field.name == "eta" && value.is_null()) {
        return std::string();
      }
      return value.is_number() ? std::optional(value.dump()) : std::nullopt;
    case Kind::Boolean:
      return value.is_boolean() ? std::optional(value.dump()) : std::nullopt;
  }
  return std::nullopt;
}

Json field_json(const RequestFieldEntry& entry, const TravelRequest& request) {
  using Kind = RequestField::Kind;
  const std::string text = entry.text(request);
  switch (entry.description.kind) {
    case Kind::Integer:
      return parse_integer(text).value_or(0);
    case Kind::Number:
      return text.empty() ? Json(nullptr) : Json(parse_number(text).value_or(0));
    case Kind::Boolean:
      return text == "true";
    case Kind::Text:
    case Kind::Choice:
      break;
  }
  return text;
}

void check_sampling(const TravelRequest& request, std::vector<RequestProblem>& problems) {
  try {
    const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
    static_cast<void>(choice);
  } catch (const Error& error) {
    const std::string text = error.what();
    problems.push_back(
        {text.find("[schedul") == 0 ? "scheduler" : "sampler", without_operation(error)});
  }
}

void check_sizes(const TravelRequest& request,
                 const ModelLimits& limits,
                 std::vector<RequestProblem>& problems) {
  const auto check_side = [&](const char* name, int side) {
    if (side > 0 && side < kSmallestSide) {
      problems.push_back({name, std::to_string(side) +
                                    ", expected 0 (the model's own size) or at least " +
                                    std::to_string(kSmallestSide)});
    } else if (side > 0 && side <= kLargestSide && side % limits.size_factor != 0) {
      problems.push_back({name, std::to_string(side) + ", expected a multiple of " +
                                    std::to_string(limits.size_factor)});
    }
  };
  check_side("width", request.width);
  check_side("height", request.height);
}

void check_stages(const TravelRequest& request, std::vector<RequestProblem>& problems) {
  try {
    const StagePlan plan = plan_stages(request.prompt, request.negative_prompt,
                                       request.travel_steps, SingleStage::Keep);
    for (const std::int64_t steps : plan.steps) {
      if (steps < 0) {
        problems.push_back({"travel_steps", "\"" + request.travel_steps +
                                                "\", expected numbers that are 0 or more"});
        return;
      }
    }
    pick_and_pad(request.pick, 0, plan.frame_count());
  } catch (const Error& error) {
    const std::string text = error.what();
    const auto end = text.find(']');
    problems.push_back(
        {end == std::string::npos ? "prompt" : text.substr(1, end - 1), without_operation(error)});
  }
}

void check_init_image(const TravelRequest& request, std::vector<RequestProblem>& problems) {
  std::error_code error;
  if (!request.init_image.empty() && !std::filesystem::is_regular_file(request.init_image, error)) {
    problems.push_back(
        {"init_image", "\"" + request.init_image + "\", expected a picture file that exists"});
  }
}

}  // namespace

std::span<const RequestField> request_fields() {
  static const std::vector<RequestField> fields = [] {
    std::vector<RequestField> descriptions;
    for (const RequestFieldEntry& entry : request_table()) {
      descriptions.push_back(entry.description);
    }
    return descriptions;
  }();
  return fields;
}

const RequestField* find_request_field(std::string_view name) {
  const RequestFieldEntry* entry = find_entry(name);
  return entry == nullptr ? nullptr : &entry->description;
}

std::string request_field_text(const TravelRequest& request, std::string_view name) {
  const RequestFieldEntry* entry = find_entry(name);
  PTRAVEL_CHECK(entry != nullptr);
  return entry->text(request);
}

std::optional<RequestProblem> set_request_field(TravelRequest& request,
                                                std::string_view name,
                                                std::string_view text) {
  const RequestFieldEntry* entry = find_entry(name);
  PTRAVEL_CHECK(entry != nullptr);
  const auto problem = entry->set(request, text);
  if (!problem) {
    return std::nullopt;
  }
  return RequestProblem{std::string(entry->description.name), *problem};
}

std::string request_to_json(const TravelRequest& request) {
  Json object = Json::object();
  for (const RequestFieldEntry& entry : request_table()) {
    object[std::string(entry.description.name)] = field_json(entry, request);
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::vector<RequestProblem> apply_json(TravelRequest& request, std::string_view json_text) {
  const Json object = Json::parse(json_text, nullptr, false);
  if (!object.is_object()) {
    return {{"config", "is not a table of settings"}};
  }
  std::vector<RequestProblem> problems;
  for (const auto& [name, value] : object.items()) {
    const RequestFieldEntry* entry = find_entry(name);
    if (entry == nullptr) {
      problems.push_back({name, "is not a setting"});
      continue;
    }
    const auto text = json_field_text(entry->description, value);
    if (!text) {
      problems.push_back({name, value.dump(-1, ' ', false, Json::error_handler_t::replace) +
                                    " has the wrong type"});
      continue;
    }
    if (auto problem = set_request_field(request, name, *text)) {
      problems.push_back(std::move(*problem));
    }
  }
  return problems;
}

std::vector<RequestProblem> validate_request(const TravelRequest& request,
                                             const ModelLimits& limits) {
  std::vector<RequestProblem> problems;
  for (const RequestFieldEntry& entry : request_table()) {
    if (const auto problem = entry.check(request)) {
      problems.push_back({std::string(entry.description.name), *problem});
    }
  }
  if (request.model.empty()) {
    problems.push_back({"model", "is empty, expected a checkpoint file or a diffusers folder"});
  }
  if ((request.seed_resize_from_width > 0) != (request.seed_resize_from_height > 0)) {
    problems.push_back({"seed_resize_from_width",
                        std::to_string(request.seed_resize_from_width) +
                            ", expected to be given together with seed_resize_from_height"});
  }
  if (request.fps > 0 && request.fps < kSlowestFps) {
    problems.push_back({"fps", number_text(request.fps) + ", expected 0 (no video) or at least " +
                                   number_text(kSlowestFps)});
  }
  check_sampling(request, problems);
  check_sizes(request, limits, problems);
  check_stages(request, problems);
  check_init_image(request, problems);
  return problems;
}

void throw_request_problems(const std::vector<RequestProblem>& problems) {
  if (problems.empty()) {
    return;
  }
  std::string text;
  for (const RequestProblem& problem : problems) {
    text += (text.empty() ? "" : "\n") + problem.field + ": " + problem.message;
  }
  throw Error(ErrorCode::InvalidArgument, text);
}

}  // namespace ptravel
