// Add-ons that prompts may name, and the pictures beside them.

#include "base/enum_names.h"
#include "queue/addon_catalog.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/shown_picture.h"

namespace ptravel {
namespace {

constexpr auto kKinds = enum_names<FileKind>({{FileKind::Lora, "lora"},
                                              {FileKind::Embedding, "embedding"},
                                              {FileKind::Hypernetwork, "hypernetwork"}});
/// The address of the picture beside an add-on; null where there is none, or where the name (which
/// an embedding in a picture may choose) is no single part of an address.
Json picture_address(const AddonEntry& entry) {
  if (entry.picture.empty() || entry.name.find('/') != std::string::npos) {
    return nullptr;
  }
  return "/api/v1/addons/" + std::string(kKinds.name(entry.kind)) + "/" +
         percent_encoded(entry.name) + "/picture?v=" + picture_stamp(entry.picture);
}

Json addon_json(const AddonEntry& entry) {
  return {{"kind", std::string(kKinds.name(entry.kind))},
          {"name", entry.name},
          {"alias", entry.alias},
          {"folder", entry.folder},
          {"family", entry.family},
          {"text_widths", entry.text_widths},
          {"activation", entry.activation},
          {"preferred_weight", entry.preferred_weight ? Json(*entry.preferred_weight) : Json()},
          {"description", entry.description},
          {"notes", entry.notes},
          {"bytes", entry.bytes},
          {"picture", picture_address(entry)},
          {"refusal", without_folders(entry.refusal)}};
}

Json addons_json(AddonCatalog& catalog, const ModelCatalog& models) {
  Json addons = Json::array();
  for (const AddonEntry& entry : catalog.list()) {
    addons.push_back(addon_json(entry));
  }
  Json widths = Json::object();
  for (const CatalogEntry& model : models.models()) {
    widths[request_name(model)] = catalog.text_width_of(model.path);
  }
  return {{"addons", std::move(addons)}, {"text_widths", std::move(widths)}};
}

HttpResponse addon_picture(AddonCatalog& catalog, Thumbnails& thumbnails, const HttpRequest& http) {
  const std::string& kind = http.path_value("kind");
  const std::string& name = http.path_value("name");
  const std::string what = kind + " \"" + name + "\"";
  const auto known = kKinds.parse(kind);
  const auto entry = known ? catalog.find(*known, name) : std::nullopt;
  if (!entry) {
    throw Error(ErrorCode::NotFound, "there is no " + what);
  }
  return shown_picture(http, entry->picture, what, thumbnails);
}

Json addons_schema() {
  Json widths = {{"type", "object"},
                 {"description", "How wide the texts of each model are, by its name; 0: not known"},
                 {"additionalProperties", {{"type", "integer"}, {"minimum", 0}}}};
  return object_schema(
      {{"addons", array_schema(schema_ref("Addon"))}, {"text_widths", std::move(widths)}},
      {"addons", "text_widths"});
}

}  // namespace

std::vector<ApiOperation> addon_operations(ServerContext& context) {
  const auto thumbnails = std::make_shared<Thumbnails>();
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/addons",
       .summary =
           "LoRAs, embeddings and hypernetworks in the models folders, which prompts may name",
       .handler =
           [&context](const HttpRequest&) {
             return json_response(200, json_text(addons_json(context.addons, context.catalog)));
           },
       .answers = {json_answer(200, "By kind, then by name", addons_schema())},
       .pace = HttpPace::Long});
  operations.push_back({.method = "GET",
                        .path = "/api/v1/addons/{kind}/{name}/picture",
                        .summary = "The picture beside an add-on, smaller as JPEG; a GIF as it is",
                        .handler =
                            [&context, thumbnails](const HttpRequest& http) {
                              return addon_picture(context.addons, *thumbnails, http);
                            },
                        .query = shown_picture_query(),
                        .answers = {{200, "The picture", "image/*", Json()}},
                        .pace = HttpPace::Long});
  return operations;
}

}  // namespace ptravel
