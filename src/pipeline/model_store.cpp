#include "ptravel/model_store.h"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

#include "pipeline/loaded_model.h"
#include "tensor/cpu/memory.h"
#include "tensor/devices.h"

namespace ptravel {
namespace {

/// How often somebody who waits looks whether it was cancelled.
constexpr std::chrono::milliseconds kLook{50};

}  // namespace

struct ModelStore::State {
  struct Entry {
    std::shared_ptr<const OpenModel> key;
    std::weak_ptr<const LoadedModel> model;
    std::shared_ptr<const LoadedModel> kept;  // empty: only shared while somebody uses it
  };

  std::shared_ptr<const LoadedModel> find(const OpenModel& wanted);
  void keep(const std::shared_ptr<const LoadedModel>& model);
  std::uint64_t kept_bytes() const;

  std::uint64_t bound = 0;
  mutable std::mutex mutex;  // guards everything below
  std::condition_variable loaded;
  bool loading = false;
  std::list<Entry> entries;  // the last asked for first
};

/// Moves the model to the front; forgets entries whose model is gone.
std::shared_ptr<const LoadedModel> ModelStore::State::find(const OpenModel& wanted) {
  entries.remove_if([](const Entry& entry) { return entry.model.expired(); });
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    if (entry->key->spec() == wanted.spec() && entry->key->stamps() == wanted.stamps()) {
      entries.splice(entries.begin(), entries, entry);
      return entries.front().model.lock();
    }
  }
  return nullptr;
}

std::uint64_t ModelStore::State::kept_bytes() const {
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) {
    bytes += entry.kept ? entry.kept->bytes() : 0;
  }
  return bytes;
}

void ModelStore::State::keep(const std::shared_ptr<const LoadedModel>& model) {
  entries.push_front({model->model().without_weights(), model, model});
  for (auto entry = entries.rbegin(); entry != entries.rend() && kept_bytes() > bound; ++entry) {
    entry->kept.reset();
  }
}

ModelStore::ModelStore(std::uint64_t memory_bound) : state_(std::make_unique<State>()) {
  state_->bound = memory_bound;
}

ModelStore::~ModelStore() {
  try {
    unload();
  } catch (...) {
    // A card that has failed says so wherever it is used.
  }
}

std::shared_ptr<const LoadedModel> ModelStore::load(std::shared_ptr<const OpenModel> model,
                                                    Progress& progress) {
  std::unique_lock lock(state_->mutex);
  if (state_->loading) {
    progress.begin("waiting for another model to be loaded", "", 0);
  }
  while (true) {
    progress.check_cancelled();
    if (auto found = state_->find(*model)) {
      return found;
    }
    if (!state_->loading) {
      break;
    }
    state_->loaded.wait_for(lock, kLook);
  }
  state_->loading = true;
  lock.unlock();
  std::shared_ptr<const LoadedModel> result;
  try {
    result = LoadedModel::load(*model, progress);
  } catch (...) {
    lock.lock();
    state_->loading = false;
    state_->loaded.notify_all();
    throw;
  }
  lock.lock();
  state_->loading = false;
  state_->keep(result);
  state_->loaded.notify_all();
  return result;
}

void ModelStore::unload() {
  std::list<std::shared_ptr<const LoadedModel>> released;  // freed after the lock is given back
  std::optional<at::Device> card;
  {
    const std::lock_guard lock(state_->mutex);
    for (State::Entry& entry : state_->entries) {
      released.push_back(std::exchange(entry.kept, nullptr));
      const at::Device device = entry.key->compute().device;
      card = device.is_cuda() ? std::optional(device) : card;
    }
  }
  released.clear();
  cpu::release_unused_memory();
  if (card) {
    release_unused_memory(*card);  // of all cards: other processes may want them now
  }
}

std::size_t ModelStore::models() const {
  const std::lock_guard lock(state_->mutex);
  std::size_t count = 0;
  for (const State::Entry& entry : state_->entries) {
    count += entry.kept ? 1 : 0;
  }
  return count;
}

std::uint64_t ModelStore::bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->kept_bytes();
}

}  // namespace ptravel
