#include "jobs/manifest.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/json_number.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMostFrames = 100'000'000;
constexpr std::size_t kMostFiles = 10'000;
constexpr std::uint64_t kSizeLimit = std::uint64_t{64} << 20;

[[noreturn]] void throw_corrupt(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::Corrupt, "[manifest] " + path.string() + ": " + why);
}

std::string text_at(const Json& object, const char* key, const std::filesystem::path& path) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    throw_corrupt(path, std::string(key) + " is missing, expected a text");
  }
  return found->get<std::string>();
}

/// A JSON value for a message: short, and never nested.
std::string shown(const Json& value) {
  return value.is_primitive()
             ? value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 40)
             : value.type_name();
}

int read_format(const Json& object, const std::filesystem::path& path) {
  const auto found = object.find("format");
  if (found == object.end()) {
    return 1;
  }
  const auto format = json_integer(*found);
  if ((!format && !found->is_number_unsigned()) || (format && *format < 2)) {
    throw_corrupt(path, "format is no whole number above 1");
  }
  if (!format || *format > kManifestFormat) {
    throw Error(ErrorCode::Unsupported,
                "[manifest] " + path.string() + ": has format " + shown(*found) +
                    ", written by a newer program; expected at most format " +
                    std::to_string(kManifestFormat));
  }
  return static_cast<int>(*format);
}

std::vector<FileIdentity> read_files(const Json& object, const std::filesystem::path& path) {
  const auto found = object.find("files");
  if (found == object.end() || !found->is_array() || found->empty() || found->size() > kMostFiles) {
    throw_corrupt(path, "files is missing or empty, expected the files of the model");
  }
  std::vector<FileIdentity> files;
  for (const Json& file : *found) {
    if (!file.is_object()) {
      throw_corrupt(path, "files has something else than objects");
    }
    files.push_back(
        {text_at(file, "role", path), text_at(file, "name", path), text_at(file, "sha256", path)});
  }
  return files;
}

Json files_json(const std::vector<FileIdentity>& files) {
  Json list = Json::array();
  for (const FileIdentity& file : files) {
    list.push_back({{"role", file.role}, {"name", file.name}, {"sha256", file.sha256}});
  }
  return list;
}

Json pace_json(const PaceResult& result) {
  Json pace = {{"alphas", result.pace.alphas},
               {"walk_steps", result.pace.walk_steps},
               {"bridges", Json::array()},
               {"pictures", result.pictures},
               {"largest_over_median", std::isfinite(result.largest_over_median)
                                           ? Json(result.largest_over_median)
                                           : Json(nullptr)},
               {"jumps", Json::array()}};
  for (const FilmBridge& bridge : result.pace.bridges) {
    pace["bridges"].push_back({{"stage", bridge.stage},
                               {"from_alpha", bridge.from_alpha},
                               {"to_alpha", bridge.to_alpha},
                               {"steps", bridge.steps}});
  }
  for (const TravelJump& jump : result.jumps) {
    pace["jumps"].push_back({{"stage", jump.stage},
                             {"from_alpha", jump.from_alpha},
                             {"to_alpha", jump.to_alpha},
                             {"distance", jump.distance}});
  }
  return pace;
}

PaceResult read_pace(const Json& pace, const std::filesystem::path& path) {
  const auto wrong = [&](const char* what) { throw_corrupt(path, std::string("pace: ") + what); };
  const auto list = [&](const Json& object, const char* key) -> const Json& {
    static const Json none = Json::array();
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end() || !found->is_array()) {
      wrong("expected the lists alphas, walk_steps and jumps");
      return none;
    }
    return *found;
  };
  const auto number = [&](const Json& value, double least, double most) {
    const auto read = json_number(value, least, most);
    if (!read) {
      wrong("has something else than numbers in their ranges");
    }
    return *read;
  };
  const auto whole = [&](const Json& value, std::int64_t most) {
    const auto read = json_integer(value, 0, most);
    if (!read) {
      wrong("has something else than whole numbers");
    }
    return *read;
  };
  PaceResult result;
  for (const Json& gap : list(pace, "alphas")) {
    if (!gap.is_array()) {
      wrong("alphas has something else than lists");
    }
    std::vector<double>& alphas = result.pace.alphas.emplace_back();
    for (const Json& alpha : gap) {
      alphas.push_back(number(alpha, 0, 1));
    }
  }
  for (const Json& steps : list(pace, "walk_steps")) {
    result.pace.walk_steps.push_back(whole(steps, kMostFrames));
  }
  for (const Json& bridge : pace.contains("bridges") ? list(pace, "bridges") : Json::array()) {
    if (!bridge.is_object()) {
      wrong("bridges has something else than objects");
    }
    result.pace.bridges.push_back(
        {whole(bridge.value("stage", Json()), kMostFrames),
         number(bridge.value("from_alpha", Json()), 0, 1),
         number(bridge.value("to_alpha", Json()), 0, 1),
         static_cast<int>(whole(bridge.value("steps", Json()), kMostBridgeSteps))});
  }
  for (const Json& jump : list(pace, "jumps")) {
    if (!jump.is_object()) {
      wrong("jumps has something else than objects");
    }
    result.jumps.push_back({whole(jump.value("stage", Json()), kMostFrames),
                            number(jump.value("from_alpha", Json()), 0, 1),
                            number(jump.value("to_alpha", Json()), 0, 1),
                            number(jump.value("distance", Json()), 0, 1e9)});
  }
  result.pictures = whole(pace.value("pictures", Json()), std::int64_t{20} * kMostFrames);
  const Json ratio = pace.value("largest_over_median", Json());
  result.largest_over_median =
      ratio.is_null() ? std::numeric_limits<double>::infinity() : number(ratio, 0, 1e300);
  return result;
}

Json pictures_json(const std::vector<StagePicture>& pictures) {
  Json list = Json::array();
  for (const StagePicture& picture : pictures) {
    Json object = {{"path", picture.path}, {"sha256", picture.sha256}};
    if (picture.distance) {
      object["largest"] = picture.distance->largest;
      object["lab"] = picture.distance->lab;
      object["ssim"] = picture.distance->structure;
    }
    list.push_back(std::move(object));
  }
  return list;
}

std::vector<StagePicture> read_pictures(const Json& list, const std::filesystem::path& path) {
  if (!list.is_array() || list.size() > kMostFiles) {
    throw_corrupt(path, "pictures is no list, expected the pictures of the stages");
  }
  std::vector<StagePicture> pictures;
  for (const Json& object : list) {
    if (!object.is_object()) {
      throw_corrupt(path, "pictures has something else than objects");
    }
    StagePicture picture{text_at(object, "path", path), text_at(object, "sha256", path), {}};
    if (object.contains("largest")) {
      const auto largest = json_integer(object["largest"], 0, 255);
      const auto lab = json_number(object.value("lab", Json()), 0, 1e9);
      const auto structure = json_number(object.value("ssim", Json()), 0, 2);
      if (!largest || !lab || !structure) {
        throw_corrupt(path, "pictures has something else than distances in their ranges");
      }
      picture.distance = {static_cast<int>(*largest), *lab, *structure};
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace

Manifest read_manifest(const std::filesystem::path& path) {
  const Json object = Json::parse(read_file(path, kSizeLimit), nullptr, false);
  if (!object.is_object() || !object.contains("request") || !object.contains("frames")) {
    throw_corrupt(path, "is not the manifest of a run");
  }
  Manifest manifest;
  manifest.format = read_format(object, path);
  if (manifest.format > 1) {
    manifest.kernels = text_at(object, "kernels", path);
    manifest.files = read_files(object, path);
  }
  manifest.program_version = text_at(object, "version", path);
  const auto state = kRunStateNames.parse(text_at(object, "state", path));
  if (!state) {
    throw_corrupt(path, "state is none of " + kRunStateNames.choices());
  }
  manifest.state = *state;
  manifest.error = text_at(object, "error", path);
  manifest.model_name = text_at(object, "model_name", path);
  manifest.model_sha256 = text_at(object, "model_sha256", path);
  manifest.vae_sha256 = text_at(object, "vae_sha256", path);
  manifest.video = text_at(object, "video", path);
  const auto frames = json_integer(object["frames"], 1, kMostFrames);
  if (!frames) {
    throw_corrupt(path, "frames is " + shown(object["frames"]) + ", expected 1 to " +
                            std::to_string(kMostFrames));
  }
  manifest.frames = *frames;
  for (const Json& frame : object.value("stage_frames", Json::array())) {
    const std::int64_t before = manifest.stage_frames.empty() ? -1 : manifest.stage_frames.back();
    const auto number = json_integer(frame, before + 1, manifest.frames - 1);
    if (!number) {
      throw_corrupt(path, "stage_frames has something else than rising numbers of frames");
    }
    manifest.stage_frames.push_back(*number);
  }
  if (const auto pace = object.find("pace"); pace != object.end()) {
    manifest.pace = read_pace(*pace, path);
  }
  if (const auto pictures = object.find("pictures"); pictures != object.end()) {
    manifest.pictures = read_pictures(*pictures, path);
  }
  const auto problems = apply_json(manifest.request, object["request"].dump());
  if (!problems.empty()) {
    throw_corrupt(path, "request: " + problems.front().field + ": " + problems.front().message);
  }
  return manifest;
}

void write_manifest(const std::filesystem::path& path, const Manifest& manifest) {
  Json request = Json::parse(request_to_json(manifest.request));
  request.erase("out");
  Json object = {{"program", "prompt-travel"}};
  if (manifest.format > 1) {
    object["format"] = manifest.format;
  }
  object["version"] = manifest.program_version;
  object["state"] = std::string(kRunStateNames.name(manifest.state));
  object["error"] = manifest.error;
  object["model_name"] = manifest.model_name;
  object["model_sha256"] = manifest.model_sha256;
  object["vae_sha256"] = manifest.vae_sha256;
  if (manifest.format > 1) {
    object["kernels"] = manifest.kernels;
    object["files"] = files_json(manifest.files);
  }
  object["frames"] = manifest.frames;
  object["stage_frames"] = manifest.stage_frames;
  if (manifest.pace) {
    object["pace"] = pace_json(*manifest.pace);
  }
  if (!manifest.pictures.empty()) {
    object["pictures"] = pictures_json(manifest.pictures);
  }
  object["video"] = manifest.video;
  object["request"] = std::move(request);
  write_file_atomic(path, object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

bool same_kernels(std::string_view recorded, std::string_view now) {
  return recorded == now || (recorded == "cuda" && now.starts_with(recorded));
}

std::vector<std::string> program_notes(const Manifest& manifest, std::string_view kernels) {
  std::vector<std::string> notes;
  if (manifest.program_version != PTRAVEL_VERSION) {
    notes.push_back("the run was begun by version " + manifest.program_version +
                    ", this is version " PTRAVEL_VERSION);
  }
  if (!manifest.kernels.empty() && !kernels.empty() && !same_kernels(manifest.kernels, kernels)) {
    notes.push_back("the run was begun with " + manifest.kernels + " kernels, this machine has " +
                    std::string(kernels) + ": frames may differ in their last digits");
  }
  return notes;
}

}  // namespace ptravel
