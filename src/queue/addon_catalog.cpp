#include "queue/addon_catalog.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "checkpoint/addon_words.h"
#include "checkpoint/diffusers.h"
#include "checkpoint/embedding_file.h"
#include "checkpoint/file_words.h"
#include "checkpoint/hypernetwork_file.h"
#include "checkpoint/model_family.h"
#include "checkpoint/tensor_file.h"
#include "checkpoint/text_width.h"
#include "pipeline/embedding_shelf.h"
#include "ptravel/error.h"
#include "queue/picture_beside.h"
#include "text/chunks.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr FileKind kKinds[] = {FileKind::Lora, FileKind::Embedding, FileKind::Hypernetwork};

/// What stands in a file; nothing of it changes while the file does not.
struct Content {
  std::string name;  // of an embedding in a picture
  std::string alias;
  std::string activation;
  std::vector<std::int64_t> text_widths;
  std::int64_t vectors = 0;
  std::string refusal;
  bool is_none = false;  // a picture without an embedding
};

bool is_picture(const fs::path& path) {
  const std::string ending = lower_case(path.extension().string());
  return ending == ".png" || ending == ".webp";
}

Content lora_content(const fs::path& path) {
  const TensorFile file = open_tensor_file(path);
  Content content;
  if (const ModelFamily family = recognise_model(*file.tensors); family != ModelFamily::Lora) {
    content.refusal = "is no LoRA but " + std::string(family_label(family));
  }
  if (const auto found = file.metadata.find("ss_output_name"); found != file.metadata.end()) {
    content.alias = found->second;
  }
  content.activation = words_of(file).trigger_phrase;
  content.text_widths = lora_text_widths(*file.tensors);
  return content;
}

Content embedding_content(const fs::path& path) {
  Content content;
  const std::optional<EmbeddingContent> embedding =
      is_picture(path) ? embedding_in_picture_file(path) : std::optional(open_embedding(path));
  if (!embedding) {
    content.is_none = true;
    return content;
  }
  content.name = is_picture(path) ? embedding->name : "";
  content.text_widths = {embedding->width()};
  content.vectors = embedding->vectors();
  if (content.vectors > kChunkTokens) {
    content.refusal = "has " + std::to_string(content.vectors) + " vectors, expected at most " +
                      std::to_string(kChunkTokens);
  }
  return content;
}

Content content_of(const fs::path& path, FileKind kind) {
  try {
    switch (kind) {
      case FileKind::Lora:
        return lora_content(path);
      case FileKind::Embedding:
        return embedding_content(path);
      default: {
        Content content;
        content.text_widths = open_hypernetwork(path).widths;
        return content;
      }
    }
  } catch (...) {
    Content content;
    content.refusal = error_in_flight("add-on").what();
    // A picture that cannot be read may be any picture.
    content.is_none = kind == FileKind::Embedding && is_picture(path);
    return content;
  }
}

/// 0 where it cannot be read: drawing with it says why.
std::int64_t model_text_width(const fs::path& path) {
  try {
    return is_diffusers_folder(path)
               ? text_width(*open_diffusers(path, /*without_vae=*/true).tensors)
               : text_width(*open_tensor_file(path).tensors);
  } catch (...) {
    return 0;
  }
}

void take_words(AddonWords words, AddonEntry& entry) {
  entry.description = std::move(words.description);
  entry.notes = std::move(words.notes);
  entry.preferred_weight = words.preferred_weight;
  if (!words.activation.empty()) {
    entry.activation = std::move(words.activation);
  }
  if (entry.text_widths.empty() && words.text_width > 0) {
    entry.text_widths = {words.text_width};
  }
}

/// Of files with one name: LoRAs get the last one, what else there is the first that can be used.
bool replaces(const AddonEntry& found, const AddonEntry& known) {
  if (found.kind == FileKind::Lora) {
    return true;
  }
  return found.kind == FileKind::Embedding && !known.refusal.empty() && found.refusal.empty();
}

}  // namespace

struct AddonCatalog::State {
  struct Known {
    std::uint64_t size = 0;
    std::int64_t time = 0;
    Content content;
  };

  using KnownFiles = std::map<fs::path, Known>;
  using ByName = std::map<std::string, AddonEntry>;

  std::vector<AddonEntry> look(FileKind kind);
  std::int64_t text_width_of(const fs::path& model);
  static Content look_at(const FoundFile& file, const KnownFiles& before, KnownFiles& now);
  static void add(const FoundFile& file, const KnownFiles& before, KnownFiles& now, ByName& all);

  std::vector<fs::path> folders;
  std::mutex look_mutex;                 // one look at a time; guards `known` and `models`
  std::map<FileKind, KnownFiles> known;  // by path: what was found out before
  std::map<fs::path, std::pair<std::int64_t, std::int64_t>> models;  // time of change, width
  std::mutex mutex;                                                  // guards everything below
  std::map<FileKind, ByName> entries;                                // of the last look
};

Content AddonCatalog::State::look_at(const FoundFile& file,
                                     const KnownFiles& before,
                                     KnownFiles& now) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(file.path, error);
  const std::int64_t time =
      error ? 0 : fs::last_write_time(file.path, error).time_since_epoch().count();
  const auto known = before.find(file.path);
  if (known != before.end() && known->second.size == size && known->second.time == time) {
    now[file.path] = known->second;
  } else if (size == 0) {
    now[file.path].content.is_none = true;
  } else {
    now[file.path] = {size, time, content_of(file.path, file.kind)};
  }
  return now[file.path].content;
}

void AddonCatalog::State::add(const FoundFile& file,
                              const KnownFiles& before,
                              KnownFiles& now,
                              ByName& all) {
  Content content = look_at(file, before, now);
  if (content.is_none) {
    return;
  }
  AddonEntry entry;
  entry.kind = file.kind;
  entry.name = content.name.empty() ? file.path.stem().string() : content.name;
  entry.alias = content.alias == entry.name ? "" : std::move(content.alias);
  entry.folder = fs::path(file.name).parent_path().generic_string();
  entry.text_widths = std::move(content.text_widths);
  entry.vectors = content.vectors;
  entry.activation = std::move(content.activation);
  entry.refusal = std::move(content.refusal);
  entry.path = file.path;
  entry.bytes = now[file.path].size;
  entry.picture = picture_beside(file.path);
  take_words(addon_words_beside(file.path), entry);
  entry.family = families_of_widths(entry.text_widths);
  const auto [same, is_new] = all.try_emplace(entry.name, entry);
  if (!is_new && replaces(entry, same->second)) {
    same->second = std::move(entry);
  } else if (!is_new && file.kind == FileKind::Embedding && entry.refusal.empty()) {
    // Prompts get the one that fits the model.
    for (const std::int64_t width : entry.text_widths) {
      if (std::ranges::find(same->second.text_widths, width) == same->second.text_widths.end()) {
        same->second.text_widths.push_back(width);
      }
    }
    same->second.family = families_of_widths(same->second.text_widths);
  }
}

std::vector<AddonEntry> AddonCatalog::State::look(FileKind kind) {
  const std::lock_guard one_look(look_mutex);
  KnownFiles now;
  ByName all;
  for (const FoundFile& file : find_files(folders, kind)) {
    add(file, known[kind], now, all);
  }
  known[kind] = std::move(now);
  std::vector<AddonEntry> sorted;
  for (const auto& [name, entry] : all) {
    sorted.push_back(entry);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const AddonEntry& a, const AddonEntry& b) {
    return lower_case(a.name) < lower_case(b.name);
  });
  const std::lock_guard lock(mutex);
  entries[kind] = std::move(all);
  return sorted;
}

std::int64_t AddonCatalog::State::text_width_of(const fs::path& model) {
  const std::lock_guard one_look(look_mutex);
  std::error_code error;
  const std::int64_t time = fs::last_write_time(model, error).time_since_epoch().count();
  const auto before = models.find(model);
  if (before == models.end() || before->second.first != time) {
    models[model] = {time, model_text_width(model)};
  }
  return models[model].second;
}

AddonCatalog::AddonCatalog(std::vector<fs::path> folders) : state_(std::make_unique<State>()) {
  state_->folders = std::move(folders);
}

AddonCatalog::~AddonCatalog() = default;

std::vector<AddonEntry> AddonCatalog::list() {
  std::vector<AddonEntry> all;
  for (const FileKind kind : kKinds) {
    std::ranges::move(state_->look(kind), std::back_inserter(all));
  }
  return all;
}

std::vector<AddonEntry> AddonCatalog::list(FileKind kind) { return state_->look(kind); }

std::int64_t AddonCatalog::text_width_of(const fs::path& model) {
  return state_->text_width_of(model);
}

std::optional<AddonEntry> AddonCatalog::find(FileKind kind, const std::string& name) {
  const auto known = [&]() -> const State::ByName* {
    const auto found = state_->entries.find(kind);
    return found == state_->entries.end() ? nullptr : &found->second;
  };
  std::unique_lock lock(state_->mutex);
  if (known() == nullptr) {
    lock.unlock();
    state_->look(kind);
    lock.lock();
  }
  const auto found = known()->find(name);
  return found == known()->end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ptravel
