#include "queue/model_catalog.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/text.h"
#include "checkpoint/model_family.h"
#include "checkpoint/models_folder.h"
#include "ptravel/default_model.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortestHash = 8;
constexpr std::size_t kShortHash = 10;

/// The web UI's model name: without ending, sub-folders joined by "_".
std::string model_name_of(const std::string& file_name, bool is_folder) {
  const std::string name =
      is_folder ? file_name : fs::path(file_name).replace_extension().generic_string();
  std::string joined = name;
  std::replace(joined.begin(), joined.end(), '/', '_');
  return joined;
}

/// Size and time of what decides what a model is; changes whenever it is written.
std::pair<std::uint64_t, std::int64_t> stamp_of(const fs::path& path) {
  std::error_code error;
  const fs::path file = fs::is_directory(path, error) ? path / "model_index.json" : path;
  const auto size = fs::file_size(file, error);
  const auto time = fs::last_write_time(file, error).time_since_epoch().count();
  return error ? std::pair<std::uint64_t, std::int64_t>{0, 0}
               : std::pair<std::uint64_t, std::int64_t>{size, time};
}

/// What the file is, or why that cannot be told.
void inspect(CatalogEntry& entry, bool in_vae_folder) {
  try {
    entry.info = inspect_model(entry.path, Hashing::No);
    entry.is_vae = in_vae_folder || entry.info.family == ModelFamily::Vae;
    if (entry.is_vae && entry.info.family != ModelFamily::Vae) {
      entry.refusal = "is no VAE but " + std::string(family_label(entry.info.family));
    } else if (!entry.is_vae && !entry.info.supported) {
      entry.refusal = refusal(entry.info.family);
    }
  } catch (...) {
    const Error error = error_in_flight("model");
    entry.info = {};
    entry.info.path = entry.path;
    entry.is_vae = in_vae_folder;
    entry.refusal = error.what();
  }
}

void give_title(CatalogEntry& entry) {
  const std::string hash = entry.info.short_hash();
  entry.title = entry.file_name + (hash.empty() ? "" : " [" + hash + "]");
}

/// "model.safetensors" of "model.safetensors [e1441589a6]".
std::string without_hash(const std::string& title) {
  const auto open = title.rfind(" [");
  const bool bracketed = open != std::string::npos && title.ends_with("]");
  return bracketed ? title.substr(0, open) : title;
}

bool is_hash(const std::string& text) {
  return text.size() >= kShortestHash &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The first model or VAE that goes by this name.
const CatalogEntry* match(const std::vector<CatalogEntry>& entries,
                          const std::string& asked,
                          bool vaes) {
  std::string name = asked;
  std::replace(name.begin(), name.end(), '\\', '/');
  const auto find = [&](const auto& fits) -> const CatalogEntry* {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const CatalogEntry& entry) {
      return entry.is_vae == vaes && fits(entry);
    });
    return found == entries.end() ? nullptr : &*found;
  };
  for (const bool fold : {false, true}) {
    const auto same = [fold](const std::string& a, const std::string& b) {
      return fold ? lower_case(a) == lower_case(b) : a == b;
    };
    const std::string bare = without_hash(name);
    for (const auto member :
         {&CatalogEntry::title, &CatalogEntry::file_name, &CatalogEntry::model_name}) {
      if (const auto* entry = find([&](const CatalogEntry& e) { return same(e.*member, name); })) {
        return entry;
      }
    }
    if (const auto* entry = find([&](const CatalogEntry& e) { return same(e.file_name, bare); })) {
      return entry;
    }
  }
  const std::string hash = lower_case(name);
  return is_hash(hash)
             ? find([&](const CatalogEntry& e) { return e.info.sha256.starts_with(hash); })
             : nullptr;
}

}  // namespace

struct ModelCatalog::State {
  using Stamp = std::pair<std::uint64_t, std::int64_t>;
  struct Known {
    CatalogEntry entry;
    Stamp stamp;
  };

  void scan();
  CatalogEntry look_at(const FoundFile& found, std::map<fs::path, Known>& now);
  void add_default(std::vector<CatalogEntry>& entries, std::map<fs::path, Known>& now);
  void take(std::vector<CatalogEntry> found);
  void loop();
  bool hash_one();
  void tell() const {
    if (changed) {
      changed();
    }
  }
  std::vector<CatalogEntry> of_kind(bool vaes) const;
  std::optional<CatalogEntry> find(const std::string& name, bool vaes);

  std::vector<fs::path> folders;
  std::function<void()> changed;

  std::mutex scan_mutex;            // one scan at a time; guards `known`
  std::map<fs::path, Known> known;  // by path: what was found out before

  mutable std::mutex mutex;  // guards everything below
  std::condition_variable woken;
  std::vector<CatalogEntry> entries;
  std::uint64_t version = 0;  // of the names in entries
  bool scanned = false;       // at least once
  bool stopping = false;
  bool work = true;  // something may be left to hash
  std::thread thread;
};

/// What is known already of an unchanged file, else what looking into it says.
CatalogEntry ModelCatalog::State::look_at(const FoundFile& found, std::map<fs::path, Known>& now) {
  const Stamp stamp = stamp_of(found.path);
  CatalogEntry entry;
  const auto before = known.find(found.path);
  if (before != known.end() && before->second.stamp == stamp &&
      before->second.entry.refusal.empty()) {
    entry = before->second.entry;
  } else {
    entry.path = found.path;
    inspect(entry, found.kind == FileKind::Vae);
  }
  std::error_code error;
  entry.file_name = found.name;
  entry.model_name = model_name_of(found.name, fs::is_directory(found.path, error));
  now[found.path] = {entry, stamp};
  return entry;
}

void ModelCatalog::State::add_default(std::vector<CatalogEntry>& found,
                                      std::map<fs::path, Known>& now) {
  const auto path = find_default_model().path;
  if (!path) {
    return;
  }
  std::error_code error;
  for (CatalogEntry& entry : found) {
    if (fs::equivalent(entry.path, *path, error)) {
      entry.is_default = true;
      return;
    }
  }
  CatalogEntry entry = look_at({*path, path->filename().string(), FileKind::Model}, now);
  entry.is_default = true;
  found.push_back(std::move(entry));
}

void ModelCatalog::State::scan() {
  {
    const std::lock_guard lock(scan_mutex);
    std::map<fs::path, Known> now;
    std::vector<CatalogEntry> found;
    for (const FoundFile& model : find_models(folders)) {
      found.push_back(look_at(model, now));
    }
    add_default(found, now);
    std::stable_sort(found.begin(), found.end(), [](const CatalogEntry& a, const CatalogEntry& b) {
      return std::pair(!a.is_default, lower_case(a.file_name)) <
             std::pair(!b.is_default, lower_case(b.file_name));
    });
    known = std::move(now);
    take(std::move(found));
  }
  tell();
}

/// Puts the result of a scan in the place of the one before; hashes of unchanged files stay.
void ModelCatalog::State::take(std::vector<CatalogEntry> found) {
  for (CatalogEntry& entry : found) {
    give_title(entry);
  }
  const std::lock_guard lock(mutex);
  entries = std::move(found);
  ++version;
  scanned = true;
  work = true;
  woken.notify_all();
}

/// Hashes the first entry that lacks it; false: none does.
bool ModelCatalog::State::hash_one() {
  fs::path path;
  {
    const std::lock_guard lock(mutex);
    const auto next = std::find_if(entries.begin(), entries.end(), [](const CatalogEntry& entry) {
      return entry.refusal.empty() && entry.info.sha256.empty();
    });
    if (next == entries.end()) {
      return false;
    }
    path = next->path;
  }
  std::string hash;
  std::string failure;
  try {
    hash = file_sha256(model_hash_file(path), [this] {
      const std::lock_guard lock(mutex);
      if (stopping) {
        throw Error(ErrorCode::Cancelled, "[models] the program ends");
      }
    });
  } catch (...) {
    failure = error_in_flight("models").what();
  }
  {
    const std::lock_guard scan_lock(scan_mutex);
    if (const auto found = known.find(path); found != known.end()) {
      found->second.entry.info.sha256 = hash;
    }
    const std::lock_guard lock(mutex);
    for (CatalogEntry& entry : entries) {
      if (entry.path == path) {
        entry.info.sha256 = hash;
        entry.refusal = failure;  // looked at again by the next scan
        give_title(entry);
      }
    }
  }
  tell();
  return true;
}

void ModelCatalog::State::loop() {
  try {
    scan();
  } catch (const std::exception&) {
    // What cannot be read now is there after the next refresh().
  }
  std::unique_lock lock(mutex);
  scanned = true;
  woken.notify_all();
  while (!stopping) {
    if (!work) {
      woken.wait(lock, [this] { return stopping || work; });
      continue;
    }
    work = false;
    lock.unlock();
    const bool more = hash_one();
    lock.lock();
    work = work || more;
  }
}

std::vector<CatalogEntry> ModelCatalog::State::of_kind(bool vaes) const {
  const std::lock_guard lock(mutex);
  std::vector<CatalogEntry> found;
  for (const CatalogEntry& entry : entries) {
    if (entry.is_vae == vaes) {
      found.push_back(entry);
    }
  }
  return found;
}

std::optional<CatalogEntry> ModelCatalog::State::find(const std::string& name, bool vaes) {
  std::unique_lock lock(mutex);
  woken.wait(lock, [this] { return scanned || stopping; });
  const CatalogEntry* entry = match(entries, name, vaes);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

ModelCatalog::ModelCatalog(std::vector<fs::path> folders, std::function<void()> changed)
    : state_(std::make_unique<State>()) {
  state_->folders = std::move(folders);
  state_->changed = std::move(changed);
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

ModelCatalog::~ModelCatalog() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->woken.notify_all();
  state_->thread.join();
}

void ModelCatalog::refresh() { state_->scan(); }

std::vector<CatalogEntry> ModelCatalog::models() const { return state_->of_kind(false); }

std::vector<CatalogEntry> ModelCatalog::vaes() const { return state_->of_kind(true); }

std::optional<CatalogEntry> ModelCatalog::find_model(const std::string& name) const {
  return state_->find(name, false);
}

std::optional<CatalogEntry> ModelCatalog::find_vae(const std::string& name) const {
  return state_->find(name, true);
}

std::optional<std::string> ModelCatalog::file_name_of(const std::filesystem::path& path) const {
  const std::lock_guard lock(state_->mutex);
  for (const CatalogEntry& entry : state_->entries) {
    if (entry.path == path) {
      return entry.file_name;
    }
  }
  return std::nullopt;
}

std::uint64_t ModelCatalog::version() const {
  const std::lock_guard lock(state_->mutex);
  return state_->version;
}

}  // namespace ptravel
