#include "sdapi/samplers.h"

#include <algorithm>
#include <optional>

#include "ptravel/sampling.h"
#include "sdapi/answers.h"

namespace ptravel {
namespace {

const SamplerInfo* sampler_of_label(std::string_view label) {
  const auto& infos = sampler_infos();
  const auto found = std::find_if(infos.begin(), infos.end(),
                                  [&](const SamplerInfo& info) { return info.label == label; });
  return found == infos.end() ? nullptr : &*found;
}

const ScheduleInfo* schedule_of(std::string_view text) {
  for (const ScheduleInfo& info : schedule_infos()) {
    if (text == info.label || text == info.name) {
      return &info;
    }
  }
  return nullptr;
}

/// `text` without " <ending>" at its end, where it ends so.
std::optional<std::string_view> without(std::string_view text, std::string_view ending) {
  if (text.size() <= ending.size() + 1 || !text.ends_with(ending) ||
      text[text.size() - ending.size() - 1] != ' ') {
    return std::nullopt;
  }
  return text.substr(0, text.size() - ending.size() - 1);
}

}  // namespace

SdSampler resolve_sd_sampler(std::string_view name,
                             std::string_view index,
                             std::string_view scheduler) {
  std::string_view asked = name.empty() ? index : name;
  const ScheduleInfo* schedule = schedule_of(scheduler);
  if (sampler_of_label(asked) == nullptr) {
    for (const ScheduleInfo& info : schedule_infos()) {
      for (const std::string_view ending : {info.label, info.name}) {
        const auto rest = without(asked, ending);
        if (rest && sampler_of_label(*rest) != nullptr) {
          asked = *rest;
          schedule = &info;
        }
      }
    }
  }
  if (sampler_of_label(asked) == nullptr) {
    throw http_exception(404, "Sampler not found");
  }
  const ScheduleInfo& found = schedule != nullptr ? *schedule : schedule_infos().front();
  return {std::string(asked), std::string(found.label)};
}

}  // namespace ptravel
