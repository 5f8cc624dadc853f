#include "jobs/manifest.h"

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMostFrames = 100'000'000;
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

}  // namespace

Manifest read_manifest(const std::filesystem::path& path) {
  const Json object = Json::parse(read_file(path, kSizeLimit), nullptr, false);
  if (!object.is_object() || !object.contains("request") || !object.contains("frames") ||
      !object["frames"].is_number_integer()) {
    throw_corrupt(path, "is not the manifest of a run");
  }
  Manifest manifest;
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
  manifest.frames = object["frames"].get<std::int64_t>();
  if (manifest.frames < 1 || manifest.frames > kMostFrames) {
    throw_corrupt(path, "frames is " + std::to_string(manifest.frames) + ", expected 1 to " +
                            std::to_string(kMostFrames));
  }
  for (const Json& frame : object.value("stage_frames", Json::array())) {
    const std::int64_t before = manifest.stage_frames.empty() ? -1 : manifest.stage_frames.back();
    if (!frame.is_number_integer() || frame.get<std::int64_t>() <= before ||
        frame.get<std::int64_t>() >= manifest.frames) {
      throw_corrupt(path, "stage_frames has something else than rising numbers of frames");
    }
    manifest.stage_frames.push_back(frame.get<std::int64_t>());
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
  const Json object = {{"program", "prompt-travel"},
                       {"version", manifest.program_version},
                       {"state", std::string(kRunStateNames.name(manifest.state))},
                       {"error", manifest.error},
                       {"model_name", manifest.model_name},
                       {"model_sha256", manifest.model_sha256},
                       {"vae_sha256", manifest.vae_sha256},
                       {"frames", manifest.frames},
                       {"stage_frames", manifest.stage_frames},
                       {"video", manifest.video},
                       {"request", std::move(request)}};
  write_file_atomic(path, object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace ptravel
