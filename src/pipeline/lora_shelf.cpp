#include "pipeline/lora_shelf.h"

#include <algorithm>

#include "addons/lora_file.h"
#include "checkpoint/models_folder.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "text/network_tags.h"
#include "text/prompt_markup.h"

namespace ptravel {
namespace {

constexpr std::size_t kHashDigits = 12;

std::string alias_of(const std::filesystem::path& path) {
  try {
    const TensorFile file = open_tensor_file(path);
    const auto found = file.metadata.find("ss_output_name");
    return found == file.metadata.end() ? std::string() : found->second;
  } catch (const Error&) {
    return {};  // It is told when somebody asks for it by its stem.
  }
}

}  // namespace

LoraShelf::LoraShelf(const std::vector<std::filesystem::path>& models_folders) {
  for (const FoundFile& file : find_files(models_folders, FileKind::Lora)) {
    files_.push_back(file.path);
    by_stem_.insert_or_assign(file.path.stem().string(), file.path);
  }
}

std::optional<std::filesystem::path> LoraShelf::find(const std::string& name) {
  if (const auto found = by_stem_.find(name); found != by_stem_.end()) {
    return found->second;
  }
  if (!aliases_read_) {
    aliases_read_ = true;
    for (const std::filesystem::path& path : files_) {
      if (const std::string alias = alias_of(path); !alias.empty()) {
        by_alias_.insert_or_assign(alias, path);
      }
    }
  }
  const auto found = by_alias_.find(name);
  return found == by_alias_.end() ? std::nullopt : std::optional(found->second);
}

PromptLoras loras_of(std::string_view prompt, LoraShelf& shelf) {
  const LoraTags read = lora_tags(take_extra_networks(remove_prompt_comments(prompt)).networks);
  PromptLoras loras;
  if (read.unreadable) {
    loras.notes.push_back(read.unreadable->message() +
                          "; all LoRAs of this prompt are left out, as the web UI does");
  }
  std::string missing;
  for (const LoraTag& tag : with_last_strengths(read.tags)) {
    const auto path = shelf.find(tag.name);
    if (!path) {
      missing += (missing.empty() ? "" : ", ") + tag.name;
      continue;
    }
    try {
      LoraFile::open(*path);
      loras.addons.push_back({kLoraRole, std::filesystem::absolute(*path).lexically_normal(),
                              tag.name, tag.text_encoder, tag.unet, tag.dyn, tag.dora_1_9});
    } catch (const Error& error) {
      loras.notes.push_back("<lora:" + tag.name + "> is left out: " + error.what());
    }
  }
  if (!missing.empty()) {
    loras.notes.insert(loras.notes.begin(), "Lora not found: " + missing);
  }
  return loras;
}

std::string lora_short_hash(const std::filesystem::path& path) {
  return lora_hash(path).substr(0, kHashDigits);
}

}  // namespace ptravel
