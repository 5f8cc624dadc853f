#include "ptravel/preview.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "diffusion/switch_points.h"
#include "motion/pace.h"
#include "pipeline/pipeline.h"
#include "ptravel/error.h"
#include "ptravel/hires.h"
#include "request/compat.h"
#include "request/frame_places.h"
#include "request/frame_settings.h"
#include "request/hires.h"
#include "request/mode_infos.h"
#include "request/request_names.h"
#include "travel/assemble.h"
#include "travel/attention_ends.h"
#include "travel/frame_units.h"
#include "travel/open_model.h"
#include "travel/route.h"
#include "travel/settings.h"
#include "travel/token_swap.h"
#include "travel/token_words.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

/// Tokens of texts without start, end and padding.
void add_tokens(const Tokenizer& tokenizer,
                const std::vector<Chunk>& chunks,
                std::int64_t& count,
                std::string* words) {
  const TokenSequence row = TokenSequence::of(chunks, 0, {});
  count += count_tokens(tokenizer, row);
  if (words != nullptr) {
    *words += (words->empty() ? "" : " AND ") + joined_words(place_words(tokenizer, row));
  }
}

PreviewStage stage_of(const std::string& prompt,
                      const std::vector<PromptPart>& parts,
                      const std::string& negative_prompt,
                      const PromptPart& negative,
                      const Tokenizer& tokenizer) {
  PreviewStage stage;
  stage.prompt = prompt;
  stage.negative_prompt = negative_prompt;
  for (const PromptPart& part : parts) {
    const std::vector<Chunk>& chunks = active_entry(part.schedule, 0).chunks.encoders.front();
    add_tokens(tokenizer, chunks, stage.tokens, &stage.words);
    stage.chunks = std::max(stage.chunks, static_cast<std::int64_t>(chunks.size()));
  }
  const std::vector<Chunk>& chunks = active_entry(negative.schedule, 0).chunks.encoders.front();
  add_tokens(tokenizer, chunks, stage.negative_tokens, nullptr);
  stage.chunks = std::max(stage.chunks, static_cast<std::int64_t>(chunks.size()));
  return stage;
}

/// Different pairs of texts that a walk from one prompt to another has.
std::int64_t walked_pairs(const std::vector<PromptPart>& from, const std::vector<PromptPart>& to) {
  std::vector<ActivePair<ScheduledChunks>> different;
  for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
    for (const auto& pair : pairs_at_switch_points(from[i].schedule, to[i].schedule)) {
      const bool known = std::any_of(different.begin(), different.end(), [&](const auto& p) {
        return p.from.chunks == pair.from.chunks && p.to.chunks == pair.to.chunks;
      });
      if (!known) {
        different.push_back(pair);
      }
    }
  }
  return static_cast<std::int64_t>(different.size());
}

PreviewFrame frame_of(const TravelRequest& request, const FramePlace& place, std::int64_t index) {
  const TravelRequest frame = frame_request(request, place, index);
  PreviewFrame result;
  result.index = index;
  result.stage = place.stage;
  result.step = place.step;
  result.share = place.share;
  result.alpha = place.alpha;
  result.cfg_scale = frame.cfg_scale.front();
  result.denoise_strength = frame.denoise_strength.front();
  result.seeds = frame.seed;
  return result;
}

/// Network calls of one picture: at every model call one for each AND part, and one for the
/// negative prompt unless the scale makes that needless.
std::int64_t calls_of(const TravelRequest& frame,
                      std::int64_t parts,
                      bool from_picture,
                      int shared_steps) {
  const int steps = reported_steps(sampling_settings(frame), from_picture) - shared_steps;
  return static_cast<std::int64_t>(steps) *
         calls_per_step(find_sampler(resolve_sampler(frame.sampler, frame.scheduler).sampler)) *
         (parts + (frame.cfg_scale.front() == 1 && parts == 1 ? 0 : 1));
}

/// Network calls for the stages that are drawn along with those between them, in each batch.
std::int64_t calls_along(const TravelRequest& request,
                         const std::vector<FramePlace>& places,
                         int at_once) {
  const std::int64_t calls = attention_calls(request);
  std::map<std::int64_t, std::int64_t> frames;  // by gap
  for (const FramePlace& place : places) {
    if (calls > 0 && !place.at_stage()) {
      ++frames[place.stage];
    }
  }
  std::int64_t sum = 0;
  for (const auto& [gap, count] : frames) {
    const std::int64_t batches = (count + at_once - 1) / at_once;
    for (const std::int64_t stage : {gap, gap + 1}) {
      sum += batches * calls * (value_at(request.cfg_scale, {stage, 0, 0, 0, 0}) == 1 ? 1 : 2);
    }
  }
  return sum;
}

/// AND parts that are drawn with at a place: on the way those of the stage that has more.
std::int64_t parts_at(const std::vector<std::vector<PromptPart>>& tokens, const FramePlace& place) {
  const auto stage = static_cast<std::size_t>(place.stage);
  const std::size_t own = tokens.at(stage).size();
  const std::size_t most = place.alpha == 0 ? own : std::max(own, tokens.at(stage + 1).size());
  return static_cast<std::int64_t>(most);
}

/// Adds the pictures that are drawn at most to find the pace, to the cost of the frames.
void add_search(const TravelRequest& request, std::size_t frames, PreviewCost& cost) {
  const auto own = static_cast<double>(frames);
  const auto pictures =
      static_cast<double>(pace_pictures(static_cast<std::int64_t>(frames), request.pace_budget));
  double more = pictures / own - 1;  // pictures for each frame
  double work = more;
  if (request.pace == Pace::Preview) {
    more = pictures / own;
    work = more * pace_preview_request(request).steps / request.steps;
  }
  cost.network_calls += std::llround(static_cast<double>(cost.network_calls) * work);
  cost.gradient_calls += std::llround(static_cast<double>(cost.gradient_calls) * more);
  cost.decoded += std::llround(own * more);
  cost.pictures += own * work;
}

PreviewCost cost_of(const TravelRequest& request,
                    const StagePlan& plan,
                    const std::vector<std::vector<PromptPart>>& tokens,
                    const std::vector<FramePlace>& places,
                    int at_once) {
  const bool by_picture = walks_by_picture(request);
  const FilmOrder order = film_order(places, plan, request);
  const bool embryo = request.genesis == Genesis::Embryo && plan.stage_count() > 1;
  const bool shares = embryo && !compat_quirks(request).embryo_shares_input;
  const bool init = !request.init_image.empty();
  PreviewCost cost;
  const TravelRequest second = second_pass_request(request, 1);
  const auto draw = [&](const FramePlace& place, std::int64_t index, bool from_picture,
                        int shared) {
    cost.network_calls += calls_of(frame_request(request, place, index), parts_at(tokens, place),
                                   from_picture, shared);
    ++cost.decoded;
    if (request.hires) {
      const bool encodes = !find_latent_upscaler(request.hires_upscaler);
      cost.network_calls +=
          calls_of(frame_request(second, place, index), parts_at(tokens, place), true, 0);
      cost.decoded += encodes ? 1 : 0;
      cost.encoded += encodes ? 1 : 0;
    }
  };
  cost.encoded += init ? 1 : 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const bool chained = order.start_from[i].has_value();
    draw(places[i], static_cast<std::int64_t>(i), init || chained,
         shares ? embryo_steps(request) : 0);
    cost.encoded += chained ? 1 : 0;
    if (by_picture && !places[i].at_stage()) {
      const auto stage = static_cast<std::size_t>(places[i].stage);
      cost.gradient_calls += mode_info(request.mode).gradients_per_frame(request) *
                             walked_pairs(tokens[stage], tokens[stage + 1]);
    }
  }
  cost.network_calls += calls_along(request, places, at_once);
  cost.pictures = static_cast<double>(places.size());
  if (is_paced(request) && places.size() > 1) {
    add_search(request, places.size(), cost);
  }
  for (std::int64_t gap = 0; gap + 1 < plan.stage_count(); ++gap) {
    if (embryo) {
      draw({gap, 0.5, 0, 0, 0.5}, 0, init, 0);
    }
    if (by_picture && plan.steps[static_cast<std::size_t>(gap)] > 0) {
      ++cost.encoded;  // the target's picture
      if (!stages_stand_alone(request)) {
        draw({gap + 1, 0, 0, 0, 0}, 0, true, 0);
        ++cost.encoded;
      }
    }
  }
  return cost;
}

/// How often frames need other weights than those before them, beside the model's own.
std::int64_t changed_unets(const TravelLoras& loras, const std::vector<FramePlace>& places) {
  std::int64_t count = 0;
  if (loras.same_everywhere() || loras.stand_beside()) {
    return count;
  }
  const std::vector<ModelAddon> own = unet_part(loras.at({}));
  std::vector<ModelAddon> last = own;
  for (const FramePlace& place : places) {
    std::vector<ModelAddon> here = unet_part(loras.at(place));
    count += here != last && here != own ? 1 : 0;
    last = std::move(here);
  }
  return count;
}

std::string fixed(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string frame_line(const PreviewFrame& frame, const TravelRequest& request) {
  char text[128];
  std::snprintf(text, sizeof text, "%6lld  %5lld  %5lld  %7.4f  %7.4f",
                static_cast<long long>(frame.index), static_cast<long long>(frame.stage + 1),
                static_cast<long long>(frame.step), frame.share, frame.alpha);
  std::string line = text;
  if (request.cfg_scale.size() > 1) {
    line += fixed(frame.cfg_scale, "  cfg %.3g");
  }
  if (request.denoise_strength.size() > 1) {
    line += fixed(frame.denoise_strength, "  denoise %.3g");
  }
  if (request.seed.size() > 1) {
    line += "  seed " + to_text(frame.seeds.front());
    line += frame.seeds.size() > 1 ? " to " + to_text(frame.seeds.back()) : "";
  }
  return line + "\n";
}

/// -1 for a seed that is not drawn yet.
Json seeds_json(const std::vector<Seed>& seeds) {
  Json list = Json::array();
  for (const Seed& seed : seeds) {
    list.push_back(seed.given() ? Json(seed.number()) : Json(-1));
  }
  return list;
}

}  // namespace

TravelPreview preview_travel(const TravelRequest& asked) {
  TravelPreview preview;
  preview.request = asked;
  TravelRequest& request = preview.request;
  TravelLoras loras = TravelLoras::of(request);
  const std::unique_ptr<Pipeline> pipeline = open_checked(request, loras);
  const Tokenizers& tokenizers = pipeline->tokenizers();
  const PromptOptions options = prompt_options(request, *pipeline);
  const StagePlan plan = plan_stages(request.prompt, request.negative_prompt, request.travel_steps,
                                     stage_rules(request));
  std::vector<std::vector<PromptPart>> tokens;
  for (const std::string& prompt : plan.prompts) {
    tokens.push_back(tokenize_prompt(tokenizers, prompt, options));
  }
  for (std::size_t i = 0; i < plan.prompts.size() - (plan.loops ? 1 : 0); ++i) {
    const std::string& negative = plan.negative_prompts[i];
    preview.stages.push_back(stage_of(plan.prompts[i], tokens[i], negative,
                                      tokenize_negative_prompt(tokenizers, negative, options),
                                      tokenizers.front()));
  }
  const std::vector<FramePlace> places =
      frame_places(drawn_plan(plan, request, tokenizers, options), request);
  for (std::size_t i = 0; i < places.size(); ++i) {
    preview.frames.push_back(frame_of(request, places[i], static_cast<std::int64_t>(i)));
  }
  const bool on_card = !pipeline->compute().device.is_cpu();
  preview.cost = cost_of(request, plan, tokens, places, frames_at_once(request, on_card));
  preview.cost.changed_unets = changed_unets(loras, places);
  for (const std::string& name : loras.names_beside()) {
    preview.cost.loras_beside += (preview.cost.loras_beside.empty() ? "" : ", ") + name;
  }
  preview.stage_frames = stage_frames(places);
  const FilmPlan film =
      film_plan(request, static_cast<std::int64_t>(places.size()), preview.stage_frames);
  preview.video_frames = static_cast<std::int64_t>(film_frames(film).size());
  return preview;
}

std::string to_text(const TravelPreview& preview) {
  const TravelRequest& request = preview.request;
  std::string text;
  for (std::size_t i = 0; i < preview.stages.size(); ++i) {
    const PreviewStage& stage = preview.stages[i];
    text += "stage " + std::to_string(i + 1) + ": " + stage.prompt + "\n";
    text += "  " + std::to_string(stage.tokens) + " tokens: " + stage.words + "\n";
    if (!stage.negative_prompt.empty()) {
      text += "  negative: " + stage.negative_prompt + " (" +
              std::to_string(stage.negative_tokens) + " tokens)\n";
    }
  }
  if (is_paced(request)) {
    text += "\nThe alphas are those of a plain film: pace " +
            std::string(kPaceNames.name(request.pace)) +
            " puts the frames where the pictures are equally far apart.\n";
  }
  text += "\n frame  stage   step    share    alpha\n";
  for (const PreviewFrame& frame : preview.frames) {
    text += frame_line(frame, request);
  }
  const PreviewCost& cost = preview.cost;
  text += "\n" + std::to_string(preview.frames.size()) + " frames of " +
          std::to_string(request.width) + "x" + std::to_string(request.height) + "; " +
          std::to_string(cost.network_calls) + " network calls for sampling";
  text +=
      cost.gradient_calls > 0 ? ", " + std::to_string(cost.gradient_calls) + " for gradients" : "";
  text += "; " + std::to_string(cost.decoded) + " pictures decoded, " +
          std::to_string(cost.encoded) + " encoded\n";
  if (cost.changed_unets > 0) {
    text += "LoRAs change their strengths along the way: the UNet's weights are read and changed " +
            std::to_string(cost.changed_unets) + " times\n";
  }
  if (!cost.loras_beside.empty()) {
    text +=
        "LoRAs change their strengths along the way and stand beside the UNet, which makes its "
        "steps slower: " +
        cost.loras_beside + "\n";
  }
  if (request.fps > 0 && preview.frames.size() > 1) {
    text += "video: " + std::to_string(preview.video_frames) + " frames, " +
            fixed(static_cast<double>(preview.video_frames) / request.fps, "%.2f s\n");
  }
  return text;
}

std::string to_json(const TravelPreview& preview) {
  Json stages = Json::array();
  for (const PreviewStage& stage : preview.stages) {
    stages.push_back({{"prompt", stage.prompt},
                      {"negative_prompt", stage.negative_prompt},
                      {"tokens", stage.tokens},
                      {"negative_tokens", stage.negative_tokens},
                      {"words", stage.words}});
  }
  Json frames = Json::array();
  for (const PreviewFrame& frame : preview.frames) {
    frames.push_back({{"index", frame.index},
                      {"stage", frame.stage},
                      {"step", frame.step},
                      {"share", frame.share},
                      {"alpha", frame.alpha},
                      {"cfg_scale", frame.cfg_scale},
                      {"denoise_strength", frame.denoise_strength},
                      {"seeds", seeds_json(frame.seeds)}});
  }
  const Json object = {{"event", "plan"},
                       {"width", preview.request.width},
                       {"height", preview.request.height},
                       {"stages", std::move(stages)},
                       {"frames", std::move(frames)},
                       {"provisional_alphas", is_paced(preview.request)},
                       {"network_calls", preview.cost.network_calls},
                       {"gradient_calls", preview.cost.gradient_calls},
                       {"changed_unets", preview.cost.changed_unets},
                       {"loras_beside", preview.cost.loras_beside},
                       {"decoded", preview.cost.decoded},
                       {"encoded", preview.cost.encoded},
                       {"video_frames", preview.video_frames}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ptravel
