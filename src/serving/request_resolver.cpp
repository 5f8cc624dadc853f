#include "serving/request_resolver.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ptravel/default_model.h"
#include "ptravel/models_folders.h"
#include "ptravel/notation.h"
#include "request/frame_places.h"
#include "request/frame_settings.h"
#include "request/hires.h"
#include "request/mask_files.h"
#include "request/stages.h"

namespace ptravel {
namespace {

constexpr int kUsualFactor = 8;  // pixels of a latent's cell
constexpr int kLargestTrainedSize = 1024;

bool has_problem(const std::vector<Problem>& problems, std::string_view field) {
  return std::any_of(problems.begin(), problems.end(),
                     [&](const Problem& problem) { return problem.field == field; });
}

/// The value of one setting that the server has fixed, or the client's.
template <typename Value>
void settle_fixed(TravelRequest& request,
                  Value TravelRequest::*member,
                  const Value& fixed,
                  const char* field,
                  std::vector<Problem>& problems) {
  const Value open{};
  if (fixed == open) {
    return;
  }
  if (request.*member != open && request.*member != fixed) {
    TravelRequest server;
    server.*member = fixed;
    problems.push_back({field, "\"" + request_field_text(request, field) + "\", expected \"" +
                                   request_field_text(server, field) +
                                   "\", with which the server was started"});
  }
  request.*member = fixed;
}

}  // namespace

const std::string& request_name(const CatalogEntry& entry) { return entry.file_name; }

RequestResolver::Settled RequestResolver::settle(const Json& partial) const {
  Settled settled;
  std::vector<Problem> problems = apply_json(settled.request, json_text(partial));
  std::vector<std::string> notes = prepare(settled.request, problems);
  settled = settle(std::move(settled.request));
  settled.notes = std::move(notes);
  // A value of the wrong kind left the default in its place, which is not what was meant.
  std::erase_if(settled.problems,
                [&](const Problem& problem) { return has_problem(problems, problem.field); });
  problems.insert(problems.end(), settled.problems.begin(), settled.problems.end());
  settled.problems = std::move(problems);
  return settled;
}

std::vector<std::string> RequestResolver::prepare(TravelRequest& request,
                                                  std::vector<Problem>& problems) const {
  for (const auto& [field, value] : {std::pair("schedule_file", &request.schedule_file),
                                     std::pair("styles_file", &request.styles_file),
                                     std::pair("wildcards_dir", &request.wildcards_dir)}) {
    if (!value->empty()) {
      problems.push_back({field, "\"" + *value + "\" is of the command line, leave it out"});
      value->clear();
    }
  }
  const std::string asked = std::exchange(request.models_dir, server_folders());
  std::vector<std::string> notes;
  collect_problems(problems, [&] {
    PreparedRequest prepared = prepare_request(request);
    request = std::move(prepared.request);
    notes = std::move(prepared.notes);
  });
  request.models_dir = asked;
  return notes;
}

std::string RequestResolver::server_folders() const {
  return models_dir_of_folders(options_.models_dirs);
}

RequestResolver::Settled RequestResolver::settle(TravelRequest request) const {
  Settled settled{std::move(request), {}, {}};
  resolve_names(settled.request, settled.problems);
  settle_machine(settled.request, settled.problems);
  for (Problem& problem : validate_request(settled.request)) {
    if (!has_problem(settled.problems, problem.field)) {
      settled.problems.push_back(std::move(problem));
    }
  }
  const TravelRequest& r = settled.request;
  if (auto problem = pixel_problem(r)) {
    settled.problems.push_back(*std::move(problem));
  }
  for (const auto& [field, prompt] :
       {std::pair("prompt", &r.prompt), std::pair("negative_prompt", &r.negative_prompt)}) {
    if (auto problem = prompt_problem(field, *prompt)) {
      settled.problems.push_back(std::move(*problem));
    }
  }
  if (settled.problems.empty()) {
    const StagePlan plan = plan_stages(r.prompt, r.negative_prompt, r.travel_steps, stage_rules(r));
    const std::int64_t frames = frame_count(plan, r);
    if (frames > options_.limits.frames) {
      settled.problems.push_back({"travel_steps", "makes " + std::to_string(frames) +
                                                      " frames, expected at most " +
                                                      std::to_string(options_.limits.frames)});
    } else if (auto problem = film_problem(r, frames, plan.stage_count())) {
      settled.problems.push_back(std::move(*problem));
    }
  }
  return settled;
}

std::optional<Problem> RequestResolver::pixel_problem(const TravelRequest& request) const {
  // Where sizes are the model's own, none is larger than this.
  TravelRequest sized = request;
  sized.width = request.width > 0 ? request.width : kLargestTrainedSize;
  sized.height = request.height > 0 ? request.height : kLargestTrainedSize;
  const auto problem = [&](int width, int height, const char* field) -> std::optional<Problem> {
    if (std::int64_t{width} * height * std::max(request.batch, 1) <= options_.limits.pixels) {
      return std::nullopt;
    }
    return Problem{
        field, std::to_string(width) + " x " + std::to_string(height) +
                   (request.batch > 1 ? " x batch " + std::to_string(request.batch) : "") +
                   " pixels at once, expected at most " + std::to_string(options_.limits.pixels)};
  };
  if (request.width > 0 && request.height > 0) {
    if (auto first = problem(request.width, request.height, "width")) {
      return first;
    }
  }
  if (!request.hires) {
    return std::nullopt;
  }
  // A wrong second size was told already.
  const HiresSize second = hires_size(sized, kUsualFactor);
  return problem(second.width, second.height, hires_size_field(request));
}

std::optional<Problem> RequestResolver::film_problem(const TravelRequest& request,
                                                     std::int64_t frames,
                                                     std::int64_t stages) const {
  const std::int64_t length =
      (frames + held_copies(request.hold, stages)) * (request.ping_pong ? 2 : 1) +
      2 * std::int64_t{request.pad};
  if (length <= options_.limits.film_frames) {
    return std::nullopt;
  }
  return Problem{request.pad >= held_copies(request.hold, 1) ? "pad" : "hold",
                 "makes a video of " + std::to_string(length) + " frames, expected at most " +
                     std::to_string(options_.limits.film_frames)};
}

std::optional<Problem> RequestResolver::prompt_problem(const char* field,
                                                       const std::string& prompt) const {
  const ServeLimits& limits = options_.limits;
  if (prompt.size() > limits.body_bytes) {
    return Problem{field, "has " + std::to_string(prompt.size()) + " bytes, expected at most " +
                              std::to_string(limits.body_bytes)};
  }
  for (const std::string_view line : split(prompt, '\n')) {
    if (line.size() > limits.stage_bytes) {
      return Problem{field, "has a line of " + std::to_string(line.size()) +
                                " bytes, expected at most " + std::to_string(limits.stage_bytes)};
    }
  }
  return std::nullopt;
}

TravelRequest RequestResolver::settled(const Json& partial) const {
  Settled settled = settle(partial);
  throw_request_problems(settled.problems);
  return std::move(settled.request);
}

void RequestResolver::resolve_names(TravelRequest& request, std::vector<Problem>& problems) const {
  if (request.model.empty()) {
    request.model = find_default_model().path.value_or("").string();
    if (request.model.empty()) {
      problems.push_back({"model",
                          "is not given, and there is no default model; expected one of "
                          "/api/v1/models"});
    }
  } else if (const auto entry = catalog_.find_model(request.model)) {
    if (!entry->refusal.empty()) {
      problems.push_back({"model", "\"" + request.model + "\" cannot be used: " + entry->refusal});
    }
    request.model = entry->path.string();
  } else {
    problems.push_back(
        {"model", "\"" + request.model + "\" is not there, expected one of /api/v1/models"});
    request.model.clear();
  }
  if (!request.vae.empty() && request.vae != "none") {
    const auto entry = catalog_.find_vae(request.vae);
    if (!entry || !entry->refusal.empty()) {
      problems.push_back(
          {"vae", "\"" + request.vae + "\" " +
                      (entry ? "cannot be used: " + entry->refusal
                             : "is not there, expected \"\", \"none\" or one of the VAEs")});
    }
    request.vae = entry ? entry->path.string() : "";
  }
  for (std::string* sound : {&request.soundtrack, &request.beats}) {
    if (!sound->empty()) {
      problems.push_back({sound == &request.beats ? "beats" : "soundtrack",
                          "\"" + *sound +
                              "\" is of the command line (video --soundtrack, "
                              "render --beats), leave it out"});
      sound->clear();
    }
  }
  request.init_image = upload_path("init_image", request.init_image, problems);
  std::vector<std::string> masks;
  for (const std::string& mask : mask_files(request)) {
    masks.push_back(upload_path("mask", mask, problems));
  }
  request.mask = masks_of_files(masks);
}

std::string RequestResolver::upload_path(const char* field,
                                         const std::string& name,
                                         std::vector<Problem>& problems) const {
  if (name.empty()) {
    return name;
  }
  const auto upload = name.starts_with(kUploadPrefix)
                          ? uploads_.find(std::string_view(name).substr(kUploadPrefix.size()))
                          : std::nullopt;
  if (!upload) {
    problems.push_back({field, "\"" + name +
                                   "\", expected \"\" or the \"upload:...\" that "
                                   "POST /api/v1/pictures gave"});
  }
  return upload ? upload->path.string() : "";
}

void RequestResolver::settle_machine(TravelRequest& request, std::vector<Problem>& problems) const {
  if (!request.out.empty() && request.out != TravelRequest{}.out) {
    problems.push_back({"out", "\"" + request.out + "\" is the server's to choose, leave it out"});
  }
  request.out = options_.out.string();
  if (!request.models_dir.empty()) {
    problems.push_back(
        {"models_dir", "\"" + request.models_dir + "\" is the server's to choose, leave it out"});
  }
  request.models_dir = server_folders();
  settle_fixed(request, &TravelRequest::device, options_.device, "device", problems);
  settle_fixed(request, &TravelRequest::precision, options_.precision, "precision", problems);
  settle_fixed(request, &TravelRequest::threads, options_.threads, "threads", problems);
}

Json RequestResolver::shown(const TravelRequest& request) const {
  TravelRequest named = request;
  named.model = shown_model(request.model);
  named.vae = shown_vae(request.vae);
  named.init_image = shown_init_image(request.init_image);
  std::vector<std::string> masks = mask_files(request);
  std::ranges::transform(masks, masks.begin(),
                         [this](const std::string& mask) { return shown_init_image(mask); });
  named.mask = masks_of_files(masks);
  named.out = TravelRequest{}.out;
  named.models_dir = TravelRequest{}.models_dir;
  return Json::parse(request_to_json(named));
}

std::string RequestResolver::shown_model(const std::string& path) const {
  return catalog_.file_name_of(path).value_or(std::filesystem::path(path).filename().string());
}

std::string RequestResolver::shown_vae(const std::string& path) const {
  return path.empty() || path == "none" ? path : shown_model(path);
}

std::string RequestResolver::shown_init_image(const std::string& path) const {
  if (path.empty()) {
    return path;
  }
  const auto id = uploads_.id_of(path);
  return id ? std::string(kUploadPrefix) + *id : std::filesystem::path(path).filename().string();
}

}  // namespace ptravel
