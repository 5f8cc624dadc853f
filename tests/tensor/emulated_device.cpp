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

struct Block {
  Place place;
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
        for (int thread = first; thread < std::min(first + 128, block.threads); ++thread) {
          Fibre& fibre = *block.fibres[static_cast<std::size_t>(thread)];
          if (!fibre.done) {
            block.place.thread = thread;
            swapcontext(&block.scheduler, &fibre.context);
            left -= fibre.done ? 1 : 0;
          }
        }
      }
    }
  }
  running = nullptr;
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
