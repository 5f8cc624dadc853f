// Event streams: the hub by itself, and over sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/event_listener.h"
#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace ptravel::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string id_line(std::uint64_t id) { return "id: " + std::to_string(id) + "\n"; }

/// What a listener gets that has seen `last_id`: a snapshot where it needs one, then all there is.
std::string all_of(EventHub& hub, std::optional<std::uint64_t> last_id) {
  EventListener listener(hub.state(), last_id, [] {});
  std::string text = listener.needs_snapshot() ? listener.take_snapshot() : "";
  return text + listener.take(1 << 20);
}

TEST(EventHub, NumbersFollowEachOther) {
  EventHub hub([] { return "{}"; });
  const std::uint64_t begin = hub.last_id();
  EXPECT_GT(begin, 1600000000000U);  // never numbers of an earlier process
  hub.publish("a", "1");
  hub.publish("b", "2");
  EXPECT_EQ(hub.last_id(), begin + 2);
  EXPECT_EQ(all_of(hub, begin), id_line(begin + 1) + "event: a\ndata: 1\n\n" + id_line(begin + 2) +
                                    "event: b\ndata: 2\n\n");
  EXPECT_EQ(all_of(hub, begin + 1), id_line(begin + 2) + "event: b\ndata: 2\n\n");
  EXPECT_EQ(all_of(hub, begin + 2), "");
}

TEST(EventHub, WhoBeginsAnewGetsASnapshotWithTheNumberToGoOnFrom) {
  EventHub hub([] { return "{\"all\":1}"; });
  hub.publish("a", "1");
  const std::string snapshot = id_line(hub.last_id()) + "event: snapshot\ndata: {\"all\":1}\n\n";
  EXPECT_EQ(all_of(hub, std::nullopt), snapshot);
  EXPECT_EQ(all_of(hub, hub.last_id() + 1), snapshot) << "a number that was never given";
  EXPECT_EQ(all_of(hub, 7), snapshot) << "a number of another process";
}

TEST(EventHub, WhatHappensDuringTheSnapshotComesBehindIt) {
  EventHub* inner = nullptr;
  EventHub hub([&] {
    inner->publish("during", "x");
    return "{}";
  });
  inner = &hub;
  EXPECT_THAT(all_of(hub, std::nullopt), HasSubstr("event: during"));
}

TEST(EventHub, WhoMissedMoreThanIsHeldGetsASnapshot) {
  EventHub hub([] { return "{}"; }, 4);
  const std::uint64_t begin = hub.last_id();
  for (int i = 0; i < 6; ++i) {
    hub.publish("a", std::to_string(i));
  }
  EXPECT_THAT(all_of(hub, begin), HasSubstr("event: snapshot"));
  EXPECT_THAT(all_of(hub, begin + 1), HasSubstr("event: snapshot"));
  EXPECT_THAT(all_of(hub, begin + 2), Not(HasSubstr("event: snapshot")));
}

TEST(EventHub, NewerOnesReplaceOlderOfTheSameNameAndKey) {
  EventHub hub([] { return "{}"; }, 8);
  const std::uint64_t begin = hub.last_id();
  hub.publish("job", "kept");
  for (int i = 0; i < 100; ++i) {
    hub.publish("progress", "a" + std::to_string(i), "a");
    hub.publish("progress", "b" + std::to_string(i), "b");
    hub.publish("preview", "p" + std::to_string(i), "a");
  }
  const std::string text = all_of(hub, begin);
  EXPECT_THAT(text, Not(HasSubstr("snapshot"))) << "replaced ones take no place";
  EXPECT_THAT(text, HasSubstr("data: kept"));
  for (const std::string data : {"a99", "b99", "p99"}) {
    EXPECT_THAT(text, HasSubstr("data: " + data + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("data: a98")));
}

TEST(EventHub, HeldEventsHaveABoundInBytes) {
  EventHub hub([] { return "{}"; });
  const std::uint64_t begin = hub.last_id();
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) {
    hub.publish("large", large);
  }
  EventListener listener(hub.state(), begin + 10, [] {});
  EXPECT_FALSE(listener.needs_snapshot());
  EventListener older(hub.state(), begin + 1, [] {});
  EXPECT_TRUE(older.needs_snapshot());
}

TEST(EventHub, LineEndsInDataStayInsideOneEvent) {
  EventHub hub([] { return "{}"; });
  const std::uint64_t begin = hub.last_id();
  hub.publish("a", "x\r\n\nid: 5");
  EXPECT_EQ(all_of(hub, begin), id_line(begin + 1) + "event: a\ndata: x\ndata: \ndata: id: 5\n\n");
}

TEST(EventHub, WakesOnceUntilTakenAgain) {
  EventHub hub([] { return "{}"; });
  int woken = 0;
  EventListener listener(hub.state(), hub.last_id(), [&] { ++woken; });
  hub.publish("a", "1");
  EXPECT_EQ(woken, 0) << "nobody waits yet";
  EXPECT_THAT(listener.take(1000), HasSubstr("data: 1"));
  EXPECT_EQ(listener.take(1000), "");
  hub.publish("a", "2");
  hub.publish("a", "3");
  EXPECT_EQ(woken, 1);
}

TEST(EventStream, SnapshotThenEvents) {
  TestServer server;
  server.snapshot = "{\"now\":1}";
  RawClient client(server.port());
  client.send(get("/events"));
  const std::string begin = client.read_until("event: snapshot");
  EXPECT_THAT(begin, HasSubstr("200 OK"));
  EXPECT_THAT(begin, HasSubstr("text/event-stream"));
  EXPECT_THAT(begin, HasSubstr("retry: "));
  EXPECT_TRUE(server.until([](const auto& counts) { return counts.listeners == 1; }));
  server.hub().publish("job", "{\"id\":1}");
  EXPECT_THAT(client.read_until("{\"id\":1}"), HasSubstr("event: job"));
}

TEST(EventStream, GoesOnFromTheLastNumber) {
  TestServer server;
  const std::uint64_t begin = server.hub().last_id();
  server.hub().publish("a", "first");
  server.hub().publish("a", "second");
  for (const bool by_query : {false, true}) {
    const std::string number = std::to_string(begin + 1);
    RawClient client(server.port());
    client.send(by_query ? get("/events?last_event_id=" + number)
                         : get("/events", "Last-Event-ID: " + number + "\r\n"));
    const std::string text = client.read_until("second");
    EXPECT_THAT(text, HasSubstr("data: second"));
    EXPECT_THAT(text, Not(HasSubstr("first")));
    EXPECT_THAT(text, Not(HasSubstr("snapshot")));
  }
}

TEST(EventStream, SilentStreamsGetComments) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/events"));
  client.read_until("event: snapshot");
  EXPECT_THAT(client.read_until("\r\n:\n\n"), HasSubstr(":\n\n"));
}

TEST(EventStream, EndsWhenTheClientGoes) {
  TestServer server;
  {
    RawClient client(server.port());
    client.send(get("/events"));
    client.read_until("event: snapshot");
    EXPECT_EQ(server.server().counts().listeners, 1U);
  }
  EXPECT_TRUE(server.until(
      [](const auto& counts) { return counts.listeners == 0 && counts.connections == 0; }));
}

TEST(EventStream, ASlowListenerGetsTheNewestAndHoldsUpNobody) {
  HttpServerOptions options = quick_options();
  options.body_time = std::chrono::seconds(60);  // slow, but not so slow that it is let go
  TestServer server(options);
  RawClient slow(server.port(), 4096);
  RawClient quick(server.port());
  for (RawClient* client : {&slow, &quick}) {
    client->send(get("/events"));
    client->read_until("event: snapshot");  // events before it are part of it
  }
  const std::string padding(2000, '.');
  const int count = 3000;  // six megabytes
  for (int i = 0; i < count; ++i) {
    server.hub().publish("progress", std::to_string(i) + padding, "job");
  }
  server.hub().publish("job", "end");
  EXPECT_THAT(quick.read_until("data: end"), HasSubstr("data: end"));
  const std::string text = slow.read_until("data: end");
  EXPECT_THAT(text, HasSubstr("data: end"));
  EXPECT_THAT(text, HasSubstr("data: " + std::to_string(count - 1) + "."));
  EXPECT_LT(text.size(), std::size_t{2} << 20) << "older ones were left out";
}

TEST(EventStream, StopEndsStreams) {
  TestServer server;
  RawClient client(server.port());
  client.send(get("/events"));
  client.read_until("event: snapshot");
  const auto begin = std::chrono::steady_clock::now();
  server.stop(std::chrono::seconds(10));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_TRUE(client.ends());
}

TEST(EventStream, ManyListenersGetEveryEvent) {
  TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(get("/events"));
  }
  for (auto& client : clients) {
    client->read_until("event: snapshot");
  }
  EXPECT_EQ(server.server().counts().listeners, 100U);
  for (int i = 0; i < 20; ++i) {
    server.hub().publish("frame", "number " + std::to_string(i));
  }
  for (auto& client : clients) {
    const std::string text = client->read_until("number 19");
    for (int i = 0; i < 20; ++i) {
      ASSERT_THAT(text, HasSubstr("data: number " + std::to_string(i) + "\n"));
    }
  }
}

}  // namespace
}  // namespace ptravel::test
