#include "travel/loras.h"

#include <algorithm>

#include "ptravel/error.h"
#include "ptravel/models_folders.h"
#include "request/frame_settings.h"

namespace ptravel {
namespace {

/// The same network: strengths aside.
bool is_same(const ModelAddon& a, const ModelAddon& b) {
  return a.role == b.role && a.path == b.path && a.name == b.name && a.dyn == b.dyn &&
         a.dora_1_9 == b.dora_1_9;
}

double between(double from, double to, double alpha) { return from + (to - from) * alpha; }

ModelAddon mixed(ModelAddon addon, const ModelAddon* from, const ModelAddon* to, double alpha) {
  addon.text_encoder = between(from ? from->text_encoder : 0, to ? to->text_encoder : 0, alpha);
  addon.unet = between(from ? from->unet : 0, to ? to->unet : 0, alpha);
  return addon;
}

}  // namespace

std::vector<ModelAddon> mixed_loras(const std::vector<ModelAddon>& from,
                                    const std::vector<ModelAddon>& to,
                                    double alpha) {
  std::vector<ModelAddon> result;
  std::vector<bool> taken(to.size(), false);
  for (const ModelAddon& addon : from) {
    const ModelAddon* partner = nullptr;
    for (std::size_t i = 0; i < to.size() && partner == nullptr; ++i) {
      if (!taken[i] && is_same(addon, to[i])) {
        taken[i] = true;
        partner = &to[i];
      }
    }
    result.push_back(mixed(addon, &addon, partner, alpha));
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (!taken[i]) {
      result.push_back(mixed(to[i], nullptr, &to[i], alpha));
    }
  }
  return result;
}

std::vector<ModelAddon> unet_part(std::vector<ModelAddon> addons) {
  std::erase_if(addons, [](const ModelAddon& addon) { return addon.unet == 0; });
  for (ModelAddon& addon : addons) {
    addon.text_encoder = 0;
  }
  return addons;
}

TravelLoras::TravelLoras(const std::vector<std::string>& prompts,
                         const std::vector<std::filesystem::path>& models_folders) {
  LoraShelf shelf(models_folders);
  for (const std::string& prompt : prompts) {
    PromptLoras loras = loras_of(prompt, shelf);
    stages_.push_back(std::move(loras.addons));
    for (std::string& note : loras.notes) {
      if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) {
        notes_.push_back(std::move(note));
      }
    }
  }
}

TravelLoras TravelLoras::of(const TravelRequest& request) {
  if (request.prompt.find('<') == request.prompt.npos) {
    return {};
  }
  try {
    const StagePlan plan = plan_stages(request.prompt, request.negative_prompt,
                                       request.travel_steps, stage_rules(request));
    return TravelLoras(plan.prompts, models_folders(request.models_dir));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::InvalidArgument) {
      throw;
    }
    return {};
  }
}

bool TravelLoras::same_everywhere() const {
  return std::all_of(stages_.begin(), stages_.end(),
                     [&](const auto& stage) { return stage == stages_.front(); });
}

std::vector<ModelAddon> TravelLoras::at(const FramePlace& place) const {
  if (stages_.empty()) {
    return {};
  }
  const auto stage = static_cast<std::size_t>(place.stage);
  return place.alpha == 0 ? stages_.at(stage)
                          : mixed_loras(stages_.at(stage), stages_.at(stage + 1), place.alpha);
}

std::vector<ModelAddon> TravelLoras::with_sides(const std::set<std::string>& forced) const {
  std::vector<ModelAddon> result;
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    for (const ModelAddon& addon : stages_[stage]) {
      const auto known = std::ranges::find_if(
          result, [&](const ModelAddon& other) { return is_same(other, addon); });
      if (known != result.end()) {
        continue;
      }
      result.push_back(addon);
      ModelAddon& own = result.back();
      own.text_encoder = stage == 0 ? addon.text_encoder : 0;
      own.beside = forced.contains(addon.name) ||
                   !std::ranges::all_of(stages_, [&](const std::vector<ModelAddon>& all) {
                     return std::ranges::any_of(all, [&](const ModelAddon& other) {
                       return is_same(other, addon) && other.unet == addon.unet;
                     });
                   });
      own.unet = own.beside ? 0 : addon.unet;
    }
  }
  return result;
}

std::string TravelLoras::names_beside() const {
  std::string names;
  for (const ModelAddon& addon : model()) {
    if (addon.beside) {
      names += (names.empty() ? "" : ", ") + addon.name;
    }
  }
  return names;
}

std::vector<double> TravelLoras::strengths(const FramePlace& place) const {
  const std::vector<ModelAddon> here = at(place);
  std::vector<double> result;
  for (const ModelAddon& addon : model()) {
    if (addon.beside) {
      const auto own = std::ranges::find_if(
          here, [&](const ModelAddon& other) { return is_same(other, addon); });
      result.push_back(own == here.end() ? 0 : own->unet);
    }
  }
  return result;
}

std::vector<ModelAddon> TravelLoras::all() const {
  std::vector<ModelAddon> result;
  for (const auto& stage : stages_) {
    for (const ModelAddon& addon : stage) {
      if (std::none_of(result.begin(), result.end(), [&](const ModelAddon& known) {
            return known.path == addon.path && known.name == addon.name;
          })) {
        result.push_back(addon);
      }
    }
  }
  return result;
}

}  // namespace ptravel
