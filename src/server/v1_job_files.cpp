// What a job's run folder holds: frames, videos, other files, all frames as an archive.

#include <filesystem>

#include "base/text.h"
#include "jobs/run_folder.h"
#include "request/stages.h"
#include "server/api_error.h"
#include "server/api_operation.h"
#include "server/job_json.h"
#include "server/media_type.h"
#include "server/motion_measures.h"
#include "server/thumbnails.h"
#include "server/zip_stream.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kForEver = "private, max-age=31536000, immutable";

[[noreturn]] void throw_missing(const std::string& what) {
  throw Error(ErrorCode::NotFound, what + " is not there");
}

/// A file itself in its own folder: no link, no folder.
bool is_own_file(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::regular;
}

/// The run folder of the request's job. Throws NotFound where it has none.
fs::path folder_of(const ServerContext& context, const HttpRequest& http) {
  const JobRecord job = find_job(context.queue, http.path_value("id"));
  if (job.folder.empty()) {
    throw Error(ErrorCode::NotFound, "job \"" + job.id + "\" has not drawn anything yet");
  }
  return context.queue.run_folder(job);
}

HttpResponse file_response(const fs::path& path, const char* caching) {
  return {200, {{"Content-Type", media_type(path)}, {"Cache-Control", caching}}, HttpFile{path}};
}

HttpResponse frame(const ServerContext& context, Thumbnails& thumbnails, const HttpRequest& http) {
  const auto index = parse_unsigned(http.path_value("index"));
  if (!index || *index > static_cast<std::uint64_t>(kMostFrames)) {
    throw_missing("frame \"" + http.path_value("index") + "\"");
  }
  const auto width = static_cast<int>(query_integer(http, "w", 0, 32, 512));
  const fs::path path =
      folder_of(context, http) / frame_file_name(static_cast<std::int64_t>(*index));
  if (!is_own_file(path)) {
    throw_missing("frame " + std::to_string(*index));
  }
  if (width == 0) {
    return file_response(path, kForEver);
  }
  return {200,
          {{"Content-Type", "image/jpeg"}, {"Cache-Control", kForEver}},
          thumbnails.jpeg(path, width)};
}

/// travel.json names paths of this machine; a job's "request" is what clients may know of it.
HttpResponse run_file(const ServerContext& context, const HttpRequest& http) {
  const std::string& name = http.path_value("name");
  const bool hidden = name.starts_with('.') || name.ends_with(".part") || name == "travel.json" ||
                      name.find('/') != std::string::npos || name.find('\\') != std::string::npos;
  const fs::path path = folder_of(context, http) / (hidden ? "" : name);
  if (hidden || !is_own_file(path)) {
    throw_missing("file \"" + name + "\"");
  }
  // Videos may be made again under the same name.
  return file_response(path, "private, no-cache");
}

HttpResponse frames_zip(const ServerContext& context, const HttpRequest& http) {
  const JobRecord job = find_job(context.queue, http.path_value("id"));
  const fs::path folder = job.folder.empty() ? fs::path() : context.queue.run_folder(job);
  std::vector<ZipEntry> entries;
  for (std::int64_t i = 0; i < job.frames_total; ++i) {
    const std::string name = frame_file_name(i);
    if (is_own_file(folder / name)) {
      entries.push_back({folder / name, name, fs::file_size(folder / name)});
    }
  }
  if (entries.empty()) {
    throw Error(ErrorCode::InvalidArgument,
                "job \"" + job.id + "\" has no frames yet, expected one that has");
  }
  const std::uint64_t length = zip_length(entries);
  const std::string file_name = "frames-" + job.folder + ".zip";
  return {200,
          {{"Content-Type", "application/zip"},
           {"Cache-Control", "no-store"},
           {"Content-Disposition", "attachment; filename=\"" + file_name + "\""}},
          HttpPieces{zip_pieces(std::move(entries)), length}};
}

/// A setting of the video through its row in the table; absent where the body does not have it.
template <typename Value>
void read_setting(JsonReader& body,
                  const char* name,
                  Value TravelRequest::*member,
                  std::optional<Value>& setting) {
  const Json* value = body.find(name);
  if (value == nullptr) {
    return;
  }
  TravelRequest read;
  const std::vector<Problem> problems = apply_json(read, json_text({{name, *value}}));
  for (const Problem& problem : problems) {
    body.complain(problem.field, problem.message);
  }
  setting = read.*member;
}

HttpResponse make_video_again(const ServerContext& context, const HttpRequest& http) {
  const Json object = parse_json_object(http.body);
  JsonReader body(object);
  VideoSettings settings;
  read_setting(body, "fps", &TravelRequest::fps, settings.fps);
  read_setting(body, "format", &TravelRequest::format, settings.format);
  read_setting(body, "pad", &TravelRequest::pad, settings.pad);
  read_setting(body, "hold", &TravelRequest::hold, settings.hold);
  read_setting(body, "ping_pong", &TravelRequest::ping_pong, settings.ping_pong);
  read_setting(body, "pick", &TravelRequest::pick, settings.pick);
  read_setting(body, "contact_sheet", &TravelRequest::contact_sheet, settings.contact_sheet);
  if (settings.fps && *settings.fps == 0) {
    body.complain("fps", "0 means no video, expected a number above 0");
  }
  body.finish();
  const JobRecord job = find_job(context.queue, http.path_value("id"));
  TravelRequest asked = job.request;
  asked.pad = settings.pad.value_or(asked.pad);
  asked.hold = settings.hold.value_or(asked.hold);
  if (auto problem = context.resolver.film_problem(
          asked, job.frames_total, static_cast<std::int64_t>(job.stage_frames.size()))) {
    throw Error(ErrorCode::InvalidArgument, std::move(*problem));
  }
  Progress progress;
  const std::string file = context.queue.make_video(job.id, settings, progress);
  return json_response(200, json_text({{"file", file}}));
}

Json video_schema() {
  Json properties = Json::object();
  for (const char* name : {"fps", "format", "pad", "hold", "ping_pong", "pick", "contact_sheet"}) {
    properties[name] = {{"$ref", "#/components/schemas/Request/properties/" + std::string(name)}};
  }
  properties["fps"]["exclusiveMinimum"] = 0;  // which would be none
  return object_schema(std::move(properties));
}

/// What readers may rely on; a report says more.
Json motion_schema() {
  const Json number = {{"type", "number"}};
  const Json frame = {{"type", "object"},
                      {"properties", {{"frame", integer_schema(0, kMostFrames)}}},
                      {"required", {"frame"}}};
  const Json jump = {
      {"type", "object"},
      {"properties",
       {{"from", frame}, {"to", frame}, {"distance", number}, {"over_median", nullable(number)}}},
      {"required", {"from", "to"}}};
  const Json distance = {{"type", "object"},
                         {"properties",
                          {{"median", number},
                           {"max_over_median", nullable(number)},
                           {"jumps", array_schema(jump)},
                           {"steps", array_schema(nullable(number))}}},
                         {"required", {"median", "max_over_median", "jumps", "steps"}}};
  return {{"type", "object"},
          {"properties",
           {{"final", {{"type", "boolean"}}},
            {"pending", integer_schema(0, kMostFrames)},
            {"frames", integer_schema(0, kMostFrames)},
            {"distances", {{"type", "object"}, {"additionalProperties", distance}}}}},
          {"required", {"final", "pending", "frames", "distances"}}};
}

ApiAnswer bytes_answer(const std::string& type, const std::string& description) {
  return {200, description, type, Json()};
}

}  // namespace

std::vector<ApiOperation> job_file_operations(ServerContext& context) {
  const auto thumbnails = std::make_shared<Thumbnails>();
  const auto measures = std::make_shared<MotionMeasures>();
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/jobs/{id}/frames/{index}",
       .summary = "A frame as PNG, or smaller as JPEG; it never changes",
       .handler = [&context, thumbnails](
                      const HttpRequest& http) { return frame(context, *thumbnails, http); },
       .query = {{"w", "At most this many pixels wide", integer_schema(32, 512)}},
       .answers = {bytes_answer("image/png", "The picture"),
                   bytes_answer("image/jpeg", "With w, a smaller one")}});
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/jobs/{id}/files/{name}",
       .summary = "A file of the run: video, contact sheet, log; takes ranges",
       .handler = [&context](const HttpRequest& http) { return run_file(context, http); },
       .answers = {bytes_answer("application/octet-stream", "The file")}});
  operations.push_back({.method = "GET",
                        .path = "/api/v1/jobs/{id}/zip",
                        .summary = "The frames that are there as one archive",
                        .handler = action_handler([&context](const HttpRequest& http) {
                          return frames_zip(context, http);
                        }),
                        .answers = {bytes_answer("application/zip", "A stored zip archive"),
                                    json_answer(409, "It has no frames yet", schema_ref("Error"))},
                        .pace = HttpPace::Long});
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/jobs/{id}/motion",
       .summary =
           "How evenly the run moves: motion.json of a finished run, else what its frames say",
       .handler =
           [&context, measures](const HttpRequest& http) {
             const JobRecord job = find_job(context.queue, http.path_value("id"));
             const Json nothing = {
                 {"final", false}, {"pending", 0}, {"frames", 0}, {"distances", Json::object()}};
             return json_response(
                 200, json_text(job.folder.empty() ? nothing
                                                   : measures->of_run(folder_of(context, http),
                                                                      job.frames_total)));
           },
       .answers = {json_answer(200, "Distances of neighbouring frames by name", motion_schema())},
       .pace = HttpPace::Long});
  operations.push_back(
      {.method = "POST",
       .path = "/api/v1/jobs/{id}/video",
       .summary = "Makes the video again from the frames, without drawing",
       .handler = action_handler(
           [&context](const HttpRequest& http) { return make_video_again(context, http); }),
       .body = video_schema(),
       .answers = {json_answer(200, "Name of the file in the run folder",
                               object_schema({{"file", string_schema()}}, {"file"}))},
       .pace = HttpPace::Long});
  return operations;
}

}  // namespace ptravel
