#include "tensor/cpu/memory.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "ptravel/error.h"
#include "tensor/library_errors.h"

namespace ptravel::cpu {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(Arena, UsesTheLowestPlaceThatHasRoom) {
  Arena arena(64 * kMiB);
  auto* first = static_cast<char*>(arena.take(3 * kMiB));
  auto* second = static_cast<char*>(arena.take(kMiB));
  auto* third = static_cast<char*>(arena.take(kMiB));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % (2 * kMiB), 0U);
  EXPECT_EQ(second, first + 3 * kMiB);
  arena.give_back(first);
  EXPECT_EQ(arena.take(4 * kMiB), third + kMiB) << "does not fit into the hole";
  EXPECT_EQ(arena.take(kMiB), first);
  EXPECT_EQ(arena.take(2 * kMiB), first + kMiB);
  EXPECT_EQ(arena.used(), 9 * kMiB);
  EXPECT_EQ(arena.reach(), 9 * kMiB);
}

TEST(Arena, JoinsNeighbours) {
  Arena arena(16 * kMiB);
  std::vector<void*> blocks;
  for (int i = 0; i < 16; ++i) {
    blocks.push_back(arena.take(kMiB));
  }
  EXPECT_EQ(arena.take(1), nullptr) << "full";
  for (const int i : {1, 3, 2, 15, 14, 0}) {
    arena.give_back(blocks[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(arena.take(4 * kMiB), blocks[0]);
  EXPECT_EQ(arena.take(2 * kMiB), blocks[14]);
  EXPECT_EQ(arena.used(), 16 * kMiB);
}

/// Pages of a range that are in memory.
std::size_t resident_pages(void* begin, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / 4096);
  EXPECT_EQ(::mincore(begin, bytes, pages.data()), 0);
  return static_cast<std::size_t>(std::count_if(
      pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

TEST(Arena, GivesBackPagesThatLieFreeAndNoOthers) {
  Arena arena(64 * kMiB);
  auto* kept = static_cast<char*>(arena.take(4 * kMiB));
  auto* gone = static_cast<char*>(arena.take(8 * kMiB));
  std::memset(kept, 'k', 4 * kMiB);
  std::memset(gone, 'g', 8 * kMiB);
  arena.give_back(gone);
  EXPECT_EQ(resident_pages(gone, 8 * kMiB), 2048U);
  arena.release_free_pages();
  EXPECT_EQ(resident_pages(gone, 8 * kMiB), 0U);
  EXPECT_EQ(std::count(kept, kept + 4 * kMiB, 'k'), static_cast<std::ptrdiff_t>(4 * kMiB));
  EXPECT_EQ(arena.take(8 * kMiB), gone);  // and they can be had again
  gone[0] = 1;
}

TEST(Arena, BlocksNeverOverlap) {
  Arena arena(256 * kMiB);
  std::mt19937 random(3);
  struct Block {
    unsigned char* begin;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Block> blocks;
  for (int round = 0; round < 2000; ++round) {
    if (blocks.size() > 20 || (!blocks.empty() && random() % 3 == 0)) {
      const std::size_t index = random() % blocks.size();
      const Block block = blocks[index];
      for (std::size_t i = 0; i < block.bytes; i += 61) {
        ASSERT_EQ(block.begin[i], block.mark);
      }
      arena.give_back(block.begin);
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(index));
    } else {
      const std::size_t bytes = 1 + random() % 100000;
      auto* begin = static_cast<unsigned char*>(arena.take(bytes));
      ASSERT_NE(begin, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(begin) % 64, 0U);
      const auto mark = static_cast<unsigned char>(round);
      std::memset(begin, mark, bytes);
      blocks.push_back({begin, bytes, mark});
    }
  }
}

TEST(Arena, ServesSeveralThreads) {
  Arena arena(64 * kMiB);
  const auto work = [&] {
    for (int i = 0; i < 2000; ++i) {
      auto* block = static_cast<int*>(arena.take(1000));
      *block = i;
      arena.give_back(block);
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(arena.used(), 0U);
}

TEST(Arena, RefusesWhatItDidNotHandOut) {
  Arena arena(16 * kMiB);
  auto* block = static_cast<char*>(arena.take(100));
  EXPECT_THROW(arena.give_back(block + 64), Error);
  EXPECT_FALSE(arena.contains(&arena));
  EXPECT_TRUE(arena.contains(block));
}

TEST(ArenaForTensors, LargeOnesLieThere) {
  use_arena_for_tensors();
  const std::size_t before = arena().used();
  {
    const at::Tensor large = at::zeros({1000, 1000});
    EXPECT_TRUE(arena().contains(large.data_ptr()));
    EXPECT_GE(arena().used(), before + 4000000);
    const at::Tensor small = at::zeros({10});
    EXPECT_FALSE(arena().contains(small.data_ptr()));
    at::Tensor empty = at::empty({0});
    empty.resize_({300, 300});
    EXPECT_TRUE(arena().contains(empty.data_ptr()));
  }
  EXPECT_EQ(arena().used(), before);
}

TEST(ArenaForTensors, MoreThanThereIsSaysHowMuch) {
  use_arena_for_tensors();
  try {
    with_own_errors("working", [] { at::empty({std::int64_t{1} << 58}, at::kByte); });
    ADD_FAILURE() << "there was enough";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(std::int64_t{1} << 58) + " bytes"));
  }
}

}  // namespace
}  // namespace ptravel::cpu
