#include "request/picture_travel.h"

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/manifest.h"
#include "media/image_file.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

/// A message that begins with the operation and the picture, without them.
std::string bare(const std::string& message, const std::string& name) {
  const std::string lead = "[from] " + name + ": ";
  return message.starts_with(lead) ? message.substr(lead.size()) : message;
}

/// The values that the picture says and that no picture can have been drawn with.
void check_values(const PictureRequest& picture,
                  const std::string& name,
                  const std::set<std::string>& given,
                  std::vector<Problem>& problems) {
  TravelRequest request = picture.frame.request;
  request.model = name;
  std::vector<Problem> found = validate_request(request);
  name_picture_keys(found, picture, name, given);
  for (Problem& problem : found) {
    if (problem.field == name) {
      problems.push_back(std::move(problem));
    }
  }
}

/// Reads one picture; what is wrong with what it says becomes a problem of its name.
PictureStage read_stage(const fs::path& path,
                        const std::set<std::string>& given,
                        std::vector<Problem>& problems) {
  const LoadedImage loaded = read_image(path);
  PictureStage stage{path.string(), {}};
  try {
    stage.picture = read_picture_request({loaded.texts, loaded.image.width, loaded.image.height},
                                         stage.name, given);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) {
      throw;
    }
    const auto& told = error.problems();
    problems.insert(problems.end(), told.begin(), told.end());
    if (told.empty()) {
      problems.push_back({stage.name, bare(error.what(), stage.name)});
    }
    return stage;
  }
  if (!loaded.note.empty()) {
    stage.picture.parameters.notes.push_back({loaded.note, ""});
  }
  check_values(stage.picture, stage.name, given, problems);
  return stage;
}

/// Where the first picture lies in a run folder, that knows what no picture tells.
void fill_from_run(const fs::path& picture, TravelRequest& request) {
  const fs::path path = fs::absolute(picture).parent_path() / "travel.json";
  if (!fs::exists(path)) {
    return;
  }
  const Manifest manifest = read_manifest(path);
  request.model = manifest.request.model;
  request.vae = manifest.request.vae;
  request.models_dir = manifest.request.models_dir;
  request.init_image = manifest.request.init_image;
  if (mask_files(manifest.request).size() == 1) {
    request.mask = manifest.request.mask;
  }
}

/// The pictures that were drawn from a picture which is not known.
void check_init_image(const std::vector<PictureStage>& stages,
                      const TravelRequest& request,
                      const std::set<std::string>& given,
                      std::vector<Problem>& problems) {
  for (const PictureStage& stage : stages) {
    if (stage.picture.needs_init_image && request.init_image.empty() &&
        given.count("init_image") == 0) {
      problems.push_back({stage.name,
                          "Denoising strength: was drawn from another picture, which none holds; "
                          "expected --init-image with it"});
    }
    if (!stage.picture.frame.masks.empty() && request.mask.empty() && given.count("mask") == 0) {
      problems.push_back({stage.name, "Travel mask: was drawn with " + stage.picture.frame.masks +
                                          ", which no picture holds; expected --mask with it"});
    }
  }
}

}  // namespace

PictureTravel travel_between_pictures(const std::vector<fs::path>& pictures,
                                      const std::vector<std::string>& given) {
  if (pictures.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                "[from images] " + std::to_string(pictures.size()) +
                    " pictures, expected at least two to travel between");
  }
  const std::set<std::string> fields(given.begin(), given.end());
  std::vector<PictureStage> stages;
  stages.reserve(pictures.size());
  std::vector<Problem> problems;
  for (const fs::path& path : pictures) {
    stages.push_back(read_stage(path, fields, problems));
  }
  throw_request_problems(problems);
  MergedPictures merged = merge_pictures(stages, fields);
  fill_from_run(pictures.front(), merged.request);
  check_init_image(stages, merged.request, fields, problems);
  throw_request_problems(problems);
  return {std::move(merged.request), std::move(merged.notes)};
}

}  // namespace ptravel
