#include "tests/tensor/emulated_device.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <ucontext.h>

#include "ptravel/error.h"

namespace ptravel::cuda::emulated {
namespace {

constexpr std::size_t kStackBytes = std::size_t{256} << 10;

struct Copy {
  char* to;
  const void* from;
  bool valid;
};

struct Fibre {
  ucontext_t context{};
  std::vector<char> stack;
  std::vector<Copy> open;                // copies since the last commit
  std::deque<std::vector<Copy>> groups;  // committed, oldest first
  bool done = false;
};

struct Gathering {
  std::vector<void*> brought;
  int arrived = 0;
  int round = 0;
};

struct Barrier {
  int arrivals = 0;  // of each phase
  int missing = 0;   // in this one
  int bytes = 0;     // still expected
  int phase = 0;
};

/// A copy of a box that is on its way.
struct BoxCopy {
  std::uint32_t to;
  TensorMap map;
  std::uint32_t barrier;
  int place[4];
};

struct Block {
  Place place;
  std::deque<BoxCopy> copies;                 // on their way
  std::map<std::uint32_t, Barrier> barriers;  // by address
  std::vector<char> memory;
  char* aligned = nullptr;
  int threads = 0;
  std::vector<std::unique_ptr<Fibre>> fibres;
  std::map<std::pair<int, int>, Gathering> gatherings;  // by size and number of the group
  ucontext_t scheduler{};
  const std::function<void()>* body = nullptr;
};

Block* running = nullptr;
int favoured = -1;
constexpr int kFavouredTurns = 40;  // for each one of the others

Fibre& current() { return *running->fibres[static_cast<std::size_t>(running->place.thread)]; }

void enter() {
  (*running->body)();
  current().done = true;
  swapcontext(&current().context, &running->scheduler);
}

/// Makes a fibre ready to enter the kernel.
void prepare(Fibre& fibre) {
  fibre.stack.resize(kStackBytes);
  getcontext(&fibre.context);
  fibre.context.uc_stack.ss_sp = fibre.stack.data();
  fibre.context.uc_stack.ss_size = fibre.stack.size();
  makecontext(&fibre.context, enter, 0);
}

/// Lets each thread of a group of warps go on until it waits; how many came to their end.
int run_group(Block& block, int first) {
  int ended = 0;
  for (int thread = first; thread < std::min(first + 128, block.threads); ++thread) {
    Fibre& fibre = *block.fibres[static_cast<std::size_t>(thread)];
    if (!fibre.done) {
      block.place.thread = thread;
      swapcontext(&block.scheduler, &fibre.context);
      ended += fibre.done ? 1 : 0;
    }
  }
  return ended;
}

void run_block(Block& block) {
  running = &block;
  for (int thread = 0; thread < block.threads; ++thread) {
    block.fibres.push_back(std::make_unique<Fibre>());
    prepare(*block.fibres.back());
  }
  int left = block.threads;
  while (left > 0) {
    for (int first = 0; first < block.threads; first += 128) {
      const int turns = first / 128 == favoured ? kFavouredTurns : 1;
      for (int turn = 0; turn < turns; ++turn) {
        left -= run_group(block, first);
      }
    }
  }
  running = nullptr;
}

Barrier& barrier_of(Block& block, std::uint32_t address) {
  const auto found = block.barriers.find(address);
  PTRAVEL_CHECK(found != block.barriers.end());
  return found->second;
}

void end_phase_when_complete(Barrier& barrier) {
  if (barrier.missing == 0 && barrier.bytes == 0) {
    barrier.missing = barrier.arrivals;
    ++barrier.phase;
  }
}

void arrive_at(Block& block, std::uint32_t address, int bytes) {
  Barrier& barrier = barrier_of(block, address);
  PTRAVEL_CHECK(barrier.missing > 0);
  --barrier.missing;
  barrier.bytes += bytes;
  end_phase_when_complete(barrier);
}

/// TensorMap of the emulated card: the numbers' address, then sizes and box.
int size_of(const TensorMap& map, int i) { return static_cast<int>(map.words[1 + i]); }
int box_of(const TensorMap& map, int i) { return static_cast<int>(map.words[5 + i]); }

int box_rows(const TensorMap& map) { return box_of(map, 1) * box_of(map, 2) * box_of(map, 3); }

char* at_offset(Block& block, std::uint32_t address, int bytes) {
  char* at = block.aligned + (address - kEmulatedBase);
  PTRAVEL_CHECK(at >= block.aligned && at + bytes <= &block.memory.back() + 1);
  return at;
}

/// Rows of 128 bytes whose pieces of 16 bytes are permuted by the address; zeros beyond the sizes.
void finish_copy(Block& block, const BoxCopy& copy) {
  PTRAVEL_CHECK(box_of(copy.map, 0) == 64 && copy.to % 1024 == 0);
  const auto* numbers = reinterpret_cast<const std::uint16_t*>(copy.map.words[0]);
  for (int row = 0; row < box_rows(copy.map); ++row) {
    int at[4] = {0, row % box_of(copy.map, 1), row / box_of(copy.map, 1) % box_of(copy.map, 2),
                 row / box_of(copy.map, 1) / box_of(copy.map, 2)};
    for (int k = 0; k < 64; ++k) {
      at[0] = k;
      std::int64_t offset = 0, step = 1;
      bool inside = true;
      for (int i = 0; i < 4; ++i) {
        const int place = copy.place[i] + at[i];
        inside = inside && place >= 0 && place < size_of(copy.map, i);
        offset += place * step;
        step *= size_of(copy.map, i);
      }
      const std::uint16_t number = inside ? numbers[offset] : 0;
      std::uint32_t address = copy.to + static_cast<std::uint32_t>(row * 128 + k * 2);
      address ^= ((address >> 7) & 7U) << 4;
      std::memcpy(at_offset(block, address, 2), &number, 2);
    }
  }
  Barrier& barrier = barrier_of(block, copy.barrier);
  barrier.bytes -= box_rows(copy.map) * 128;
  end_phase_when_complete(barrier);
}

}  // namespace

const Place& place() { return running->place; }
char* memory() { return running->aligned; }
void favour(int group) { favoured = group; }
void yield() { swapcontext(&current().context, &running->scheduler); }

void gather(int size, void* brought, const std::function<void(void* const*)>& work) {
  const int members = size == 0 ? running->threads : size;
  const int thread = running->place.thread;
  Gathering& gathering = running->gatherings[{members, thread / members}];
  gathering.brought.resize(static_cast<std::size_t>(members));
  gathering.brought[static_cast<std::size_t>(thread % members)] = brought;
  const int round = gathering.round;
  if (++gathering.arrived == members) {
    work(gathering.brought.data());
    gathering.arrived = 0;
    ++gathering.round;
    return;
  }
  while (gathering.round == round) {
    yield();
  }
}

void copy_async(char* to, const void* from, bool valid) {
  PTRAVEL_CHECK(to >= running->aligned && to + 16 <= &running->memory.back() + 1);
  std::memset(to, 0xFF, 16);  // Until it arrives, what lies there is no number.
  current().open.push_back({to, from, valid});
}

void commit_copies() { current().groups.push_back(std::exchange(current().open, {})); }

void wait_for_copies(int groups) {
  auto& pending = current().groups;
  while (static_cast<int>(pending.size()) > groups) {
    for (const Copy& copy : pending.front()) {
      if (copy.valid) {
        std::memcpy(copy.to, copy.from, 16);
      } else {
        std::memset(copy.to, 0, 16);
      }
    }
    pending.pop_front();
  }
}

void launch(int x, int y, int z, int threads, int memory, const std::function<void()>& body) {
  for (int block_z = 0; block_z < z; ++block_z) {
    for (int block_y = 0; block_y < y; ++block_y) {
      for (int block_x = 0; block_x < x; ++block_x) {
        Block block;
        block.place = {0, {block_x, block_y, block_z}, {x, y, z}};
        block.memory.assign(static_cast<std::size_t>(memory) + 1024, static_cast<char>(0xFF));
        const auto start = reinterpret_cast<std::uintptr_t>(block.memory.data());
        block.aligned = block.memory.data() + (1024 - start % 1024) % 1024;
        block.threads = threads;
        block.body = &body;
        run_block(block);
      }
    }
  }
}

}  // namespace ptravel::cuda::emulated

namespace ptravel::cuda {

using emulated::running;

TensorMap tensor_map(const void* numbers, const int (&sizes)[4], const int (&box)[4]) {
  TensorMap map;
  map.words[0] = reinterpret_cast<std::uint64_t>(numbers);
  for (int i = 0; i < 4; ++i) {
    map.words[1 + i] = static_cast<std::uint64_t>(sizes[i]);
    map.words[5 + i] = static_cast<std::uint64_t>(box[i]);
  }
  return map;
}

void begin_barrier(std::uint32_t barrier, int arrivals) {
  emulated::at_offset(*running, barrier, 8);
  running->barriers[barrier] = {arrivals, arrivals, 0, 0};
}
void arrive_expecting(std::uint32_t barrier, int bytes) {
  emulated::arrive_at(*running, barrier, bytes);
}
void arrive(std::uint32_t barrier) { emulated::arrive_at(*running, barrier, 0); }

void wait_for_phase(std::uint32_t barrier, int parity) {
  const emulated::Barrier& waited = emulated::barrier_of(*running, barrier);
  while (waited.phase % 2 == parity) {
    if (!running->copies.empty()) {
      const emulated::BoxCopy copy = running->copies.front();
      running->copies.pop_front();
      emulated::finish_copy(*running, copy);
    } else {
      emulated::yield();
    }
  }
}

void copy_box(
    std::uint32_t to, const TensorMap& map, std::uint32_t barrier, int a, int b, int c, int d) {
  // Until it arrives, what lies there is no number.
  const int bytes = emulated::box_rows(map) * 128;
  std::memset(emulated::at_offset(*running, to, bytes), 0xFF, static_cast<std::size_t>(bytes));
  running->copies.push_back({to, map, barrier, {a, b, c, d}});
}

}  // namespace ptravel::cuda
