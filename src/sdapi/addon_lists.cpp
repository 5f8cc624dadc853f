#include "sdapi/addon_lists.h"

#include <algorithm>

#include "notation/styles.h"

namespace ptravel {
namespace {

/// Those that can be used.
std::vector<AddonEntry> entries_of(const SdState& state, FileKind kind) {
  std::vector<AddonEntry> entries = state.context.addons.list(kind);
  std::erase_if(entries, [](const AddonEntry& entry) { return !entry.refusal.empty(); });
  return entries;
}

std::string path_of(const AddonEntry& entry) {
  return (entry.folder.empty() ? "" : entry.folder + "/") + entry.path.filename().string();
}

}  // namespace

Json sd_loras(const SdState& state) {
  Json list = Json::array();
  for (const AddonEntry& entry : entries_of(state, FileKind::Lora)) {
    list.push_back({{"name", entry.name},
                    {"alias", entry.alias.empty() ? entry.name : entry.alias},
                    {"path", path_of(entry)},
                    {"metadata", Json::object()}});
  }
  return list;
}

Json sd_hypernetworks(const SdState& state) {
  Json list = Json::array();
  for (const AddonEntry& entry : entries_of(state, FileKind::Hypernetwork)) {
    list.push_back({{"name", entry.name}, {"path", path_of(entry)}});
  }
  return list;
}

Json sd_embeddings(const SdState& state) {
  const auto model = state.options.model(state.options.settings());
  const std::int64_t width = model ? state.context.addons.text_width_of(model->path) : 0;
  Json loaded = Json::object(), skipped = Json::object();
  for (const AddonEntry& entry : entries_of(state, FileKind::Embedding)) {
    if (entry.text_widths.empty()) {
      continue;
    }
    const bool fits =
        width == 0 || std::ranges::find(entry.text_widths, width) != entry.text_widths.end();
    (fits ? loaded : skipped)[entry.name] = {{"step", nullptr},
                                             {"sd_checkpoint", nullptr},
                                             {"sd_checkpoint_name", nullptr},
                                             {"shape", entry.text_widths.front()},
                                             {"vectors", entry.vectors}};
  }
  return {{"loaded", std::move(loaded)}, {"skipped", std::move(skipped)}};
}

Json sd_prompt_styles(const SdState& state) {
  Json list = Json::array();
  if (const auto file = find_styles_file(state.context.options.models_dirs)) {
    for (const PromptStyle& style : read_styles(*file)) {
      list.push_back({{"name", style.name},
                      {"prompt", style.prompt},
                      {"negative_prompt", style.negative_prompt}});
    }
  }
  return list;
}

}  // namespace ptravel
