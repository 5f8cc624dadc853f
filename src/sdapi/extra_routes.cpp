// Pictures that exist already: enlarging them, and reading what they say of themselves.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "request/picture_parameters.h"
#include "sdapi/answers.h"
#include "sdapi/fields.h"
#include "sdapi/pictures.h"
#include "sdapi/routes.h"
#include "sdapi/upscale.h"

namespace ptravel {
namespace {

std::vector<SdField> extra_fields(const SdField& pictures) {
  using enum SdType;
  constexpr double kLargestSide = 65535;
  return {{"resize_mode", Integer, "0", false, 0, 1},
          {"show_extras_results", Boolean, "true"},
          {"gfpgan_visibility", Number, "0", false, 0, 1},
          {"codeformer_visibility", Number, "0", false, 0, 1},
          {"codeformer_weight", Number, "0", false, 0, 1},
          {"upscaling_resize", Number, "2"},
          {"upscaling_resize_w", Integer, "512", false, 1, kLargestSide},
          {"upscaling_resize_h", Integer, "512", false, 1, kLargestSide},
          {"upscaling_crop", Boolean, "true"},
          {"upscaler_1", Text, "\"None\""},
          {"upscaler_2", Text, "\"None\""},
          {"extras_upscaler_2_visibility", Number, "0", false, 0, 1},
          {"upscale_first", Boolean, "false"},
          pictures};
}

SdUpscale upscale_settings(const SdBody& body) {
  for (const char* field : {"gfpgan_visibility", "codeformer_visibility"}) {
    if (body.number(field) > 0) {
      throw wrong_field(field, "face restoration is not supported, expected 0");
    }
  }
  SdUpscale settings;
  settings.to_size = body.integer("resize_mode") == 1;
  settings.factor = body.number("upscaling_resize");
  if (!(settings.factor > 0)) {
    throw wrong_fields({{Json::array({"upscaling_resize"}), "ensure this value is greater than 0",
                         "value_error.number.not_gt"}});
  }
  settings.width = static_cast<int>(body.integer("upscaling_resize_w"));
  settings.height = static_cast<int>(body.integer("upscaling_resize_h"));
  settings.crop = body.boolean("upscaling_crop");
  settings.upscaler = body.text("upscaler_1");
  settings.second_upscaler = body.text("upscaler_2");
  settings.second_visibility = body.number("extras_upscaler_2_visibility");
  return settings;
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    html += c == '&'    ? "&amp;"
            : c == '<'  ? "&lt;"
            : c == '>'  ? "&gt;"
            : c == '"'  ? "&quot;"
            : c == '\'' ? "&#x27;"
                        : std::string(1, c);
  }
  return html;
}

struct Enlarged {
  std::string image;  ///< Base64.
  std::string info;
};

LoadedImage read_picture(const SdState& state, const std::string& encoded, std::string_view field) {
  return read_sd_picture(sd_picture_bytes(encoded), state.context.options.limits, field);
}

/// The picture keeps its texts, and says what was done to it.
Enlarged enlarge(const SdState& state, const LoadedImage& loaded, const SdUpscale& settings) {
  const ServeLimits& limits = state.context.options.limits;
  const SdUpscaled result =
      upscale(loaded.image, settings, static_cast<double>(limits.upload_pixels), &state.upscalers);
  Enlarged enlarged;
  for (const auto& [key, value] : result.info) {
    enlarged.info += (enlarged.info.empty() ? "" : ", ") + key + ": " + quote_infotext_value(value);
  }
  std::vector<ImageText> texts;
  if (const auto parameters = find_text(loaded.texts, "parameters")) {
    texts.push_back({"parameters", *parameters});
  }
  if (!enlarged.info.empty()) {
    texts.push_back({"postprocessing", enlarged.info});
  }
  enlarged.image = to_base64(encode_png(result.image, texts));
  return enlarged;
}

std::string html_of(const std::string& info) { return "<p>" + escaped(info) + "</p>"; }

HttpResponse enlarge_one(const SdState& state, const HttpRequest& request) {
  static const std::vector<SdField> fields = extra_fields({"image", SdType::Text, "\"\""});
  const SdBody body = read_sd_body(request, fields);
  const SdUpscale settings = upscale_settings(body);
  const Enlarged result =
      enlarge(state, read_picture(state, body.text("image"), "image"), settings);
  return sd_json({{"html_info", html_of(result.info)}, {"image", result.image}});
}

std::string data_of(const Json& item, std::size_t place) {
  if (item.is_object()) {
    const auto data = item.find("data");
    if (data != item.end() && data->is_string()) {
      return data->get<std::string>();
    }
  }
  throw wrong_fields(
      {{Json::array({"imageList", place, "data"}), "field required", "value_error.missing"}});
}

HttpResponse enlarge_several(const SdState& state, const HttpRequest& request) {
  static const std::vector<SdField> fields =
      extra_fields({"imageList", SdType::List, "null", true});
  const SdBody body = read_sd_body(request, fields);
  const SdUpscale settings = upscale_settings(body);
  Json images = Json::array();
  std::string info;
  const Json& list = body.value("imageList");
  const std::int64_t most = state.context.options.limits.upload_pixels;
  double pixels = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const LoadedImage loaded = read_picture(state, data_of(list[i], i), "imageList");
    pixels += upscale_pixels(loaded.image, settings);
    if (!(pixels <= static_cast<double>(most))) {  // the answer holds them all at once
      throw wrong_field("imageList", "makes more than " + std::to_string(most) +
                                         " pixels in all, which is the most; send fewer pictures "
                                         "at a time");
    }
    Enlarged result = enlarge(state, loaded, settings);
    images.push_back(std::move(result.image));
    info = std::move(result.info);
  }
  return sd_json({{"html_info", html_of(info)}, {"images", std::move(images)}});
}

/// Technical entries that the web UI does not show.
bool is_hidden(std::string_view keyword) {
  constexpr std::array<std::string_view, 20> kHidden = {
      "jfif",        "jfif_version", "jfif_unit",    "jfif_density", "dpi",
      "exif",        "loop",         "background",   "timestamp",    "duration",
      "icc_profile", "photoshop",    "progressive",  "progression",  "xmp",
      "chroma",      "gamma",        "transparency", "aspect",       "parameters"};
  return std::find(kHidden.begin(), kHidden.end(), keyword) != kHidden.end();
}

/// What is understood where a text does not say it.
void add_defaults(Json& parameters) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kDefaults = {
      {{"Clip skip", "1"},
       {"Hires resize-1", "0"},
       {"Hires resize-2", "0"},
       {"Hires sampler", "Use same sampler"},
       {"Hires schedule type", "Use same scheduler"},
       {"Hires checkpoint", "Use same checkpoint"},
       {"Hires prompt", ""},
       {"Hires negative prompt", ""},
       {"Mask mode", "Inpaint masked"},
       {"Masked content", "original"},
       {"Inpaint area", "Whole picture"},
       {"Masked area padding", "32"},
       {"RNG", "GPU"},
       {"Schedule type", "Automatic"},
       {"VAE Encoder", "Full"},
       {"VAE Decoder", "Full"},
       {"FP8 weight", "Disable"},
       {"Emphasis", "Original"}}};
  for (const auto& [key, value] : kDefaults) {
    if (!parameters.contains(std::string(key))) {
      parameters[std::string(key)] = std::string(value);
    }
  }
}

Json parsed(const std::string& info) {
  Json parameters = Json::object();
  if (info.empty()) {
    return parameters;
  }
  const Infotext text = parse_infotext(info);
  parameters["Prompt"] = text.prompt;
  parameters["Negative prompt"] = text.negative_prompt;
  for (const auto& [key, value] : split_infotext_sizes(text)) {
    parameters[key] = value;
  }
  add_defaults(parameters);
  return parameters;
}

HttpResponse read_info(const SdState& state, const HttpRequest& request) {
  const std::array<SdField, 1> fields = {{{"image", SdType::Text, "null", true}}};
  const SdBody body = read_sd_body(request, fields);
  const std::string encoded = body.text("image");
  if (trimmed(encoded).empty()) {
    return sd_json({{"info", ""}, {"items", Json::object()}, {"parameters", Json::object()}});
  }
  const LoadedImage loaded =
      read_sd_picture(sd_picture_bytes(trimmed(encoded)), state.context.options.limits, "image");
  auto info = find_text(loaded.texts, "parameters");
  if (!info) {
    const auto other =
        read_picture_parameters({loaded.texts, loaded.image.width, loaded.image.height});
    info = other ? other->text : "";
  }
  Json items = Json::object();
  for (const ImageText& text : loaded.texts) {
    if (!is_hidden(text.keyword)) {
      items[text.keyword] = text.text;
    }
  }
  return sd_json({{"info", *info}, {"items", std::move(items)}, {"parameters", parsed(*info)}});
}

void add_route(HttpRouter& router,
               const SharedSdState& state,
               const char* name,
               HttpResponse (*handler)(const SdState&, const HttpRequest&)) {
  HttpRoute route = sd_route("POST", name, [state, handler](const HttpRequest& request) {
    return handler(*state, request);
  });
  route.pace = HttpPace::Long;
  route.limits.body_bytes = kSdPictureBody;
  router.add(std::move(route));
}

}  // namespace

void add_sdapi_extra_routes(HttpRouter& router, const SharedSdState& state) {
  add_route(router, state, "/extra-single-image", enlarge_one);
  add_route(router, state, "/extra-batch-images", enlarge_several);
  add_route(router, state, "/png-info", read_info);
}

}  // namespace ptravel
