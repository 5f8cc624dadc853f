// Add-ons that prompts may name, and the pictures beside them.

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/enum_names.h"
#include "base/files.h"
#include "media/picture_format.h"
#include "queue/addon_catalog.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/thumbnails.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr auto kKinds = enum_names<FileKind>({{FileKind::Lora, "lora"},
                                              {FileKind::Embedding, "embedding"},
                                              {FileKind::Hypernetwork, "hypernetwork"}});
constexpr int kUsualWidth = 256;
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 26;
constexpr std::uint64_t kMostPictureBytes = std::uint64_t{32} << 20;
constexpr std::uint64_t kMostGifBytes = std::uint64_t{4} << 20;

/// Another text for another picture: its file's size and time of change.
std::string stamp_of(const fs::path& picture) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(picture, error);
  const auto time = fs::last_write_time(picture, error).time_since_epoch().count();
  char text[48];
  std::snprintf(text, sizeof text, "%llx-%llx", static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(time));
  return error ? "" : text;
}

/// A part of a path in which everything but letters, digits, "-", "_", "." and "~" is escaped.
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "-_.~";
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      char escape[4];
      std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned char>(c));
      encoded += escape;
    }
  }
  return encoded;
}

/// The address of the picture beside an add-on; null where there is none, or where the name (which
/// an embedding in a picture may choose) is no single part of an address.
Json picture_address(const AddonEntry& entry) {
  if (entry.picture.empty() || entry.name.find('/') != std::string::npos) {
    return nullptr;
  }
  return "/api/v1/addons/" + std::string(kKinds.name(entry.kind)) + "/" +
         percent_encoded(entry.name) + "/picture?v=" + stamp_of(entry.picture);
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

/// The first bytes of a file.
std::string head_of(const fs::path& path) {
  const MappedFile file = MappedFile::open(path);
  std::string head(std::min(kPictureSignatureBytes, file.bytes().size()), '\0');
  file.read(0, head.size(), head.data());
  return head;
}

/// The picture as it is sent: smaller as JPEG, a GIF as it is. Throws what is wrong with it.
HttpResponse picture_response(const fs::path& picture, int width, Thumbnails& thumbnails) {
  const auto format = picture_format(head_of(picture));
  const bool is_gif = format == PictureFormat::Gif;
  if (fs::file_size(picture) > (is_gif ? kMostGifBytes : kMostPictureBytes)) {
    throw Error(ErrorCode::Unsupported, "is too large to be shown");
  }
  HttpResponse response;
  response.headers = {{"Content-Type", is_gif ? "image/gif" : "image/jpeg"}};
  if (is_gif) {
    response.body = HttpFile{picture};
  } else {
    response.headers.push_back({"ETag", "\"" + stamp_of(picture) + "\""});
    response.body = thumbnails.jpeg(picture, width, kMostPixels);
  }
  return response;
}

HttpResponse addon_picture(AddonCatalog& catalog, Thumbnails& thumbnails, const HttpRequest& http) {
  const std::string& kind = http.path_value("kind");
  const std::string& name = http.path_value("name");
  const auto width = static_cast<int>(query_integer(http, "w", kUsualWidth, 32, 512));
  const auto known = kKinds.parse(kind);
  const auto entry = known ? catalog.find(*known, name) : std::nullopt;
  if (!entry) {
    throw Error(ErrorCode::NotFound, "there is no " + kind + " \"" + name + "\"");
  }
  if (entry->picture.empty()) {
    throw Error(ErrorCode::NotFound, kind + " \"" + name + "\" has no picture beside it");
  }
  HttpResponse response;
  try {
    response = picture_response(entry->picture, width, thumbnails);
  } catch (...) {
    throw Error(ErrorCode::NotFound,
                "the picture beside " + kind + " \"" + name +
                    "\" cannot be shown: " + error_in_flight("picture").what());
  }
  // The address in the list is another one for another picture.
  const auto asked = http.query_value("v");
  const bool lasts = asked && *asked == stamp_of(entry->picture);
  response.headers.push_back(
      {"Cache-Control", lasts ? "private, max-age=31536000, immutable" : "private, no-cache"});
  return response;
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
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/addons/{kind}/{name}/picture",
       .summary = "The picture beside an add-on, smaller as JPEG; a GIF as it is",
       .handler =
           [&context, thumbnails](const HttpRequest& http) {
             return addon_picture(context.addons, *thumbnails, http);
           },
       .query = {{"w", "At most this many pixels wide; else 256", integer_schema(32, 512)},
                 {"v", "As in the list: such an answer may be kept for ever", string_schema()}},
       .answers = {{200, "The picture", "image/*", Json()}},
       .pace = HttpPace::Long});
  return operations;
}

}  // namespace ptravel
