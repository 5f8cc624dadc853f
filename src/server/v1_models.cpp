// Models and VAEs that requests may name, and the pictures beside them.

#include "http/request_parts.h"
#include "queue/picture_beside.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/job_json.h"
#include "server/shown_picture.h"

namespace ptravel {
namespace {

/// Names hold "/" where files lie in folders, so they stand behind the path.
HttpResponse model_picture(const ModelCatalog& catalog,
                           Thumbnails& thumbnails,
                           const HttpRequest& http) {
  const std::string name(http.query_value("name").value_or(""));
  const std::string kind(http.query_value("kind").value_or("model"));
  if (kind != "model" && kind != "vae") {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"kind", "\"" + kind + "\", expected model or vae"});
  }
  const std::string what = (kind == "vae" ? "VAE \"" : "model \"") + name + "\"";
  const auto entry = kind == "vae" ? catalog.find_vae(name) : catalog.find_model(name);
  if (!entry) {
    throw Error(ErrorCode::NotFound, "there is no " + what);
  }
  return shown_picture(http, picture_beside(entry->path), what, thumbnails);
}

Json models_schema() {
  return object_schema(
      {{"models", array_schema(schema_ref("Model"))}, {"vaes", array_schema(schema_ref("Model"))}},
      {"models", "vaes"});
}

ApiOperation picture_operation(ServerContext& context) {
  std::vector<ApiParameter> query = shown_picture_query();
  query.push_back({"name", "As in the list", string_schema()});
  query.push_back({"kind", "Which list; else model", {{"enum", {"model", "vae"}}}});
  return {.method = "GET",
          .path = "/api/v1/models/picture",
          .summary = "The picture beside a model or a VAE, smaller as JPEG; a GIF as it is",
          .handler =
              [&context, thumbnails = std::make_shared<Thumbnails>()](const HttpRequest& http) {
                return model_picture(context.catalog, *thumbnails, http);
              },
          .query = std::move(query),
          .answers = {{200, "The picture", "image/*", Json()}},
          .pace = HttpPace::Long};
}

}  // namespace

std::vector<ApiOperation> model_operations(ServerContext& context) {
  const auto models = [&context](const HttpRequest&) {
    return json_response(200, json_text(models_json(context.catalog)));
  };
  std::vector<ApiOperation> operations;
  operations.push_back({.method = "GET",
                        .path = "/api/v1/models",
                        .summary = "Models and VAEs that requests may name",
                        .handler = models,
                        .answers = {json_answer(200, "The default model first", models_schema())}});
  operations.push_back({.method = "POST",
                        .path = "/api/v1/models/refresh",
                        .summary = "Looks at the models folders again",
                        .handler =
                            [&context, models](const HttpRequest& request) {
                              context.catalog.refresh();
                              return models(request);
                            },
                        .answers = {json_answer(200, "As GET /api/v1/models", models_schema())},
                        .pace = HttpPace::Long});
  operations.push_back(
      {.method = "POST",
       .path = "/api/v1/models/unload",
       .summary = "Lets the models go that are loaded and not in use",
       .handler =
           [&context](const HttpRequest&) {
             context.queue.unload_models();
             return json_response(200, json_text({{"bytes", context.queue.model_bytes()}}));
           },
       .answers = {json_answer(
           200, "Bytes of weights that are still loaded",
           object_schema({{"bytes", {{"type", "integer"}, {"minimum", 0}}}}, {"bytes"}))},
       .pace = HttpPace::Long});
  operations.push_back(picture_operation(context));
  return operations;
}

}  // namespace ptravel
