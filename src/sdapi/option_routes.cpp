// Settings, and which model is in memory.
#include <filesystem>
#include <utility>

#include "ptravel/travel.h"
#include "sdapi/answers.h"
#include "sdapi/load.h"
#include "sdapi/picture_fields.h"
#include "sdapi/plan.h"
#include "sdapi/routes.h"

namespace ptravel {
namespace {

/// A model has several names: another name of the same one is no reason to wait for a turn.
bool names_other_model(const SdOptions& options,
                       const SdSettings& before,
                       const SdSettings& after) {
  const auto path_of = [&](const SdSettings& settings) {
    const auto model = options.model(settings);
    return model ? model->path : std::filesystem::path();
  };
  return path_of(before) != path_of(after) || before.text("sd_vae") != after.text("sd_vae");
}

HttpResponse change_options(SdState& state, const HttpRequest& request) {
  const Json changes = sd_body_object(request);
  const SdSettings before = state.options.settings();
  const SdSettings after = state.options.changed(changes);
  if (names_other_model(state.options, before, after)) {
    load_sd_model(state, after);
  }
  state.options.keep(changes);
  return sd_json(nullptr);
}

}  // namespace

void load_sd_model(SdState& state, const SdSettings& settings) {
  const auto model = state.options.model(settings);
  if (!model) {
    throw exception_answer("RuntimeError", "there is no model to load");
  }
  const SdBody none = read_sd_object(Json::object(), txt2img_fields());
  TravelRequest request = sd_travel_request(state.context.catalog, none, settings, *model, false);
  request.prompt = one_stage("");
  request.seed = {Seed(0)};
  RequestResolver::Settled settled = state.context.resolver.settle(std::move(request));
  throw_request_problems(settled.problems);
  state.context.queue.run_task("loading the model", [&](ModelStore& models, Progress& progress) {
    TravelOptions options;
    options.store = &models;
    Travel::open(settled.request, progress, options);
  });
}

void add_sdapi_option_routes(HttpRouter& router, const SharedSdState& state) {
  router.add(sd_route("GET", "/options", [state](const HttpRequest&) {
    return sd_json(state->options.settings().values());
  }));
  HttpRoute change = sd_route("POST", "/options", [state](const HttpRequest& request) {
    return change_options(*state, request);
  });
  change.pace = HttpPace::Long;
  router.add(std::move(change));
  router.add(sd_route("POST", "/unload-checkpoint", [state](const HttpRequest&) {
    state->context.queue.unload_models();
    return sd_json(Json::object());
  }));
  HttpRoute reload = sd_route("POST", "/reload-checkpoint", [state](const HttpRequest&) {
    load_sd_model(*state, state->options.settings());
    return sd_json(Json::object());
  });
  reload.pace = HttpPace::Long;
  router.add(std::move(reload));
}

}  // namespace ptravel
