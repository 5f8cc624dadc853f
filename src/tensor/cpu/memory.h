#pragma once

#include <cstddef>
#include <map>
#include <mutex>

namespace ptravel::cpu {

/// A range of address space in huge pages, out of which blocks are handed and taken back. A block
/// lies at the lowest place that has room for it, so that a network that runs again uses the same
/// memory again, and the range grows only as far as what is alive at one time needs. Memory that
/// was once touched stays with the process: fresh pages come from the system one by one, which can
/// take longer than the work on them (release_free_pages gives it back). May be used from several
/// threads.
class Arena {
 public:
  /// Reserves address space without taking memory. Hands out nothing where the system refuses.
  explicit Arena(std::size_t reserved_bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// A block that begins on a cache line; null when there is no room.
  void* take(std::size_t bytes);
  /// Takes back what `take` handed out.
  void give_back(void* block);
  bool contains(const void* address) const;
  /// Takes pages from the system for the next `bytes` that lie free, on all threads: for work that
  /// is about to fill them. Does nothing where the system cannot do that beforehand.
  void populate(std::size_t bytes);

  /// Gives the pages that lie free back to the system. Costs whoever takes them next as much as
  /// fresh ones.
  void release_free_pages();

  /// Bytes in blocks that are handed out, now.
  std::size_t used() const;
  /// Bytes from the beginning to the end of the last block that ever was.
  std::size_t reach() const;

 private:
  char* base_ = nullptr;
  std::size_t size_ = 0;
  mutable std::mutex mutex_;                 // guards everything below
  std::map<std::size_t, std::size_t> free_;  // by offset: bytes; neighbours are joined
  std::map<std::size_t, std::size_t> taken_;
  std::size_t used_ = 0;
  std::size_t reach_ = 0;
};

/// The arena that tensors and scratch memory of this process come from.
Arena& arena();

/// Gives memory that nobody uses back to the system, also the C library's: for after large things
/// that will not be needed again soon were let go.
void release_unused_memory();

/// Whether tensors come from arena().
bool arena_serves_tensors();

/// Lets LibTorch take the memory of large CPU tensors from arena(). Once for a process, before the
/// first tensor work; calling it again does nothing.
void use_arena_for_tensors();

}  // namespace ptravel::cpu
