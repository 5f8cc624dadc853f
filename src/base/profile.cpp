#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/profile_scope.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

struct Profile::State {
  using Key = std::tuple<std::string, std::string, std::vector<std::int64_t>>;

  ProfileEntry* entry(const char* part,
                      const char* kind,
                      std::initializer_list<std::int64_t> sizes) {
    ProfileEntry& found = entries[Key(part, kind, sizes)];
    if (found.calls == 0 && found.sizes.empty()) {
      found.part = part;
      found.kind = kind;
      found.sizes = sizes;
    }
    return &found;
  }

  void wait_for_work() const {
    if (wait) {
      wait();
    }
  }

  std::function<void()> wait;  // for a device; empty: there is none
  std::map<Key, ProfileEntry> entries;
  const char* part = "";  // of scopes that lie in no other
  ProfileScope* innermost = nullptr;
  double inside = 0;  // seconds of finished scopes that lie in no other
  Clock::time_point start = Clock::now();
};

thread_local Profile::State* ProfileScope::current_ = nullptr;

void ProfileScope::begin(const char* part,
                         const char* kind,
                         double flops,
                         std::initializer_list<std::int64_t> sizes) {
  outer_ = state_->innermost;
  part_ = part != nullptr ? part : outer_ != nullptr ? outer_->part_ : state_->part;
  entry_ = state_->entry(part_, kind, sizes);
  flops_ = flops;
  state_->innermost = this;
  state_->wait_for_work();
  start_ = Clock::now();
}

void ProfileScope::finish() {
  state_->wait_for_work();
  const double seconds = seconds_since(start_);
  state_->innermost = outer_;
  (outer_ != nullptr ? outer_->inside_ : state_->inside) += seconds;
  ++entry_->calls;
  entry_->seconds += seconds - inside_;
  entry_->flops += flops_;
}

ProfileFork::ProfileFork(int threads) : state_(ProfileScope::current_), threads_(threads) {}

ProfileFork::~ProfileFork() {
  if (state_ == nullptr) {
    return;
  }
  ProfileScope* const around = state_->innermost;
  double& inside = around != nullptr ? around->inside_ : state_->inside;
  for (const auto& branch : finished_) {
    inside += branch->inside / threads_;
    for (const auto& [key, entry] : branch->entries) {
      ProfileEntry& sum = state_->entries[key];
      sum.part = entry.part;
      sum.kind = entry.kind;
      sum.sizes = entry.sizes;
      sum.calls += entry.calls;
      sum.seconds += entry.seconds / threads_;
      sum.flops += entry.flops;
    }
  }
}

ProfileFork::Branch::Branch(ProfileFork& fork) : fork_(fork) {
  if (fork.state_ != nullptr) {
    const ProfileScope* const around = fork.state_->innermost;
    state_ = std::make_unique<Profile::State>();
    state_->part = around != nullptr ? around->part_ : fork.state_->part;
    before_ = std::exchange(ProfileScope::current_, state_.get());
  }
}

ProfileFork::Branch::~Branch() {
  if (state_ != nullptr) {
    ProfileScope::current_ = before_;
    const std::lock_guard lock(fork_.mutex_);
    fork_.finished_.push_back(std::move(state_));
  }
}

Profile::Profile(std::function<void()> wait) : state_(std::make_unique<State>()) {
  PTRAVEL_CHECK(ProfileScope::current_ == nullptr);
  state_->wait = std::move(wait);
  ProfileScope::current_ = state_.get();
}

Profile::~Profile() { ProfileScope::current_ = nullptr; }

ProfileReport Profile::report() const {
  ProfileReport report;
  report.seconds = seconds_since(state_->start);
  for (const auto& [key, entry] : state_->entries) {
    if (entry.calls > 0) {
      report.entries.push_back(entry);
    }
  }
  ProfileEntry between;
  between.seconds = report.seconds - state_->inside;
  report.entries.push_back(std::move(between));
  return report;
}

namespace {

/// Entries with the same part and, perhaps, the same kind, added up.
struct Total {
  std::int64_t calls = 0;
  double seconds = 0;
  double flops = 0;

  void add(const ProfileEntry& entry) {
    calls += entry.calls;
    seconds += entry.seconds;
    flops += entry.flops;
  }
  double gflops_per_second() const { return seconds > 0 ? 1e-9 * flops / seconds : 0; }
};

struct PartTotal {
  std::string name;
  Total total;
  std::vector<std::pair<std::string, Total>> kinds;  // the longest first
};

/// The parts, the longest first.
std::vector<PartTotal> totals_of(const ProfileReport& report) {
  std::map<std::string, std::map<std::string, Total>> kinds;
  std::map<std::string, Total> parts;
  for (const ProfileEntry& entry : report.entries) {
    kinds[entry.part][entry.kind].add(entry);
    parts[entry.part].add(entry);
  }
  const auto longer = [](const auto& a, const auto& b) {
    return a.second.seconds > b.second.seconds;
  };
  std::vector<PartTotal> result;
  for (const auto& [name, total] : parts) {
    PartTotal part{name, total, {kinds[name].begin(), kinds[name].end()}};
    part.total.calls = kinds[name][""].calls;
    std::stable_sort(part.kinds.begin(), part.kinds.end(), longer);
    result.push_back(std::move(part));
  }
  std::stable_sort(result.begin(), result.end(), [](const PartTotal& a, const PartTotal& b) {
    return a.total.seconds > b.total.seconds;
  });
  return result;
}

std::string row(const std::string& name, const Total& total, double whole) {
  char speed[32] = "";
  if (total.flops > 0) {
    std::snprintf(speed, sizeof speed, "%.1f", total.gflops_per_second());
  }
  char text[160];
  std::snprintf(text, sizeof text, "%-32s %8lld %10.3f %9s %7.2f %%\n", name.c_str(),
                static_cast<long long>(total.calls), total.seconds, speed,
                whole > 0 ? 100 * total.seconds / whole : 0);
  return text;
}

}  // namespace

std::string to_text(const ProfileReport& report) {
  char head[160];
  std::snprintf(head, sizeof head, "%-32s %8s %10s %9s %9s\n", "profile", "calls", "seconds",
                "GFLOP/s", "share");
  std::string text = head;
  for (const PartTotal& part : totals_of(report)) {
    text += row(part.name.empty() ? "everything else" : part.name, part.total, report.seconds);
    for (const auto& [kind, total] : part.kinds) {
      if (part.kinds.size() > 1) {
        text += row("  " + (kind.empty() ? "between its layers" : kind), total, report.seconds);
      }
    }
  }
  Total all;
  all.seconds = report.seconds;
  text += row("all", all, report.seconds);
  return text;
}

std::string to_json(const ProfileReport& report) {
  using Json = nlohmann::ordered_json;
  const auto numbers = [](Json& object, const Total& total) {
    object["calls"] = total.calls;
    object["seconds"] = total.seconds;
    object["gflops_per_second"] = total.gflops_per_second();
  };
  Json parts = Json::array();
  for (const PartTotal& part : totals_of(report)) {
    Json object = {{"part", part.name}};
    numbers(object, part.total);
    object["share"] = report.seconds > 0 ? part.total.seconds / report.seconds : 0;
    object["layers"] = Json::array();
    for (const auto& [kind, total] : part.kinds) {
      Json layer = {{"kind", kind}};
      numbers(layer, total);
      layer["share"] = report.seconds > 0 ? total.seconds / report.seconds : 0;
      object["layers"].push_back(std::move(layer));
    }
    parts.push_back(std::move(object));
  }
  Json sizes = Json::array();
  for (const ProfileEntry& entry : report.entries) {
    if (!entry.sizes.empty()) {
      Json object = {{"part", entry.part}, {"kind", entry.kind}, {"sizes", entry.sizes}};
      Total total;
      total.add(entry);
      numbers(object, total);
      sizes.push_back(std::move(object));
    }
  }
  return Json{{"seconds", report.seconds}, {"parts", std::move(parts)}, {"sizes", std::move(sizes)}}
      .dump(2);
}

}  // namespace ptravel
