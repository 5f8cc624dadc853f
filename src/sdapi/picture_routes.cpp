// POST /sdapi/v1/txt2img and /sdapi/v1/img2img.
#include <utility>

#include "base/base64.h"
#include "media/image_file.h"
#include "sdapi/draw.h"
#include "sdapi/grid.h"
#include "sdapi/info.h"
#include "sdapi/picture_fields.h"
#include "sdapi/routes.h"
#include "sdapi/saved.h"
#include "sdapi/script.h"
#include "sdapi/travel.h"

namespace ptravel {
namespace {

std::string png_of(const SdPlan& plan, const Image& image, const std::string& parameters) {
  std::vector<ImageText> texts;
  if (plan.settings.boolean("enable_pnginfo")) {
    texts.push_back({"parameters", parameters});
  }
  return encode_png(image, texts);
}

/// The request's fields as the answer repeats them: without the pictures that came with it, unless
/// they are asked for.
Json echoed(const SdBody& body, bool img2img) {
  Json parameters = body.values();
  if (img2img && !body.boolean("include_init_images")) {
    parameters["init_images"] = nullptr;
    parameters["mask"] = nullptr;
  }
  return parameters;
}

/// Base64 pictures of an answer and their texts.
struct Answer {
  Json images = Json::array();
  std::vector<std::string> infotexts;
  int index_of_first_image = 0;
};

void add_grid(const SdState& state, const SdPlan& plan, const SdDrawing& drawing, Answer& answer) {
  std::vector<const Image*> images;
  for (const SdPicture& picture : drawing.pictures) {
    images.push_back(&picture.image);
  }
  const std::string png = png_of(plan, sd_grid(images), drawing.parameters);
  save_sd_picture(state.context.options.out / (plan.img2img ? "img2img-grids" : "txt2img-grids"),
                  "grid", png);
  if (plan.settings.boolean("return_grid")) {
    answer.images.push_back(to_base64(png));
    answer.infotexts.push_back(drawing.parameters);
    answer.index_of_first_image = 1;
  }
}

Answer answer_of(const SdState& state, const SdPlan& plan, const SdDrawing& drawing) {
  Answer answer;
  const bool save = plan.body.boolean("save_images");
  if (save && drawing.pictures.size() > 1) {
    add_grid(state, plan, drawing, answer);
  }
  const auto folder =
      state.context.options.out / (plan.img2img ? "img2img-images" : "txt2img-images");
  for (const SdPicture& picture : drawing.pictures) {
    const std::string png = png_of(plan, picture.image, picture.parameters);
    if (save) {
      save_sd_picture(folder, std::to_string(plan.seed_of(picture.number)), png);
    }
    answer.images.push_back(to_base64(png));
    answer.infotexts.push_back(picture.parameters);
  }
  if (!plan.body.boolean("send_images")) {
    answer.images.clear();
  }
  return answer;
}

/// The settings that a request wants to stay.
void keep_overrides(SdState& state, const SdPlan& plan) {
  if (!plan.body.boolean("override_settings_restore_afterwards") &&
      plan.body.has_value("override_settings")) {
    state.options.keep_overrides(plan.body.value("override_settings"));
  }
}

HttpResponse draw(SdState& state, const HttpRequest& request, bool img2img) {
  SdBody body = read_sd_body(request, img2img ? img2img_fields() : txt2img_fields());
  Json parameters = echoed(body, img2img);
  const std::string script = body.text("script_name");
  if (!script.empty() && script != "None" && !is_travel_script(script)) {
    throw http_exception(422, "Script '" + script + "' not found");
  }
  SdPlan plan = plan_pictures(state, std::move(body), img2img);
  if (is_travel_script(script)) {
    keep_overrides(state, plan);
    return answer_travel(state, std::move(plan), std::move(parameters));
  }
  settle_pictures(state, plan);
  keep_overrides(state, plan);
  const SdDrawing drawing = draw_pictures(state, plan);
  Answer answer = answer_of(state, plan, drawing);
  const Json info = sd_info(plan, drawing, answer.infotexts, answer.index_of_first_image);
  Json result = Json::object();
  result["images"] = std::move(answer.images);
  result["parameters"] = std::move(parameters);
  result["info"] = json_text(info);
  return sd_json(result);
}

}  // namespace

void add_sdapi_picture_routes(HttpRouter& router, const SharedSdState& state) {
  for (const bool img2img : {false, true}) {
    HttpRoute route = sd_route(
        "POST", img2img ? "/img2img" : "/txt2img",
        [state, img2img](const HttpRequest& request) { return draw(*state, request, img2img); });
    route.pace = HttpPace::Long;
    route.limits.body_bytes = kSdPictureBody;
    router.add(std::move(route));
  }
}

}  // namespace ptravel
