#include <limits>

#include "media/infotext.h"
#include "ptravel/sampling.h"
#include "request/request_names.h"
#include "request/request_table.h"
#include "request/value_forms.h"

namespace ptravel {
namespace {

using R = TravelRequest;
using Scope = RequestField::Scope;

const SamplerInfo& sampler_of(const R& request) {
  return find_sampler(resolve_sampler(request.sampler, request.scheduler).sampler);
}

std::string sampler_label(const FrameFacts& facts) {
  return std::string(sampler_of(facts.request).label);
}

/// The web UI records the schedule that was used; samplers without one of their own say Automatic.
std::string schedule_label(const FrameFacts& facts) {
  const SamplerChoice choice = resolve_sampler(facts.request.sampler, facts.request.scheduler);
  const SamplerInfo& sampler = find_sampler(choice.sampler);
  if (sampler.timesteps) {
    const bool own = schedule_in_use(sampler, choice.schedule) == sampler.default_schedule;
    return own ? "Automatic" : std::string(find_schedule(choice.schedule).label);
  }
  if (!sampler.uses_schedule) {
    return "Automatic";
  }
  const bool automatic = choice.schedule == "automatic";
  if (automatic && sampler.default_schedule == "uniform") {
    return "Automatic";
  }
  return std::string(find_schedule(automatic ? sampler.default_schedule : choice.schedule).label);
}

/// The seed of the stage that the frame goes to, where it is another one.
ParameterItem to_seed_item() {
  return {"Travel to seed", 1170,
          [](const FrameFacts& facts) {
            return is_in_between(facts) && facts.request.seed.size() > 1
                       ? std::optional(to_text(facts.request.seed[1]))
                       : std::nullopt;
          },
          [](FrameRequest& frame, const std::string& value) {
            Seed seed;
            auto problem = seed_form().set(seed, value);
            if (!problem) {
              frame.request.seed.resize(1);
              frame.request.seed.push_back(seed);
            }
            return problem;
          }};
}

void add_seed_rows(RequestTableBuilder& table) {
  table
      .add("seed", "-1 draws one; one for all frames, or one per stage: the noise travels",
           &R::seed, list_form(seed_form()))
      .key("Seed", 50)
      .key_text([](const FrameFacts& facts) { return to_text(facts.request.seed.at(0)); })
      .item(to_seed_item());
  const When varies = [](const FrameFacts& facts) {
    return facts.request.subseed_strength.at(0) > 0;
  };
  table.add("subseed", "Variation seed; -1: one for each frame", &R::subseed, seed_form())
      .label("Variation seed")
      .key("Variation seed", 110, varies);
  table
      .add("subseed_strength", "0: the seed, 1: the subseed; one value, or one per stage",
           &R::subseed_strength, list_form(number_form(0, 1)))
      .label("Variation strength")
      .key("Variation seed strength", 120, varies);
  table
      .add("seed_resize_from_width", "Keep the composition of this size; 0: off",
           &R::seed_resize_from_width, integer_form(0, 8192))
      .label("Resize seed from width")
      .item(size_item(
          "Seed resize from", 130, {&R::seed_resize_from_width, &R::seed_resize_from_height},
          {"seed_resize_from_width", "seed_resize_from_height"},
          [](const FrameFacts& facts) { return facts.request.seed_resize_from_width > 0; }));
  table
      .add("seed_resize_from_height", "As above", &R::seed_resize_from_height,
           integer_form(0, 8192))
      .label("Resize seed from height")
      .in_key("Seed resize from");
  table
      .add("rng", "Noise source: nv as the web UI on NVIDIA cards, or cpu", &R::rng,
           choice_form(kRngSourceNames))
      .label("Random number generator source")
      .key("RNG", 170)
      .spelt({{"cpu", "CPU"}, {"nv", "NV"}, {"nv", "GPU"}});
  table
      .add("ensd", "Eta noise seed delta", &R::ensd,
           integer_form<std::int64_t>(0, std::int64_t{1} << 31))
      .label("Eta noise seed delta")
      .key_if_changed("ENSD", 160);
}

/// When and how the negative prompt is left out or its difference is bent.
void add_guidance_rows(RequestTableBuilder& table) {
  table
      .add("cfg_start",
           "No negative prompt up to this share of the steps; 0: from the first one on",
           &R::cfg_start, number_form(0, 1))
      .label("CFG start")
      .key_if_changed("Skip Early CFG", 226);
  table
      .add("cfg_end", "No negative prompt from this share of the steps on", &R::cfg_end,
           number_form(0, 1))
      .label("CFG end")
      .key_if_changed("CFG end", 229);
  table
      .add("skip_guidance_below_sigma",
           "No negative prompt in every other step below this sigma (DDIM and others on timesteps: "
           "below this timestep); 0: off",
           &R::skip_guidance_below_sigma, number_form(0, 1000))
      .label("Negative Guidance minimum sigma")
      .key_if_changed("NGMS", 227);
  table
      .add("skip_guidance_all_steps", "In every step below it, not every other one",
           &R::skip_guidance_all_steps, boolean_form())
      .label("Negative Guidance minimum sigma all steps")
      .key_if_changed("NGMS all steps", 228, [](const FrameFacts& facts) {
        return facts.request.skip_guidance_below_sigma > 0;
      });
  table
      .add("apg_eta",
           "Projected guidance (APG): share of guidance along the prediction; 0 avoids "
           "oversaturation, 1 is off",
           &R::apg_eta, number_form(-10, 10))
      .label("APG eta")
      .key_if_changed("APG eta", 231);
  table
      .add("apg_threshold", "APG: longest step of guidance, such as 15; 0: any length",
           &R::apg_threshold, number_form(0, 100000))
      .label("APG norm threshold")
      .key_if_changed("APG threshold", 232);
  table
      .add("apg_momentum", "APG: share of the steps before, such as -0.5; 0: none",
           &R::apg_momentum, number_form(-1, 1))
      .label("APG momentum")
      .key_if_changed("APG momentum", 233);
}

void add_step_rows(RequestTableBuilder& table) {
  table.add("sampler", "See: prompt-travel samplers", &R::sampler, text_form())
      .label("Sampling method")
      .example("DPM++ 2M")
      .key("Sampler", 20)
      .key_text(sampler_label);
  table
      .add("scheduler", "Noise schedule; Automatic takes the sampler's own", &R::scheduler,
           text_form())
      .label("Schedule type")
      .example("Karras")
      .key("Schedule type", 30)
      .key_text(schedule_label);
  table.add("steps", "Denoising steps", &R::steps, integer_form(1, 1000))
      .label("Sampling steps")
      .key("Steps", 10);
  table
      .add("cfg_scale", "Guidance scale, one or one per stage; 1 skips the negative prompt",
           &R::cfg_scale, list_form(number_form(0, 100)))
      .label("CFG Scale")
      .key("CFG scale", 40);
  table
      .add("cfg_rescale", "Keeps contrast at high guidance, for models that predict v: 0 to 1",
           &R::cfg_rescale, number_form(0, 1))
      .label("CFG Rescale")
      .key_if_changed("CFG Rescale", 225);
  add_guidance_rows(table);
  const char* size_help = "Pixels, a multiple of 8; 0: the size the model was trained on";
  table.add("width", size_help, &R::width, integer_form(0, 8192))
      .item(size_item("Size", 60, {&R::width, &R::height}, {"width", "height"}, always));
  table.add("height", size_help, &R::height, integer_form(0, 8192)).in_key("Size");
  table
      .add("tiling",
           "Pictures that go on at their other edge, for textures: off, both ways, only across (x) "
           "or only down (y)",
           &R::tiling, choice_form(kTilingNames))
      .key_if_changed("Tiling", 165)
      .spelt({{"both", "True"}, {"off", "False"}});
}

void add_encoding_rows(RequestTableBuilder& table) {
  table.group("Prompt encoding", Scope::Picture);
  table.add("clip_skip", "1 uses the last CLIP layer", &R::clip_skip, integer_form(1, 12))
      .key_if_changed("Clip skip", 150);
  table.add("emphasis", "How attention weights act", &R::emphasis, choice_form(kEmphasisNames))
      .label("Emphasis mode")
      .key_if_changed("Emphasis", 240)
      .spelt({{"original", "Original"},
              {"no-norm", "No norm"},
              {"ignore", "Ignore"},
              {"none", "None"}});
  table
      .add("comma_backtrack", "Tokens to look back for a comma when a chunk is full",
           &R::comma_backtrack, integer_form(0, 74))
      .key_if_changed("Comma backtrack", 1020);
  table
      .add("pad_cond_uncond", "Pad the shorter of prompt and negative prompt", &R::pad_cond_uncond,
           boolean_form())
      .label("Pad prompt/negative prompt")
      .key_if_changed("Pad conds", 230);
  table
      .add("sdxl_crop_top", "SDXL: how far the picture is cut off above; one, or one per stage",
           &R::sdxl_crop_top, list_form(number_form(0, 8192)))
      .label("SDXL crop top")
      .key_if_changed("SDXL crop top", 235);
  table
      .add("sdxl_crop_left", "SDXL: the same on the left", &R::sdxl_crop_left,
           list_form(number_form(0, 8192)))
      .label("SDXL crop left")
      .key_if_changed("SDXL crop left", 236);
  table
      .add("old_prompt_editing", "Prompt editing timelines of web UI versions < 1.6",
           &R::old_prompt_editing, boolean_form())
      .label("Old prompt editing timelines")
      .key_if_changed("Old prompt editing timelines", 250);
}

/// Written when it is not the sampler's own; the web UI has a setting for samplers on timesteps and
/// one for the others.
When eta_of(bool timesteps) {
  return [timesteps](const FrameFacts& facts) {
    const SamplerInfo& sampler = sampler_of(facts.request);
    return facts.request.eta != sampler.default_eta && sampler.timesteps == timesteps;
  };
}

const ScheduleInfo* schedule_used(const R& request) {
  const SamplerInfo& sampler = sampler_of(request);
  const SamplerChoice choice = resolve_sampler(request.sampler, request.scheduler);
  return sampler.timesteps ? nullptr : &find_schedule(schedule_in_use(sampler, choice.schedule));
}

bool takes_range(const FrameFacts& facts) {
  const ScheduleInfo* schedule = schedule_used(facts.request);
  return schedule != nullptr && schedule->takes_range;
}

bool takes_rho(const FrameFacts& facts) {
  const ScheduleInfo* schedule = schedule_used(facts.request);
  return schedule != nullptr && schedule->default_rho > 0;
}

void add_noise_rows(RequestTableBuilder& table) {
  table.group("Sampling", Scope::Picture);
  table
      .add("eta", "Noise of ancestral samplers and DDIM; empty: the sampler's own", &R::eta,
           optional_form(number_form(0, 10)))
      .key_if_changed("Eta", 180, eta_of(false))
      .key_if_changed("Eta DDIM", 185, eta_of(true));
  table.add("s_churn", "Euler, Heun, DPM2", &R::s_churn, number_form(0, 1000))
      .label("Sigma churn")
      .key_if_changed("Sigma churn", 190);
  table.add("s_tmin", "Lowest sigma with churn", &R::s_tmin, number_form(0, 1000))
      .label("Sigma tmin")
      .key_if_changed("Sigma tmin", 200);
  table.add("s_tmax", "Highest sigma with churn; 0: no limit", &R::s_tmax, number_form(0, 1000))
      .label("Sigma tmax")
      .key_if_changed("Sigma tmax", 210);
  table.add("s_noise", "Strength of added noise", &R::s_noise, number_form(0, 10))
      .label("Sigma noise")
      .key_if_changed("Sigma noise", 220);
  table
      .add("schedule_sigma_max",
           "Where a schedule begins that takes it: Karras, Exponential, Polyexponential, SGM "
           "Uniform, KL Optimal, Normal, Beta; 0: the model's",
           &R::schedule_sigma_max, number_form(0, 10000))
      .label("Schedule max sigma")
      .key_if_changed("Schedule max sigma", 221, takes_range);
  table
      .add("schedule_sigma_min", "Where it ends, before 0", &R::schedule_sigma_min,
           number_form(0, 10000))
      .label("Schedule min sigma")
      .key_if_changed("Schedule min sigma", 222, takes_range);
  table
      .add("schedule_rho",
           "Karras (7) and Polyexponential (1): higher means more steps at low noise",
           &R::schedule_rho, number_form(0, 1000))
      .label("Schedule rho")
      .key_if_changed("Schedule rho", 223, takes_rho);
}

}  // namespace

void add_sampling_rows(RequestTableBuilder& table) {
  table.group("Sampling", Scope::Picture);
  add_step_rows(table);
  add_seed_rows(table);
  add_encoding_rows(table);
  add_noise_rows(table);
}

}  // namespace ptravel
