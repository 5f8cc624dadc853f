#include "ptravel/preset.h"

#include <algorithm>

#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// Guidance is distilled into these models: the negative prompt is not asked.
Settings few_steps(const char* sampler, const char* scheduler, int steps) {
  return {{"sampler", sampler},
          {"scheduler", scheduler},
          {"steps", std::to_string(steps)},
          {"cfg_scale", "1"}};
}

Settings with(Settings settings, const char* field, const char* text) {
  const auto known = std::find_if(settings.begin(), settings.end(),
                                  [&](const auto& setting) { return setting.first == field; });
  if (known != settings.end()) {
    known->second = text;
  } else {
    settings.emplace_back(field, text);
  }
  return settings;
}

/// Turbo models were distilled at this size, the XL one as well.
Settings turbo(int steps) {
  return with(with(few_steps("Euler a", "Trailing", steps), "width", "512"), "height", "512");
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {"lcm", "LCM, 4 steps", few_steps("LCM", "Automatic", 4)},
      {"tcd", "TCD, 4 steps", with(few_steps("TCD", "Automatic", 4), "eta", "0.3")},
      {"turbo", "Turbo, 1 step", turbo(1)},
      {"turbo-4", "Turbo, 4 steps", turbo(4)},
      {"lightning-2", "Lightning, 2 steps", few_steps("Euler", "Trailing", 2)},
      {"lightning-4", "Lightning, 4 steps", few_steps("Euler", "Trailing", 4)},
      {"lightning-8", "Lightning, 8 steps", few_steps("Euler", "Trailing", 8)},
      {"hyper-1", "Hyper, 1 step", with(few_steps("TCD", "Automatic", 1), "eta", "1")},
      {"hyper-2", "Hyper, 2 steps", few_steps("DDIM", "Trailing", 2)},
      {"hyper-4", "Hyper, 4 steps", few_steps("DDIM", "Trailing", 4)},
      {"hyper-8", "Hyper, 8 steps", few_steps("DDIM", "Trailing", 8)},
      {"hyper-8-cfg", "Hyper with guidance, 8 steps",
       with(few_steps("DDIM", "Trailing", 8), "cfg_scale", "5")},
      {"hyper-12-cfg", "Hyper with guidance, 12 steps",
       with(few_steps("DDIM", "Trailing", 12), "cfg_scale", "5")},
  };
  return all;
}

const Preset& find_preset(std::string_view name) {
  std::string names;
  for (const Preset& preset : presets()) {
    if (same_but_case(name, preset.name)) {
      return preset;
    }
    names += (names.empty() ? "" : ", ") + std::string(preset.name);
  }
  throw Error(ErrorCode::InvalidArgument,
              Problem{"preset", "\"" + std::string(name) + "\", expected one of " + names});
}

}  // namespace ptravel
