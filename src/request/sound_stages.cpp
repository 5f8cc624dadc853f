#include "request/sound_stages.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "ptravel/error.h"
#include "request/frame_settings.h"

namespace ptravel {
namespace {

/// Mean percussion of a sound that is as good as silent.
constexpr double kFaintest = 1e-3;

/// The frames on which the plan's stages lie, from 0.
std::vector<std::int64_t> planned_frames(const StagePlan& plan) {
  std::vector<std::int64_t> frames = {0};
  for (const std::int64_t steps : plan.steps) {
    frames.push_back(frames.back() + std::max<std::int64_t>(steps, 0) + 1);
  }
  return frames;
}

/// How much later than its number a stage appears in the video: padding, and stages that are held.
std::int64_t delay_of(std::size_t stage, const TravelRequest& request) {
  std::int64_t delay = request.pad;
  for (std::size_t before = 0; before < stage; ++before) {
    delay += hold_at(request.hold, before);
  }
  return delay;
}

std::vector<std::int64_t> steps_between(const std::vector<std::int64_t>& frames) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    steps.push_back(frames[i] - frames[i - 1] - 1);
  }
  return steps;
}

/// The frame above `before` on which a beat falls and that is nearest to `planned`; frames are
/// counted from `delay` frames after the sound's beginning.
std::int64_t beat_frame(const SoundPulse& pulse,
                        double fps,
                        std::int64_t delay,
                        std::int64_t planned,
                        std::int64_t before) {
  const double near = static_cast<double>(std::max(planned, before + 1) + delay) / fps;
  std::optional<std::int64_t> best;
  // The round of the sound in which the place lies, and the one before: its last beat may be
  // nearer.
  for (double round = std::max(0.0, std::floor(near / pulse.seconds) - 1);; ++round) {
    for (const double beat : pulse.beats) {
      const std::int64_t frame = std::llround((beat + round * pulse.seconds) * fps) - delay;
      if (frame > before && (!best || std::abs(frame - planned) < std::abs(*best - planned))) {
        best = frame;
      }
      if (best && frame > planned && frame > *best) {
        return *best;
      }
    }
  }
}

/// The sum of all percussion up to each moment, of a sound that begins again behind its end.
class Accumulated {
 public:
  explicit Accumulated(const SoundPulse& pulse) : pulse_(pulse), sums_(pulse.percussion.size()) {
    std::partial_sum(pulse.percussion.begin(), pulse.percussion.end(), sums_.begin());
  }

  double at(double seconds) const {
    const double round = std::floor(seconds / pulse_.seconds);
    const auto moment =
        static_cast<std::int64_t>((seconds - round * pulse_.seconds) / pulse_.interval);
    const std::int64_t last = static_cast<std::int64_t>(sums_.size()) - 1;
    const double sum =
        moment < 1 ? 0 : sums_[static_cast<std::size_t>(std::min(moment, last + 1) - 1)];
    return round * sums_.back() + sum;
  }
  /// The first moment at which so much has been heard.
  double when(double sum) const {
    const double round = std::floor(sum / sums_.back());
    const auto found = std::lower_bound(sums_.begin(), sums_.end(), sum - round * sums_.back());
    return round * pulse_.seconds + static_cast<double>(found - sums_.begin()) * pulse_.interval;
  }

 private:
  const SoundPulse& pulse_;
  std::vector<double> sums_;
};

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

std::string in_quotes(const std::string& text) { return "\"" + text + "\""; }

}  // namespace

double seconds_to_last_stage(const StagePlan& plan, const TravelRequest& request) {
  return static_cast<double>(planned_frames(plan).back() + delay_of(plan.steps.size(), request)) /
         request.fps;
}

std::vector<std::int64_t> steps_on_beats(const StagePlan& plan,
                                         const TravelRequest& request,
                                         const SoundPulse& pulse) {
  PTRAVEL_CHECK(!pulse.beats.empty() && pulse.seconds > 0);
  std::vector<std::int64_t> frames = planned_frames(plan);
  for (std::size_t stage = 1; stage < frames.size(); ++stage) {
    frames[stage] =
        beat_frame(pulse, request.fps, delay_of(stage, request), frames[stage], frames[stage - 1]);
  }
  return steps_between(frames);
}

std::vector<std::int64_t> steps_by_percussion(const StagePlan& plan,
                                              const TravelRequest& request,
                                              const SoundPulse& pulse) {
  const Accumulated heard(pulse);
  const double film = seconds_to_last_stage(plan, request);
  const double all = is_audible(pulse) ? heard.at(film) : 0;
  if (!(all > 0)) {
    throw Error(ErrorCode::InvalidArgument,
                Problem{"beats", in_quotes(request.beats) + ": nothing is struck in the film's " +
                                     number_text(film) + " s, expected a sound with percussion"});
  }
  std::vector<std::int64_t> frames = planned_frames(plan);
  const std::int64_t last = frames.back();
  for (std::size_t stage = 1; stage + 1 < frames.size(); ++stage) {
    const double share = static_cast<double>(frames[stage]) / static_cast<double>(last);
    const std::int64_t frame =
        std::llround(heard.when(share * all) * request.fps) - delay_of(stage, request);
    const auto behind = static_cast<std::int64_t>(frames.size() - 1 - stage);
    frames[stage] = std::clamp(frame, frames[stage - 1] + 1, last - behind);
  }
  return steps_between(frames);
}

bool is_audible(const SoundPulse& pulse) {
  const double sum = std::accumulate(pulse.percussion.begin(), pulse.percussion.end(), 0.0);
  return sum > kFaintest * static_cast<double>(pulse.percussion.size());
}

void check_sounds(const TravelRequest& request, std::vector<Problem>& problems) {
  for (const auto& [field, path] :
       {std::pair("soundtrack", &request.soundtrack), std::pair("beats", &request.beats)}) {
    if (!path->empty() && !is_file(*path)) {
      problems.push_back({field, in_quotes(*path) + ", expected a sound file that exists"});
    } else if (!path->empty() && request.fps == 0) {
      problems.push_back({field, in_quotes(*path) + " with fps 0, expected a video with it"});
    }
  }
  if (!request.soundtrack.empty() && request.format == VideoFormat::Gif) {
    problems.push_back({"soundtrack", in_quotes(request.soundtrack) +
                                          " with format gif, which has no sound; expected mp4 or "
                                          "webm"});
  }
  if (request.beats.empty()) {
    if (request.beats_by != BeatsBy::Beat) {
      problems.push_back({"beats_by", "\"energy\" without beats, expected a sound file there"});
    }
    return;
  }
  if (request.compat != Compat::None) {
    problems.push_back({"compat", "counts frames as the original did, expected none with beats"});
  }
  if (!request.pick.empty()) {
    problems.push_back(
        {"pick", in_quotes(request.pick) + " would move stages off their beats, expected none"});
  }
}

}  // namespace ptravel
