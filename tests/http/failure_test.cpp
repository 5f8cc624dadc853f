// What the machine refuses: threads, memory. The server lives on.
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include "http/worker_pool.h"
#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace {

std::atomic<bool> no_threads{false};

}  // namespace

/// In place of the system's: fails as it does where there are too many threads.
extern "C" int pthread_create(pthread_t* thread,
                              const pthread_attr_t* attributes,
                              void* (*begin)(void*),
                              void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  return no_threads ? EAGAIN : create(thread, attributes, begin, argument);
}

namespace ptravel::test {
namespace {

/// No thread can be begun while it lives.
struct WithoutThreads {
  WithoutThreads() { no_threads = true; }
  ~WithoutThreads() { no_threads = false; }
};

TEST(HttpFailure, APoolWithoutAThreadRefusesAndDropsTheJob) {
  WorkerPool pool(2);
  std::atomic<int> done{0};
  {
    const WithoutThreads none;
    EXPECT_THROW(pool.submit([&] { done += 100; }), std::system_error);
  }
  pool.submit([&] { ++done; });
  pool.finish();
  EXPECT_EQ(done, 1);
}

TEST(HttpFailure, APoolGoesOnWithTheThreadsThatItHas) {
  WorkerPool pool(4);
  std::atomic<int> done{0};
  pool.submit([&] { ++done; });
  {
    const WithoutThreads none;
    for (int i = 0; i < 10; ++i) {
      pool.submit([&] { ++done; });
    }
  }
  pool.finish();
  EXPECT_EQ(done, 11);
}

TEST(HttpFailure, RequestsWithoutAThreadAreToldSoAndTheNextOnesAreServed) {
  TestServer server;
  RawClient client(server.port());
  {
    const WithoutThreads none;
    EXPECT_EQ(client.ask(get("/hello")).status, 503);
    RawClient other(server.port());
    EXPECT_EQ(other.ask(post("/wait", "")).status, 503);
  }
  EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "on the same connection";
  // The thread that there is now does what others cannot be begun for.
  const WithoutThreads none;
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(HttpFailure, AStreamWhoseSnapshotHasNoThreadEnds) {
  TestServer server;
  RawClient(server.port()).ask(get("/hello"));  // from here on handlers have their thread
  {
    const WithoutThreads none;
    RawClient client(server.port());
    client.send(get("/events"));
    EXPECT_THAT(client.read_until("\r\n\r\n"), testing::HasSubstr("200 OK"));
    EXPECT_TRUE(client.ends());
  }
  RawClient client(server.port());
  client.send(get("/events"));
  EXPECT_THAT(client.read_until("snapshot"), testing::HasSubstr("snapshot"));
}

TEST(HttpFailure, HandlersWithoutMemoryAreAnsweredFor) {
  TestServer server;
  RawClient client(server.port());
  const RawReply reply = client.ask(get("/no-memory"));
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, testing::HasSubstr("out_of_memory"));
  EXPECT_EQ(client.ask(get("/no-memory-at-all")).status, 500);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "on the same connection";
}

}  // namespace
}  // namespace ptravel::test
