// Lists: what there is to choose from. What this server does not have is an empty list.
#include <array>

#include "base/text.h"
#include "ptravel/hires.h"
#include "ptravel/sampling.h"
#include "sdapi/addon_lists.h"
#include "sdapi/answers.h"
#include "sdapi/fields.h"
#include "sdapi/routes.h"
#include "sdapi/script.h"

namespace ptravel {
namespace {

/// Combined names of web UI 1.5 to 1.8, which its clients still send.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kOldNames = {
    {{"DPM++ 2M", "DPM++ 2M Karras"},
     {"DPM++ SDE", "DPM++ SDE Karras"},
     {"DPM++ 2M SDE", "DPM++ 2M SDE Karras"},
     {"DPM++ 2M SDE", "DPM++ 2M SDE Exponential"},
     {"DPM++ 2M SDE Heun", "DPM++ 2M SDE Heun Karras"},
     {"DPM++ 2M SDE Heun", "DPM++ 2M SDE Heun Exponential"},
     {"DPM++ 2S a", "DPM++ 2S a Karras"},
     {"DPM++ 3M SDE", "DPM++ 3M SDE Karras"},
     {"DPM++ 3M SDE", "DPM++ 3M SDE Exponential"},
     {"LMS", "LMS Karras"},
     {"DPM2", "DPM2 Karras"},
     {"DPM2 a", "DPM2 a Karras"},
     {"Restart", "Restart Karras"}}};

Json sampler_aliases(const SamplerInfo& info) {
  Json aliases = Json::array();
  for (const std::string_view alias : info.aliases) {
    if (alias.starts_with("k_")) {
      aliases.push_back(std::string(alias));
    }
  }
  if (aliases.empty()) {
    aliases.push_back(std::string(info.name));
  }
  for (const auto& [name, old] : kOldNames) {
    if (name == info.label) {
      aliases.push_back(std::string(old));
    }
  }
  return aliases;
}

Json sampler_options(const SamplerInfo& info) {
  Json options = Json::object();
  if (info.uses_schedule && info.default_schedule != "uniform") {
    options["scheduler"] = std::string(info.default_schedule);
  }
  const auto flag = [&](const char* name, bool is_set) {
    if (is_set) {
      options[name] = "True";
    }
  };
  flag("discard_next_to_last_sigma", info.discard_penultimate);
  flag("uses_ensd", info.uses_ensd);
  flag("second_order", info.second_order);
  flag("brownian_noise", info.brownian);
  return options;
}

Json samplers() {
  Json list = Json::array();
  for (const SamplerInfo& info : sampler_infos()) {
    list.push_back({{"name", std::string(info.label)},
                    {"aliases", sampler_aliases(info)},
                    {"options", sampler_options(info)}});
  }
  return list;
}

Json schedulers() {
  constexpr double kNoRho = -1;
  constexpr double kKarrasRho = 7;
  Json list = Json::array();
  for (const ScheduleInfo& info : schedule_infos()) {
    const bool by_times = info.name == "uniform" || info.name == "sgm_uniform" ||
                          info.name == "simple" || info.name == "normal" || info.name == "ddim" ||
                          info.name == "beta";
    const double rho = info.name == "karras"            ? kKarrasRho
                       : info.name == "polyexponential" ? 1
                                                        : kNoRho;
    list.push_back({{"name", std::string(info.name)},
                    {"label", std::string(info.label)},
                    {"aliases", nullptr},
                    {"default_rho", rho},
                    {"need_inner_model", by_times}});
  }
  return list;
}

Json upscalers(const UpscalerShelf& networks) {
  Json list = Json::array();
  for (const char* name : {"None", "Lanczos", "Nearest"}) {
    list.push_back({{"name", name},
                    {"model_name", nullptr},
                    {"model_path", nullptr},
                    {"model_url", nullptr},
                    {"scale", 4}});
  }
  for (const ShelvedUpscaler& network : networks.list()) {
    list.push_back({{"name", network.name},
                    {"model_name", network.name},
                    {"model_path", network.file_name},
                    {"model_url", nullptr},
                    {"scale", network.scale}});
  }
  return list;
}

Json models(const ModelCatalog& catalog) {
  Json list = Json::array();
  for (const CatalogEntry& entry : catalog.models()) {
    if (!entry.refusal.empty()) {
      continue;  // It could not be chosen.
    }
    const std::string& sha256 = entry.info.sha256;
    list.push_back({{"title", entry.title},
                    {"model_name", entry.model_name},
                    {"hash", sha256.empty() ? Json() : Json(entry.info.short_hash())},
                    {"sha256", sha256.empty() ? Json() : Json(sha256)},
                    {"filename", entry.file_name},
                    {"config", nullptr}});
  }
  return list;
}

Json vaes(const ModelCatalog& catalog) {
  Json list = Json::array();
  for (const CatalogEntry& entry : catalog.vaes()) {
    if (entry.refusal.empty()) {
      list.push_back(
          {{"model_name", entry.path.filename().string()}, {"filename", entry.file_name}});
    }
  }
  return list;
}

Json number_or_null(double value, double none) { return value == none ? Json() : Json(value); }

Json script_info(bool img2img) {
  Json arguments = Json::array();
  for (const SdScriptArgument& argument : newest_version_arguments()) {
    const SdField& field = argument.field;
    Json choices = nullptr;
    if (!argument.choices.empty()) {
      choices = Json::array();
      for (const std::string_view choice : split(argument.choices, ',')) {
        choices.push_back(std::string(trimmed(choice)));
      }
    }
    arguments.push_back({{"label", std::string(argument.label)},
                         {"value", Json::parse(field.initial)},
                         {"minimum", number_or_null(field.least, SdField{}.least)},
                         {"maximum", number_or_null(field.most, SdField{}.most)},
                         {"step", nullptr},
                         {"choices", std::move(choices)}});
  }
  return {{"name", "prompt travel"},
          {"is_alwayson", false},
          {"is_img2img", img2img},
          {"args", std::move(arguments)}};
}

void add_list(HttpRouter& router, const std::string& name, Json list) {
  router.add(sd_route("GET", name,
                      [list = std::move(list)](const HttpRequest&) { return sd_json(list); }));
}

/// Looking at a picture for words needs networks that are not here.
HttpResponse refuse_interrogation(const HttpRequest& request) {
  const std::array<SdField, 2> fields = {
      {{"image", SdType::Text, "\"\""}, {"model", SdType::Text, "\"clip\""}}};
  const SdBody body = read_sd_body(request, fields);
  throw http_exception(404, body.text("image").empty() ? "Image not found" : "Model not found");
}

}  // namespace

void add_sdapi_list_routes(HttpRouter& router, const SharedSdState& state) {
  add_list(router, "/samplers", samplers());
  add_list(router, "/schedulers", schedulers());
  router.add(sd_route("GET", "/upscalers", [state](const HttpRequest&) {
    return sd_json(upscalers(state->upscalers));
  }));
  const Json scripts = Json::array({"prompt travel"});
  add_list(router, "/scripts", {{"txt2img", scripts}, {"img2img", scripts}});
  add_list(router, "/script-info", Json::array({script_info(false), script_info(true)}));
  Json latent_modes = Json::array();
  for (const LatentUpscaler& upscaler : kLatentUpscalers) {
    latent_modes.push_back({{"name", upscaler.name}});
  }
  add_list(router, "/latent-upscale-modes", std::move(latent_modes));
  for (const char* name : {"/face-restorers", "/realesrgan-models", "/extensions"}) {
    add_list(router, name, Json::array());
  }
  using List = Json (*)(const SdState&);
  constexpr std::pair<const char*, List> kLists[] = {{"/loras", &sd_loras},
                                                     {"/hypernetworks", &sd_hypernetworks},
                                                     {"/embeddings", &sd_embeddings},
                                                     {"/prompt-styles", &sd_prompt_styles}};
  for (const auto& [name, list] : kLists) {
    HttpRoute route = sd_route(
        "GET", name, [state, list = list](const HttpRequest&) { return sd_json(list(*state)); });
    route.pace = HttpPace::Long;  // files are looked into
    router.add(std::move(route));
  }
  router.add(sd_route("GET", "/sd-models", [state](const HttpRequest&) {
    return sd_json(models(state->context.catalog));
  }));
  router.add(sd_route("GET", "/sd-vae", [state](const HttpRequest&) {
    return sd_json(vaes(state->context.catalog));
  }));
  for (const char* name : {"/refresh-checkpoints", "/refresh-vae"}) {
    HttpRoute refresh = sd_route("POST", name, [state](const HttpRequest&) {
      state->context.catalog.refresh();
      return sd_json(nullptr);
    });
    refresh.pace = HttpPace::Long;
    router.add(std::move(refresh));
  }
  for (const char* name : {"/refresh-embeddings", "/refresh-loras"}) {
    router.add(sd_route("POST", name, [](const HttpRequest&) { return sd_json(nullptr); }));
  }
  HttpRoute interrogate = sd_route("POST", "/interrogate", refuse_interrogation);
  interrogate.limits.body_bytes = kSdPictureBody;
  router.add(std::move(interrogate));
}

}  // namespace ptravel
