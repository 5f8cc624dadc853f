#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <nlohmann/json.hpp>

#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "media/picture_format.h"
#include "ptravel/error.h"
#include "ptravel/jobs.h"
#include "request/picture_parameters.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Whether the file is of a picture format, read or not: reading says which ones are read.
bool is_picture(const fs::path& path) {
  std::array<char, kPictureSignatureBytes> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return picture_format({head.data(), static_cast<std::size_t>(file.gcount())}).has_value();
}

std::string dumped(const Json& object) {
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

/// A picture as JSON: the text as people read it, the settings as they are meant.
Json picture_json(const LoadedImage& loaded, const std::optional<PictureParameters>& parameters) {
  Json object = {{"kind", "picture"},
                 {"width", loaded.image.width},
                 {"height", loaded.image.height},
                 {"parameters", parameters ? Json(parameters->text) : Json(nullptr)}};
  if (!loaded.note.empty()) {
    object["note"] = loaded.note;
  }
  if (!parameters) {
    return object;
  }
  const Infotext text = parse_infotext(parameters->text);
  object["program"] = kPictureProgramNames.name(parameters->program);
  object["prompt"] = text.prompt;
  object["negative_prompt"] = text.negative_prompt;
  for (const auto& [key, value] : text.items) {
    object["items"][key] = value;
  }
  object["notes"] = Json::array();
  for (const PictureNote& note : parameters->notes) {
    object["notes"].push_back(note.text);
  }
  for (const PictureProblem& problem : parameters->problems) {
    object["notes"].push_back(problem.key + ": " + problem.message);
  }
  return object;
}

std::string picture_text(const LoadedImage& loaded,
                         const std::optional<PictureParameters>& parameters) {
  std::string text = parameters ? parameters->text
                                : "no generation parameters inside (" +
                                      std::to_string(loaded.image.width) + "x" +
                                      std::to_string(loaded.image.height) + " pixels)";
  if (!loaded.note.empty()) {
    text += "\nnote: " + loaded.note;
  }
  if (!parameters) {
    return text;
  }
  for (const PictureNote& note : parameters->notes) {
    text += "\nnote: " + note.text;
  }
  for (const PictureProblem& problem : parameters->problems) {
    text += "\nnote: " + problem.key + ": " + problem.message;
  }
  return text;
}

std::string describe_picture(const fs::path& path, bool as_json) {
  const LoadedImage loaded = read_image(path);
  const auto parameters =
      read_picture_parameters({loaded.texts, loaded.image.width, loaded.image.height});
  return as_json ? dumped(picture_json(loaded, parameters)) : picture_text(loaded, parameters);
}

std::string describe_run(const fs::path& folder, bool as_json) {
  const Manifest manifest = read_manifest(folder / "travel.json");
  std::int64_t drawn = 0;
  for (std::int64_t index = 0; index < manifest.frames; ++index) {
    drawn += fs::exists(folder / frame_file_name(index)) ? 1 : 0;
  }
  // A process that was killed could not say so.
  const bool gone = manifest.state == RunState::Running && !RunFolder::open(folder).is_worked_on();
  const std::string state(kRunStateNames.name(gone ? RunState::Stopped : manifest.state));
  if (as_json) {
    return dumped({{"kind", "run"},
                   {"state", state},
                   {"frames", manifest.frames},
                   {"frames_drawn", drawn},
                   {"video", manifest.video},
                   {"error", manifest.error},
                   {"request", Json::parse(request_to_json(manifest.request))}});
  }
  std::string text = "run " + state + ", " + std::to_string(drawn) + " of " +
                     std::to_string(manifest.frames) +
                     " frames drawn\nmodel: " + manifest.model_name + " [" +
                     manifest.model_sha256.substr(0, 10) + "]";
  text += manifest.video.empty() ? "" : "\nvideo: " + manifest.video;
  text += manifest.error.empty() ? "" : "\nerror: " + manifest.error;
  return text;
}

}  // namespace

std::optional<std::string> describe_result(const fs::path& path, bool as_json) {
  if (fs::is_directory(path)) {
    if (!fs::exists(path / "travel.json")) {
      return std::nullopt;
    }
    return describe_run(path, as_json);
  }
  if (!is_picture(path)) {
    return std::nullopt;
  }
  return describe_picture(path, as_json);
}

}  // namespace ptravel
