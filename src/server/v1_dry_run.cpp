// What a request would draw: counted, tokenized, checked, nothing drawn.

#include "ptravel/preview.h"
#include "request/frame_places.h"
#include "request/frame_settings.h"
#include "request/stages.h"
#include "server/api_error.h"
#include "server/api_operation.h"

namespace ptravel {
namespace {

constexpr std::size_t kMostListedFrames = 5000;

Json problems_json(const std::vector<Problem>& problems) {
  Json list = Json::array();
  for (const Problem& problem : problems) {
    list.push_back({{"field", problem.field}, {"message", problem.message}});
  }
  return list;
}

Json empty_answer() {
  return {
      {"frame_count", nullptr},      {"video_frames", nullptr},   {"seconds", nullptr},
      {"stages", Json::array()},     {"frames", nullptr},         {"seconds_per_frame", nullptr},
      {"estimate_seconds", nullptr}, {"problems", Json::array()}, {"notes", Json::array()}};
}

/// The number of frames as far as stages and steps tell it, whatever else is wrong.
Json countable_frames(const TravelRequest& request) {
  try {
    return frame_count(plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                                   stage_rules(request)),
                       request);
  } catch (const Error&) {
    return nullptr;  // the problems say why
  }
}

Json stages_json(const TravelPreview& preview) {
  Json stages = Json::array();
  for (std::size_t i = 0; i < preview.stages.size(); ++i) {
    const PreviewStage& stage = preview.stages[i];
    const bool has_frame = i < preview.stage_frames.size();
    stages.push_back({{"prompt", stage.prompt},
                      {"negative_prompt", stage.negative_prompt},
                      {"tokens", stage.tokens},
                      {"negative_tokens", stage.negative_tokens},
                      {"chunks", stage.chunks},
                      {"words", stage.words},
                      {"frame", has_frame ? Json(preview.stage_frames[i]) : Json(nullptr)}});
  }
  return stages;
}

Json frames_json(const TravelPreview& preview) {
  if (preview.frames.size() > kMostListedFrames) {
    return nullptr;
  }
  Json frames = Json::array();
  for (const PreviewFrame& frame : preview.frames) {
    frames.push_back({{"index", frame.index},
                      {"stage", frame.stage},
                      {"step", frame.step},
                      {"alpha", frame.alpha}});
  }
  return frames;
}

/// Fills in what the model's tokenizer and the places of frames tell. Throws for what only the
/// opened model brings to light.
void add_preview(Json& answer, const JobQueue& queue, const TravelRequest& request) {
  const TravelPreview preview = preview_travel(request);
  const auto frames = static_cast<std::int64_t>(preview.frames.size());
  answer["frame_count"] = frames;
  answer["stages"] = stages_json(preview);
  answer["frames"] = frames_json(preview);
  if (request.fps > 0 && frames > 1) {
    answer["video_frames"] = preview.video_frames;
    answer["seconds"] = static_cast<double>(preview.video_frames) / request.fps;
  }
  if (const auto seconds = queue.seconds_per_frame(preview.request)) {
    answer["seconds_per_frame"] = *seconds;
    answer["estimate_seconds"] = *seconds * preview.cost.pictures;
  }
}

HttpResponse dry_run(const ServerContext& context, const HttpRequest& http) {
  const Json object = parse_json_object(http.body);
  JsonReader body(object);
  const Json& partial = body.object("request");
  body.finish();
  RequestResolver::Settled settled = context.resolver.settle(partial);
  Json answer = empty_answer();
  std::vector<std::string> notes = std::move(settled.notes);
  if (settled.problems.empty()) {
    try {
      add_preview(answer, context.queue, settled.request);
    } catch (const Error& error) {
      if (error.problems().empty() && error.code() == ErrorCode::Internal) {
        throw;
      }
      settled.problems = error.problems().empty()
                             ? std::vector<Problem>{{"model", without_folders(error.what())}}
                             : error.problems();
    }
  }
  if (!settled.problems.empty()) {
    answer["frame_count"] = countable_frames(settled.request);
    answer["problems"] = problems_json(settled.problems);
  }
  answer["notes"] = notes;
  return json_response(200, json_text(answer));
}

Json answer_schema() {
  const Json count = {{"type", {"integer", "null"}}, {"minimum", 0}};
  const Json number = {{"type", {"number", "null"}}};
  const Json object = {{"type", "object"}};
  return object_schema({{"frame_count", count},
                        {"video_frames", count},
                        {"seconds", number},
                        {"stages", array_schema(object)},
                        {"frames", nullable(array_schema(object))},
                        {"seconds_per_frame", number},
                        {"estimate_seconds", number},
                        {"problems", array_schema(schema_ref("Problem"))},
                        {"notes", array_schema(string_schema())}},
                       {"frame_count", "video_frames", "seconds", "stages", "frames",
                        "seconds_per_frame", "estimate_seconds", "problems", "notes"});
}

}  // namespace

std::vector<ApiOperation> dry_run_operations(ServerContext& context) {
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "POST",
       .path = "/api/v1/dry-run",
       .summary = "What a request would draw; what is wrong with it is part of the answer",
       .handler = [&context](const HttpRequest& http) { return dry_run(context, http); },
       .body = object_schema({{"request", {{"type", "object"}}}}),
       .answers = {json_answer(200, "Frames, stages, estimate, problems", answer_schema())},
       .pace = HttpPace::Long});
  return operations;
}

}  // namespace ptravel
