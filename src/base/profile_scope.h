#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <vector>

#include "ptravel/profile.h"

namespace ptravel {

/// Measures the time from here to the end of the block for the thread's Profile; does nothing
/// where there is none. Time of scopes inside belongs to those alone.
class ProfileScope {
 public:
  /// A layer: its kind, its floating point operations, and its sizes.
  explicit ProfileScope(const char* kind,
                        double flops = 0,
                        std::initializer_list<std::int64_t> sizes = {})
      : ProfileScope(nullptr, kind, flops, sizes) {}
  /// A part of the program; layers inside belong to it.
  static ProfileScope part(const char* name) { return ProfileScope(name, "", 0, {}); }
  /// Whether the thread has a Profile.
  static bool measured() { return current_ != nullptr; }
  ~ProfileScope() {
    if (state_ != nullptr) {
      finish();
    }
  }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

 private:
  friend class Profile;
  friend class ProfileFork;
  using Clock = std::chrono::steady_clock;

  ProfileScope(const char* part,
               const char* kind,
               double flops,
               std::initializer_list<std::int64_t> sizes)
      : state_(current_) {
    if (state_ != nullptr) {
      begin(part, kind, flops, sizes);
    }
  }
  void begin(const char* part,
             const char* kind,
             double flops,
             std::initializer_list<std::int64_t> sizes);
  void finish();

  static thread_local Profile::State* current_;

  Profile::State* state_;
  ProfileScope* outer_ = nullptr;
  const char* part_ = "";
  ProfileEntry* entry_ = nullptr;  // stays where it is while the profile exists
  double flops_ = 0;
  double inside_ = 0;  // seconds of finished scopes inside
  Clock::time_point start_{};
};

/// Work that a measured thread shares out to several: what they measure counts for its profile,
/// each second as one second divided by their number, as if all had worked on everything together.
/// Make it around the parallel work, in the thread that waits for it.
class ProfileFork {
 public:
  explicit ProfileFork(int threads);
  ~ProfileFork();
  ProfileFork(const ProfileFork&) = delete;
  ProfileFork& operator=(const ProfileFork&) = delete;

  /// Make it in each of the threads, around its share.
  class Branch {
   public:
    explicit Branch(ProfileFork& fork);
    ~Branch();
    Branch(const Branch&) = delete;
    Branch& operator=(const Branch&) = delete;

   private:
    ProfileFork& fork_;
    std::unique_ptr<Profile::State> state_;
    Profile::State* before_ = nullptr;
  };

 private:
  Profile::State* state_;
  int threads_;
  std::mutex mutex_;  // guards `finished_`
  std::vector<std::unique_ptr<Profile::State>> finished_;
};

}  // namespace ptravel
