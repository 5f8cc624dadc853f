// What clients of the web UI ask beside /sdapi/v1: signs of life, the UI toolkit's own routes, and
// the page's progress.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "ptravel/sampling.h"
#include "sdapi/answers.h"
#include "sdapi/fields.h"
#include "sdapi/progress.h"
#include "sdapi/routes.h"

namespace ptravel {
namespace {

HttpRoute route_at(const char* method, const char* path, HttpHandler handler) {
  HttpRoute route;
  route.method = method;
  route.pattern = path;
  route.handler = sd_handler(std::move(handler));
  return route;
}

/// Names of the requests that wait for their turn; a travel's request waits until its job begins.
std::vector<std::string> waiting_tasks(const SdState& state) {
  std::vector<std::string> tasks = state.work.pending();
  if (const auto job = state.context.queue.current()) {
    std::erase_if(tasks,
                  [&](const std::string& task) { return state.work.job_of(task) == job->id; });
  }
  return tasks;
}

/// Requests and jobs that wait; those that are both count once.
std::size_t queue_length(const SdState& state) {
  const std::vector<std::string> tasks = state.work.pending();
  const auto plain = std::count_if(tasks.begin(), tasks.end(), [&](const std::string& task) {
    return state.work.job_of(task).empty();
  });
  return static_cast<std::size_t>(plain + state.context.queue.waiting_count());
}

HttpResponse queue_status(const SdState& state) {
  return sd_json({{"msg", "estimation"},
                  {"rank", 0},
                  {"queue_size", queue_length(state)},
                  {"avg_event_process_time", nullptr},
                  {"avg_event_concurrent_process_time", nullptr},
                  {"rank_eta", nullptr},
                  {"queue_eta", 0}});
}

Json component(int id, const char* element, Json choices) {
  return {{"id", id},
          {"type", "dropdown"},
          {"props", {{"elem_id", element}, {"choices", std::move(choices)}, {"visible", true}}}};
}

/// The toolkit's description of a page, as far as clients read it: the choices of its lists.
HttpResponse config(const SdState& state) {
  Json samplers = Json::array();
  for (const SamplerInfo& info : sampler_infos()) {
    samplers.push_back(std::string(info.label));
  }
  Json schedulers = Json::array();
  for (const ScheduleInfo& info : schedule_infos()) {
    schedulers.push_back(std::string(info.label));
  }
  Json models = Json::array();
  for (const CatalogEntry& entry : state.context.catalog.models()) {
    if (entry.refusal.empty()) {
      models.push_back(entry.title);
    }
  }
  const Json scripts = Json::array({"None", "Prompt Travel"});
  const Json components = Json::array(
      {component(1, "setting_sd_model_checkpoint", models),
       component(2, "txt2img_sampling", samplers), component(3, "img2img_sampling", samplers),
       component(4, "txt2img_scheduler", schedulers), component(5, "img2img_scheduler", schedulers),
       component(6, "script_list", scripts)});
  return sd_json({{"mode", "blocks"},
                  {"title", "Prompt Travel"},
                  {"components", components},
                  {"dependencies", Json::array()}});
}

/// The answer to /internal/progress for a task that is not in work.
Json idle_answer(bool queued, bool completed, const std::string& text) {
  return {{"active", false},       {"queued", queued}, {"completed", completed},
          {"progress", nullptr},   {"eta", nullptr},   {"live_preview", nullptr},
          {"id_live_preview", -1}, {"textinfo", text}};
}

HttpResponse task_progress(const SdState& state, const HttpRequest& request) {
  const std::array<SdField, 3> fields = {{{"id_task", SdType::Text},
                                          {"id_live_preview", SdType::Integer, "-1"},
                                          {"live_preview", SdType::Boolean, "true"}}};
  const SdBody body = read_sd_body(request, fields);
  const std::string task = body.text("id_task");
  const SdProgress progress = sd_progress(state);
  const std::string job = state.work.job_of(task);
  const bool active =
      !task.empty() && (progress.view.task == task || (!job.empty() && progress.job == job));
  if (!active) {
    const std::vector<std::string> pending = waiting_tasks(state);
    const auto place = std::find(pending.begin(), pending.end(), task);
    const bool queued = place != pending.end();
    const std::string text = queued ? "In queue: " + std::to_string(place - pending.begin() + 1) +
                                          "/" + std::to_string(pending.size())
                                    : "Waiting...";
    return sd_json(idle_answer(queued, state.work.is_completed(task), text));
  }
  const auto preview = body.boolean("live_preview") ? sd_preview(state, progress) : nullptr;
  const bool is_new =
      preview && static_cast<std::int64_t>(preview->number) != body.integer("id_live_preview");
  return sd_json(
      {{"active", true},
       {"queued", false},
       {"completed", false},
       {"progress", progress.progress},
       {"eta", progress.eta_relative},
       {"live_preview", is_new ? Json("data:image/png;base64," + preview->base64) : Json()},
       {"id_live_preview",
        preview ? static_cast<std::int64_t>(preview->number) : body.integer("id_live_preview")},
       {"textinfo", nullptr}});
}

}  // namespace

void add_sdapi_outside_routes(HttpRouter& router, const SharedSdState& state) {
  router.add(route_at("GET", "/queue/status",
                      [state](const HttpRequest&) { return queue_status(*state); }));
  router.add(route_at("GET", "/config", [state](const HttpRequest&) { return config(*state); }));
  // Who reaches this may use the server: where users are asked for, the server has asked before.
  router.add(route_at("POST", "/login", [](const HttpRequest&) {
    return sd_json({{"success", true}});
  }));
  HttpRoute ping =
      route_at("GET", "/internal/ping", [](const HttpRequest&) { return sd_json(Json::object()); });
  router.add(std::move(ping));
  router.add(route_at("POST", "/internal/progress", [state](const HttpRequest& request) {
    return task_progress(*state, request);
  }));
  router.add(route_at("GET", "/internal/pending-tasks", [state](const HttpRequest&) {
    const std::vector<std::string> tasks = waiting_tasks(*state);
    return sd_json({{"size", tasks.size()}, {"tasks", tasks}});
  }));
  for (const char* prefix : {"/internal/", "/queue/", "/controlnet/", "/config", "/login"}) {
    router.refuse_with(prefix, sd_refusal);
  }
}

}  // namespace ptravel
