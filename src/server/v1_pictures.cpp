// Uploaded pictures: kept by their content, their parameters read.

#include <set>

#include "base/text.h"
#include "media/infotext.h"
#include "request/picture_request.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/media_type.h"
#include "server/thumbnails.h"

namespace ptravel {
namespace {

constexpr const char* kName = "the picture";

/// Settings that a picture cannot know of this server.
bool is_local(std::string_view field) {
  return field == "model" || field == "vae" || field == "init_image" || field == "mask" ||
         field == "out" || field == "models_dir";
}

/// What the picture says of itself: everything that differs from the defaults, and always what
/// people look for first.
Json partial_request(const TravelRequest& request) {
  static const std::set<std::string_view> always = {"prompt",    "negative_prompt", "sampler",
                                                    "scheduler", "steps",           "cfg_scale",
                                                    "seed",      "width",           "height"};
  const Json all = Json::parse(request_to_json(request));
  const Json defaults = Json::parse(request_to_json(TravelRequest{}));
  Json partial = Json::object();
  for (const auto& [field, value] : all.items()) {
    if (!is_local(field) && (always.contains(field) || value != defaults.at(field))) {
      partial[field] = value;
    }
  }
  return partial;
}

std::string item_of(const PictureParameters& parameters, const std::string& key) {
  for (const auto& [name, value] : parameters.meant.items) {
    if (name == key) {
      return value;
    }
  }
  return {};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

/// The request of the picture; settings that cannot be read are left out and told.
Json read_request(const PictureSource& source,
                  const PictureParameters& parameters,
                  std::vector<Problem>& problems) {
  std::set<std::string> left_out;
  for (const PictureProblem& problem : parameters.problems) {
    problems.push_back({problem.field, problem.key + ": " + problem.message});
    left_out.insert(problem.field);
  }
  try {
    return partial_request(read_picture_request(source, kName, left_out).frame.request);
  } catch (const Error& error) {
    // The picture is one, whatever its text is: it may be drawn on.
    if (error.code() == ErrorCode::Internal || error.code() == ErrorCode::OutOfMemory) {
      throw;
    }
    if (error.problems().empty()) {
      problems.push_back({"parameters", error.what()});
    }
    for (const Problem& problem : error.problems()) {
      problems.push_back(problem);
    }
    return nullptr;
  }
}

Json parameters_json(const LoadedImage& picture) {
  const PictureSource source{picture.texts, picture.image.width, picture.image.height};
  const auto parameters = read_picture_parameters(source);
  if (!parameters) {
    return nullptr;
  }
  std::vector<Problem> problems;
  Json request = read_request(source, *parameters, problems);
  Json notes = Json::array();
  for (const PictureNote& note : parameters->notes) {
    notes.push_back(note.text);
  }
  if (!picture.note.empty()) {
    notes.push_back(picture.note);
  }
  Json list = Json::array();
  for (const Problem& problem : problems) {
    list.push_back({{"field", problem.field}, {"message", problem.message}});
  }
  return {{"program", std::string(kPictureProgramNames.name(parameters->program))},
          {"text", parameters->text},
          {"request", std::move(request)},
          {"model", text_or_null(item_of(*parameters, "Model"))},
          {"model_hash", text_or_null(item_of(*parameters, "Model hash"))},
          {"notes", std::move(notes)},
          {"problems", std::move(list)}};
}

HttpResponse add_picture(const ServerContext& context, const HttpRequest& http) {
  const UploadStore::Added added = context.uploads.add(http.body, "picture");
  return json_response(201, json_text({{"id", added.upload.id},
                                       {"init_image", added.upload.name()},
                                       {"width", added.picture.image.width},
                                       {"height", added.picture.image.height},
                                       {"parameters", parameters_json(added.picture)}}));
}

HttpResponse get_picture(const ServerContext& context,
                         Thumbnails& thumbnails,
                         const HttpRequest& http) {
  const auto width = static_cast<int>(query_integer(http, "w", 0, 32, 512));
  const auto upload = context.uploads.find(http.path_value("id"));
  if (!upload) {
    throw Error(ErrorCode::NotFound, "there is no picture \"" + http.path_value("id") + "\"");
  }
  HttpResponse response;
  response.headers = {{"Content-Type", width == 0 ? media_type(upload->path) : "image/jpeg"},
                      {"Cache-Control", "private, max-age=31536000, immutable"}};
  if (width == 0) {
    response.body = HttpFile{upload->path};
  } else {
    response.body = thumbnails.jpeg(upload->path, width);
  }
  return response;
}

Json parameters_schema() {
  const Json text = string_schema();
  return object_schema({{"program", text},
                        {"text", text},
                        {"request", nullable(schema_ref("Request"))},
                        {"model", nullable(text)},
                        {"model_hash", nullable(text)},
                        {"notes", array_schema(text)},
                        {"problems", array_schema(schema_ref("Problem"))}},
                       {"program", "text", "request", "model", "model_hash", "notes", "problems"});
}

Json picture_schema() {
  const Json side = {{"type", "integer"}, {"minimum", 1}};
  return object_schema({{"id", string_schema("sha256 of the bytes")},
                        {"init_image", string_schema("For a request's init_image")},
                        {"width", side},
                        {"height", side},
                        {"parameters", nullable(parameters_schema())}},
                       {"id", "init_image", "width", "height", "parameters"});
}

}  // namespace

std::vector<ApiOperation> picture_operations(ServerContext& context) {
  const auto thumbnails = std::make_shared<Thumbnails>();
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "POST",
       .path = "/api/v1/pictures",
       .summary = "Keeps a PNG, JPEG or WebP picture and reads its parameters",
       .handler = [&context](const HttpRequest& http) { return add_picture(context, http); },
       .body = {{"type", "string"},
                {"format", "binary"},
                {"description", "The bytes of an image/png, image/jpeg or image/webp file"}},
       .body_type = "application/octet-stream",
       .answers = {json_answer(201, "The picture and what it says of itself", picture_schema())},
       .pace = HttpPace::Long,
       .body_bytes = context.options.limits.upload_bytes});
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/pictures/{id}",
       .summary = "An uploaded picture, or smaller as JPEG",
       .handler = [&context, thumbnails](
                      const HttpRequest& http) { return get_picture(context, *thumbnails, http); },
       .query = {{"w", "At most this many pixels wide", integer_schema(32, 512)}},
       .answers = {{200, "The picture", "image/*", Json()}},
       .pace = HttpPace::Long});
  return operations;
}

}  // namespace ptravel
