#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// Work that a device may not have the memory for.
enum class LargeWork {
  NetworkCall,  ///< One call of the UNet for a number of rows.
  Decoding,     ///< Pictures through the VAE's decoder.
};

/// Called before such work with the number of pictures in it; may throw what a device without
/// memory would.
using MemoryProbe = std::function<void(LargeWork work, std::int64_t pictures)>;

/// While it lives, large work of the calling thread asks `probe` first: so tests see what becomes
/// of a shortage without filling a card.
class MemoryProbeScope {
 public:
  explicit MemoryProbeScope(MemoryProbe probe);
  ~MemoryProbeScope();
  MemoryProbeScope(const MemoryProbeScope&) = delete;
  MemoryProbeScope& operator=(const MemoryProbeScope&) = delete;

 private:
  MemoryProbe probe_;
  const MemoryProbe* before_;
};

/// To be called before large work.
void before_large_work(LargeWork work, std::int64_t pictures);

/// For catch (...): whether the exception in flight says that memory was refused, by LibTorch,
/// oneDNN or the system.
bool memory_was_refused();

/// The figures in what LibTorch says of memory that a card did not have: "asked for 2.50 GiB, 1.20
/// GiB of 7.93 GiB are free". Nothing where the text has none.
std::optional<std::string> refused_figures(std::string_view text);

}  // namespace ptravel
