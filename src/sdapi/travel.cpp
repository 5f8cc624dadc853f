#include "sdapi/travel.h"

#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/base64.h"
#include "base/files.h"
#include "base/text.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "request/frame_settings.h"
#include "sdapi/info.h"
#include "sdapi/local_time.h"
#include "sdapi/script.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

TravelRequest travel_request(const SdState& state, const SdPlan& plan) {
  TravelRequest request = plan.request;
  request.prompt = plan.prompt;
  request.negative_prompt = plan.negative_prompt;
  if (plan.body.integer("subseed") < 0) {
    request.subseed = Seed();  // both versions have their own meaning of it
  }
  apply_script_arguments(plan.body.value("script_args"), request);
  RequestResolver::Settled settled = state.context.resolver.settle(std::move(request));
  throw_request_problems(settled.problems);
  return std::move(settled.request);
}

/// The answer in pieces: no travel is held in memory as a whole.
class TravelAnswer {
 public:
  TravelAnswer(SdPlan plan, JobRecord job, fs::path folder, Json parameters)
      : plan_(std::move(plan)),
        job_(std::move(job)),
        folder_(std::move(folder)),
        parameters_(std::move(parameters)) {}

  std::string next() {
    if (!begun_) {
      begun_ = true;
      return "{\"images\":[";
    }
    while (index_ < job_.frames_total) {
      std::string frame = frame_text(index_++);
      if (!frame.empty()) {
        return frame;
      }
    }
    if (ended_) {
      return "";
    }
    ended_ = true;
    return "],\"parameters\":" + json_text(parameters_) + ",\"info\":" + json_text(Json(info())) +
           "}";
  }

 private:
  /// The frame as the next member of the list; empty where it was not drawn or is not asked for.
  std::string frame_text(std::int64_t index) {
    const fs::path path = folder_ / frame_file_name(index);
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
      return "";
    }
    const std::string parameters = find_text(read_png_text(path), "parameters").value_or("");
    const Infotext text = parse_infotext(parameters);
    const auto seed_at = [&](const char* key) {
      return parse_unsigned(text.find(key).value_or("")).value_or(plan_.seed);
    };
    lists_.prompts.push_back(text.prompt);
    lists_.negative_prompts.push_back(text.negative_prompt);
    lists_.seeds.push_back(seed_at("Seed"));
    const auto subseed = parse_integer(text.find("Variation seed").value_or(""));
    lists_.subseeds.push_back(subseed.value_or(static_cast<std::int64_t>(plan_.subseed)));
    infotexts_.push_back(parameters);
    if (!plan_.body.boolean("send_images")) {
      return "";
    }
    const std::string comma = images_++ > 0 ? "," : "";
    return comma + "\"" + to_base64(read_file(path)) + "\"";
  }

  std::string info() const {
    SdDrawing drawing;
    drawing.request = job_.request;
    drawing.timestamp = local_time_text(static_cast<std::time_t>(job_.created), kSdTimestamp);
    drawing.parameters = infotexts_.empty() ? "" : infotexts_.front();
    return json_text(sd_info(plan_, drawing, lists_, infotexts_, 0));
  }

  SdPlan plan_;
  JobRecord job_;
  fs::path folder_;
  Json parameters_;
  SdInfoLists lists_;
  std::vector<std::string> infotexts_;
  std::int64_t index_ = 0;
  std::int64_t images_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

JobRecord draw(SdState& state, const SdPlan& plan, const TravelRequest& request) {
  SdWork::Ticket ticket(state.work, plan.body.text("force_task_id"));
  const JobQueue::Submission submission = state.context.queue.submit(request, "", "", false);
  ticket.set_job(submission.job.id);
  state.work.forget_flags();
  JobRecord job = state.context.queue.wait(
      submission.job.id, [&] { return !(state.context.stopping && state.context.stopping()); });
  if (!is_over(job.state)) {
    throw http_exception(503, "the server stops; the travel goes on when it is started again");
  }
  if (job.state == QueueState::Failed) {
    throw exception_answer("RuntimeError", job.error ? job.error->what() : "drawing failed");
  }
  return job;
}

}  // namespace

HttpResponse answer_travel(SdState& state, SdPlan plan, Json parameters) {
  const TravelRequest request = travel_request(state, plan);
  JobRecord job = draw(state, plan, request);
  const fs::path folder = job.folder.empty() ? fs::path() : state.context.queue.run_folder(job);
  auto answer = std::make_shared<TravelAnswer>(std::move(plan), std::move(job), folder,
                                               std::move(parameters));
  HttpResponse response = sd_json(Json::object());
  response.body = HttpPieces{[answer] { return answer->next(); }, std::nullopt};
  return response;
}

}  // namespace ptravel
