#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ptravel/request.h"

namespace ptravel {

/// A stage as another program wrote it down.
struct WrittenStage {
  std::int64_t frame = 0;
  std::string prompt;
  std::string negative_prompt;
};

/// What of another program's film has a meaning in a travel.
struct WrittenFilm {
  std::string program;               ///< "Deforum".
  std::int64_t frames = 1;           ///< All of them, at least the last stage's frame + 1.
  std::vector<WrittenStage> stages;  ///< By frame, each frame once, at least one.
  // One value for each stage, or none:
  std::vector<double> cfg_scale;
  std::vector<double> strength;  ///< How much of the picture before is kept.
  std::vector<Seed> seeds;
  std::optional<double> fps;
  std::optional<std::int64_t> width;
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> steps;
  std::optional<std::int64_t> clip_skip;
  std::optional<std::string> sampler;
  std::optional<Tiling> tiling;
  std::vector<std::string> left_out;  ///< What has no meaning here, in the program's words.
};

/// Settings as Deforum writes them; also those that a run keeps. Throws Error(InvalidArgument) that
/// says what is wrong.
WrittenFilm read_deforum_film(const nlohmann::json& settings);
/// A schedule of prompts as FizzNodes has it: frames and texts. Throws likewise.
WrittenFilm read_fizz_film(const nlohmann::json& prompts);
/// What Parseq rendered: a record for each frame. Its keyframes become stages; without them every
/// frame at which the prompt changes. Throws likewise.
WrittenFilm read_parseq_film(const nlohmann::json& manifest);

/// Any of these films, told by what is in it. Throws likewise.
WrittenFilm read_written_film(std::string_view text);

/// "a cat --neg blurry" as prompt and negative prompt, on one line each.
WrittenStage split_negative(std::string_view text);

/// Reads the file that `schedule_file` names and puts its film into the request. Settings of the
/// request that differ from their defaults are kept. Returns sentences on what was taken and what
/// has no meaning here. Throws Error(InvalidArgument) with a problem of "schedule_file" that names
/// the file, and of "prompt" where there is one as well.
std::vector<std::string> apply_schedule_file(TravelRequest& request);

}  // namespace ptravel
