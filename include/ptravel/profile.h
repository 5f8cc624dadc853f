#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ptravel {

/// Calls of one kind of work with the same sizes.
struct ProfileEntry {
  std::string part;  ///< "unet", "vae decoder", "video"; empty: between all parts.
  std::string kind;  ///< "convolution 3x3"; empty: the part's own time beside its kinds.
  std::vector<std::int64_t> sizes;  ///< What the kind says of itself; see where it is measured.
  std::int64_t calls = 0;
  double seconds = 0;  ///< Without the time of work that was measured inside.
  double flops = 0;    ///< Of all calls; 0 where they are not counted.
};

/// Where the time between two moments went; the entries' seconds add up to `seconds`.
struct ProfileReport {
  double seconds = 0;
  std::vector<ProfileEntry> entries;
};

/// Measures the work that the thread which made it does while it exists. Costs a few hundred
/// nanoseconds for each layer; nothing where no profile exists. At most one for a thread. On a GPU
/// layers are launched, not waited for: with a function that waits for it, which is called where
/// layers begin and end, each has its own time, and the whole takes longer.
class Profile {
 public:
  explicit Profile(std::function<void()> wait = {});
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// What was measured so far, outside of work that is still going on.
  ProfileReport report() const;

 private:
  friend class ProfileScope;
  friend class ProfileFork;
  struct State;
  std::unique_ptr<State> state_;
};

/// A table for people: parts and their kinds of layers, with calls, seconds, GFLOP/s and share.
std::string to_text(const ProfileReport& report);

/// One JSON object (text): parts, kinds of layers, and sizes.
std::string to_json(const ProfileReport& report);

}  // namespace ptravel
