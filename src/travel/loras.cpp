#include "travel/loras.h"

#include <algorithm>
#include <iterator>

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

double between(double from, double to, double alpha) {
  return alpha == 1 ? to : from + (to - from) * alpha;
}

ModelAddon mixed(ModelAddon addon, const ModelAddon* from, const ModelAddon* to, double alpha) {
  addon.text_encoder = between(from ? from->text_encoder : 0, to ? to->text_encoder : 0, alpha);
  addon.unet = between(from ? from->unet : 0, to ? to->unet : 0, alpha);
  return addon;
}

/// Whether a stage has these, in this order, and with these strengths for the UNet.
bool has_in_order(const std::vector<ModelAddon>& stage, const std::vector<ModelAddon>& addons) {
  std::vector<ModelAddon> own = stage;
  std::erase_if(own, [&](const ModelAddon& addon) {
    return std::ranges::none_of(addons, [&](const auto& other) { return is_same(addon, other); });
  });
  return unet_part(std::move(own)) == unet_part(addons);
}

std::string without_commas(std::string name) {
  std::erase(name, ',');
  return name;
}

/// Those that stand beside in the order in which they are told, in their own places.
void put_in_order(std::vector<ModelAddon>& addons, const std::vector<std::string>& told) {
  std::vector<ModelAddon> sides;
  std::ranges::copy_if(addons, std::back_inserter(sides), &ModelAddon::beside);
  std::ranges::stable_sort(sides, {}, [&](const ModelAddon& addon) {
    return std::ranges::find(told, without_commas(addon.name)) - told.begin();
  });
  auto next = sides.begin();
  for (ModelAddon& addon : addons) {
    if (addon.beside) {
      addon = std::move(*next++);
    }
  }
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

std::vector<ModelAddon> TravelLoras::with_sides(
    const std::optional<std::vector<std::string>>& told) const {
  std::vector<ModelAddon> all = at({});
  for (const auto& stage : stages_) {
    all = mixed_loras(all, stage, 0);
  }
  std::vector<bool> changes(all.size(), false);
  for (const auto& stage : stages_) {
    const std::vector<ModelAddon> there = mixed_loras(all, stage, 1);
    for (std::size_t i = 0; i < all.size(); ++i) {
      changes[i] = changes[i] || there[i].unet != all[i].unet;
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {  // They are told by their names.
    for (std::size_t j = 0; j < all.size(); ++j) {
      changes[i] =
          changes[i] || (changes[j] && without_commas(all[i].name) == without_commas(all[j].name));
    }
  }
  std::vector<ModelAddon> still;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!changes[i]) {
      still.push_back(all[i]);
    }
  }
  const bool ordered =
      std::ranges::all_of(stages_, [&](const auto& stage) { return has_in_order(stage, still); });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!told) {
      all[i].beside = changes[i] || !ordered;
    } else if (!told->empty()) {
      all[i].beside =
          changes[i] || std::ranges::find(*told, without_commas(all[i].name)) != told->end();
    }
    all[i].unet = all[i].beside ? 0 : all[i].unet;
  }
  if (told) {
    put_in_order(all, *told);
  }
  return all;
}

std::vector<std::string> TravelLoras::names_beside() const {
  std::vector<std::string> names;
  for (const ModelAddon& addon : model()) {
    if (addon.beside) {
      names.push_back(addon.name);
    }
  }
  return names;
}

std::vector<double> TravelLoras::strengths(const FramePlace& place) const {
  const std::vector<ModelAddon> own = model();
  const std::vector<ModelAddon> here = mixed_loras(own, at(place), 1);
  std::vector<double> result;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i].beside) {
      result.push_back(here[i].unet);
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
