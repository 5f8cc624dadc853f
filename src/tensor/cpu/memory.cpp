#include "tensor/cpu/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include <c10/core/Allocator.h>
#include <c10/core/impl/alloc_cpu.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "ptravel/error.h"
#include "tensor/cpu/parallel.h"
#include "tensor/torch_compat.h"

namespace ptravel::cpu {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
/// Smaller tensors are left to the C library.
constexpr std::size_t kSmallestBlock = std::size_t{64} << 10;
constexpr std::int64_t kPagesPerTask = 8;

std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

/// Address space for as much as could ever be in memory, and its holes.
std::size_t reserved_bytes() {
  struct sysinfo info {};
  const std::size_t memory =
      ::sysinfo(&info) == 0 ? static_cast<std::size_t>(info.totalram) * info.mem_unit : 0;
  return std::max(2 * memory, std::size_t{16} << 30);
}

void* small_block(std::size_t bytes) {
  void* block = nullptr;
  if (::posix_memalign(&block, kLine, std::max<std::size_t>(bytes, 1)) != 0) {
    return c10::alloc_cpu(bytes);  // Fails, too, and says how much was asked for.
  }
  return block;
}

void release_block(void* block) {
  if (arena().contains(block)) {
    arena().give_back(block);
  } else {
    std::free(block);
  }
}

class ArenaAllocator : public compat::Allocator {
 public:
  c10::DeleterFnPtr raw_deleter() const override { return &release_block; }

 private:
  c10::DataPtr take(std::size_t bytes) const override {
    void* block = bytes >= kSmallestBlock ? arena().take(bytes) : nullptr;
    if (block == nullptr) {
      block = small_block(bytes);
    }
    return {block, block, &release_block, c10::Device(c10::DeviceType::CPU)};
  }
};

}  // namespace

Arena::Arena(std::size_t bytes) {
  const std::size_t size = rounded_up(bytes, kHugePage);
  // One huge page more than needed, to begin on the border of one.
  void* memory = ::mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return;
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::size_t before = rounded_up(begin, kHugePage) - begin;
  if (before > 0) {
    ::munmap(memory, before);
  }
  base_ = static_cast<char*>(memory) + before;
  ::munmap(base_ + size, kHugePage - before);
  size_ = size;
  ::madvise(base_, size_, MADV_HUGEPAGE);  // Where the system has none, small pages do.
  free_[0] = size_;
}

Arena::~Arena() {
  if (base_ != nullptr) {
    ::munmap(base_, size_);
  }
}

void* Arena::take(std::size_t bytes) {
  const std::size_t wanted = rounded_up(std::max<std::size_t>(bytes, 1), kLine);
  const std::lock_guard lock(mutex_);
  const auto place = std::find_if(free_.begin(), free_.end(),
                                  [&](const auto& hole) { return hole.second >= wanted; });
  if (place == free_.end()) {
    return nullptr;
  }
  const auto [offset, room] = *place;
  free_.erase(place);
  if (room > wanted) {
    free_[offset + wanted] = room - wanted;
  }
  taken_[offset] = wanted;
  used_ += wanted;
  reach_ = std::max(reach_, offset + wanted);
  return base_ + offset;
}

void Arena::give_back(void* block) {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(static_cast<std::size_t>(static_cast<char*>(block) - base_));
  PTRAVEL_CHECK(found != taken_.end());
  auto [offset, bytes] = *found;
  taken_.erase(found);
  used_ -= bytes;
  const auto after = free_.find(offset + bytes);
  if (after != free_.end()) {
    bytes += after->second;
    free_.erase(after);
  }
  const auto next = free_.lower_bound(offset);
  if (next != free_.begin() && std::prev(next)->first + std::prev(next)->second == offset) {
    std::prev(next)->second += bytes;
  } else {
    free_[offset] = bytes;
  }
}

bool Arena::contains(const void* address) const {
  const auto* place = static_cast<const char*>(address);
  return base_ != nullptr && place >= base_ && place < base_ + size_;
}

void Arena::populate(std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  std::size_t begin = 0;
  {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      return;
    }
    const auto [offset, room] = *free_.rbegin();  // what lies behind everything that is taken
    begin = rounded_up(offset, kHugePage);
    bytes = std::min(bytes, offset + room - std::min(begin, offset + room));
  }
  // Blocks that are taken meanwhile keep what is written into them.
  cpu::parallel_ranges(static_cast<std::int64_t>(bytes / kHugePage), kPagesPerTask,
                       [&](std::int64_t first, std::int64_t last) {
                         for (std::int64_t page = first; page < last; ++page) {
                           ::madvise(base_ + begin + static_cast<std::size_t>(page) * kHugePage,
                                     kHugePage, MADV_POPULATE_WRITE);
                         }
                       });
#endif
}

void Arena::release_free_pages() {
  const std::lock_guard lock(mutex_);  // Nobody takes a hole meanwhile.
  for (const auto& [offset, bytes] : free_) {
    const std::size_t begin = rounded_up(offset, kHugePage);
    const std::size_t end = (offset + bytes) / kHugePage * kHugePage;
    if (begin < end) {
      ::madvise(base_ + begin, end - begin, MADV_DONTNEED);
    }
  }
}

std::size_t Arena::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

std::size_t Arena::reach() const {
  const std::lock_guard lock(mutex_);
  return reach_;
}

Arena& arena() {
  // Never destroyed: tensors in static variables may outlive everything else.
  static Arena& instance = *new Arena(reserved_bytes());
  return instance;
}

void release_unused_memory() {
  arena().release_free_pages();
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

bool arena_serves_tensors() {
  return dynamic_cast<ArenaAllocator*>(c10::GetAllocator(c10::DeviceType::CPU)) != nullptr;
}

void use_arena_for_tensors() {
  static ArenaAllocator allocator;
  constexpr std::uint8_t kPriority = 1;  // above LibTorch's own
  static const bool set = [] {
    c10::SetAllocator(c10::DeviceType::CPU, &allocator, kPriority);
    return true;
  }();
  static_cast<void>(set);
}

}  // namespace ptravel::cpu
