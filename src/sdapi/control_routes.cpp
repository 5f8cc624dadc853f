// What is in work, and how it is stopped.
#include <fstream>
#include <sstream>
#include <string>

#include "base/text.h"
#include "sdapi/answers.h"
#include "sdapi/fields.h"
#include "sdapi/progress.h"
#include "sdapi/routes.h"

namespace ptravel {
namespace {

Json state_of(const SdProgress& progress) {
  const SdWork::View& view = progress.view;
  return {{"skipped", view.skipped},
          {"interrupted", view.interrupted},
          {"stopping_generation", false},
          {"job", view.job},
          {"job_count", view.job_count},
          {"job_timestamp", view.timestamp},
          {"job_no", view.job_no},
          {"sampling_step", view.sampling_step},
          {"sampling_steps", view.sampling_steps}};
}

HttpResponse answer_progress(const SdState& state, const HttpRequest& request) {
  const SdField skip{"skip_current_image", SdType::Boolean};
  const std::string asked(request.query_value(skip.name).value_or("false"));
  const SdConverted skipped = convert_sd_value(skip, asked.empty() ? Json(false) : Json(asked));
  if (skipped.problem) {
    Json detail = {{"loc", {"query", "skip_current_image"}},
                   {"msg", skipped.problem->message},
                   {"type", skipped.problem->type}};
    return json_response(422, json_text(Json{{"detail", Json::array({std::move(detail)})}}));
  }
  const SdProgress progress = sd_progress(state);
  const bool without_image = skipped.value.get<bool>();
  const auto preview = without_image ? nullptr : sd_preview(state, progress);
  return sd_json(
      {{"progress", progress.progress},
       {"eta_relative", progress.eta_relative},
       {"state", state_of(progress)},
       {"current_image", preview ? Json(preview->base64) : Json()},
       {"textinfo", nullptr},
       {"current_task", progress.view.task.empty() ? Json() : Json(progress.view.task)}});
}

/// The number behind a name in /proc/meminfo or /proc/self/status, in bytes; 0 where there is none.
std::uint64_t kibibytes_of(const char* file, std::string_view name) {
  std::ifstream stream(file);
  std::string line;
  while (std::getline(stream, line)) {
    if (line.starts_with(name)) {
      std::istringstream rest(line.substr(name.size()));
      std::uint64_t number = 0;
      rest >> number;
      return number * 1024;
    }
  }
  return 0;
}

HttpResponse answer_memory(const HttpRequest&) {
  const std::uint64_t total = kibibytes_of("/proc/meminfo", "MemTotal:");
  const std::uint64_t used = kibibytes_of("/proc/self/status", "VmRSS:");
  const Json ram =
      total > 0 ? Json{{"free", total - std::min(used, total)}, {"used", used}, {"total", total}}
                : Json{{"error", "unavailable"}};
  return sd_json({{"ram", ram}, {"cuda", {{"error", "unavailable"}}}});
}

/// Without the folders: no answer of this API tells where they are.
HttpResponse answer_flags(const SdState& state) {
  const ServeOptions& options = state.context.options;
  TravelRequest machine;
  machine.device = options.device;
  machine.precision = options.precision;
  return sd_json({{"api", true},
                  {"nowebui", false},
                  {"host", options.host},
                  {"port", options.port},
                  {"api_auth", options.api_auth.empty() ? Json() : Json("***")},
                  {"cors_allow_origins", options.cors_allow_origins},
                  {"insecure", options.insecure},
                  {"device", request_field_text(machine, "device")},
                  {"precision", request_field_text(machine, "precision")},
                  {"threads", options.threads}});
}

}  // namespace

void add_sdapi_control_routes(HttpRouter& router, const SharedSdState& state) {
  router.add(sd_route("GET", "/progress", [state](const HttpRequest& request) {
    return answer_progress(*state, request);
  }));
  router.add(sd_route("POST", "/interrupt", [state](const HttpRequest&) {
    state->work.interrupt();
    state->context.queue.interrupt();
    return sd_json(Json::object());
  }));
  router.add(sd_route("POST", "/skip", [state](const HttpRequest&) {
    state->work.skip();
    return sd_json(nullptr);
  }));
  router.add(sd_route("GET", "/memory", answer_memory));
  router.add(
      sd_route("GET", "/cmd-flags", [state](const HttpRequest&) { return answer_flags(*state); }));
}

}  // namespace ptravel
