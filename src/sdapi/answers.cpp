#include "sdapi/answers.h"

#include <array>
#include <utility>

#include "http/reason.h"
#include "serving/without_folders.h"

namespace ptravel {
namespace {

/// Our settings' names where this API calls them otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 28> kFieldNames = {
    {{"sampler", "sampler_name"},
     {"denoise_strength", "denoising_strength"},
     {"hires", "enable_hr"},
     {"hires_scale", "hr_scale"},
     {"hires_width", "hr_resize_x"},
     {"hires_height", "hr_resize_y"},
     {"hires_upscaler", "hr_upscaler"},
     {"hires_steps", "hr_second_pass_steps"},
     {"hires_denoise", "denoising_strength"},
     {"hires_sampler", "hr_sampler_name"},
     {"hires_scheduler", "hr_scheduler"},
     {"hires_prompt", "hr_prompt"},
     {"hires_negative_prompt", "hr_negative_prompt"},
     {"seed_resize_from_width", "seed_resize_from_w"},
     {"seed_resize_from_height", "seed_resize_from_h"},
     {"init_image", "init_images"},
     {"noise_multiplier", "initial_noise_multiplier"},
     {"model", "override_settings"},
     {"vae", "override_settings"},
     {"clip_skip", "override_settings"},
     {"ensd", "override_settings"},
     {"batch", "batch_size"},
     {"travel_steps", "script_args"},
     {"genesis", "script_args"},
     {"invert_mask", "inpainting_mask_invert"},
     {"inpaint_area", "inpaint_full_res"},
     {"inpaint_padding", "inpaint_full_res_padding"},
     {"inpainting_mask_weight", "override_settings"}}};

std::string_view field_name(std::string_view setting) {
  for (const auto& [ours, theirs] : kFieldNames) {
    if (setting == ours) {
      return theirs;
    }
  }
  return setting;
}

Json exception_body(std::string_view exception,
                    const std::string& detail,
                    const std::string& errors) {
  return {{"error", std::string(exception)}, {"detail", detail}, {"body", ""}, {"errors", errors}};
}

/// The words of the web UI's server, which are older ones in one place.
std::string_view plain_detail(int status) {
  return status == 413 ? "Request Entity Too Large" : reason_of(status);
}

HttpResponse problems_answer(const std::vector<SdProblem>& problems) {
  Json detail = Json::array();
  for (const SdProblem& problem : problems) {
    Json location = Json::array({"body"});
    for (const Json& part : problem.location) {
      location.push_back(part);
    }
    detail.push_back(
        {{"loc", std::move(location)}, {"msg", problem.message}, {"type", problem.type}});
  }
  return json_response(422, json_text(Json{{"detail", std::move(detail)}}));
}

HttpResponse answered(const HttpHandler& handler, const HttpRequest& request) {
  try {
    return handler(request);
  } catch (const SdRefusal& refusal) {
    return refusal.answer();
  } catch (...) {
    return sd_failure(error_in_flight(request.method + " " + request.path));
  }
}

}  // namespace

SdRefusal wrong_fields(const std::vector<SdProblem>& problems) {
  return {ErrorCode::InvalidArgument, problems.empty() ? "" : problems.front().message,
          problems_answer(problems)};
}

SdRefusal wrong_field(std::string_view field, const std::string& message) {
  return wrong_fields({{Json::array({std::string(field)}), message}});
}

SdRefusal http_exception(int status, const std::string& detail) {
  return {ErrorCode::InvalidArgument, detail,
          json_response(status, json_text(exception_body("HTTPException", detail, "")))};
}

SdRefusal exception_answer(std::string_view exception, const std::string& message) {
  return {ErrorCode::InvalidArgument, message,
          json_response(500, json_text(exception_body(exception, "", message)))};
}

HttpResponse sd_failure(const Error& error) {
  if (!error.problems().empty()) {
    std::vector<SdProblem> problems;
    for (const Problem& problem : without_folders(error.problems())) {
      problems.push_back({Json::array({std::string(field_name(problem.field))}), problem.message});
    }
    return problems_answer(problems);
  }
  switch (error.code()) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Unsupported:
      return problems_answer({{Json::array(), without_folders(error.what())}});
    case ErrorCode::OutOfMemory:
      return exception_answer("OutOfMemoryError", "there is not enough memory for this picture")
          .answer();
    case ErrorCode::Io:
    case ErrorCode::Internal:
      return exception_answer("RuntimeError", "the server failed, its log says how").answer();
    default:
      return exception_answer("RuntimeError", without_folders(error.what())).answer();
  }
}

HttpResponse sd_refusal(int status, const HttpRequest& request) {
  if (status == 401) {
    const bool tried = request.header("authorization").has_value();
    return json_response(
        401,
        json_text(exception_body(
            "HTTPException", tried ? "Incorrect username or password" : "Not authenticated", "")));
  }
  return json_response(status, json_text(Json{{"detail", std::string(plain_detail(status))}}));
}

HttpHandler sd_handler(HttpHandler handler) {
  return [handler = std::move(handler)](const HttpRequest& request) {
    return answered(handler, request);
  };
}

HttpResponse sd_json(const Json& value) { return json_response(200, json_text(value)); }

}  // namespace ptravel
