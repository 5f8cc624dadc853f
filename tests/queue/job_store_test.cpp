// Rows: what is listed, how fast, and databases that are not ours to touch.

#include "queue/job_store.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/queue/queue_testing.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

JobRecord job_of(const std::string& id, const std::string& prompt, const std::string& name = "") {
  JobRecord job;
  job.id = id;
  job.name = name;
  job.created = 1;
  job.request.prompt = prompt;
  return job;
}

std::vector<std::string> ids(const std::vector<JobRecord>& jobs) {
  std::vector<std::string> result;
  for (const JobRecord& job : jobs) {
    result.push_back(job.id);
  }
  return result;
}

class JobStoreTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path path_ = folder_ / "queue.sqlite";
  JobStore store_{path_, Database::Access::Write};
};

TEST_F(JobStoreTest, ARecordComesBackAsItWas) {
  JobRecord job = job_of("job-0001", "a cat\na \"dog\"\t\xE2\x86\x92", "n\xC3\xA4me");
  job.request.seed = {18446744073709551615ULL, 3};
  job.request.eta = 0.5;
  store_.add(job, "asked", false);
  const JobRecord stored = store_.change("job-0001", [](JobRecord& record) {
    record.state = QueueState::Failed;
    record.folder = "00007";
    record.frames_total = 5;
    record.frames_done = 2;
    record.stage_frames = {0, 4};
    record.video = "travel-00007.mp4";
    record.contact_sheet = "contact-sheet.png";
    record.error = Error(ErrorCode::InvalidArgument, Problem{"width", "7, expected 8"});
    record.notes = {"one", "two \"quoted\""};
    record.started = 1764230000.25;
    record.finished = 1764230001.5;
    record.trashed = 3;
  });
  const auto found = store_.find("job-0001");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->request, job.request);
  EXPECT_EQ(found->name, job.name);
  EXPECT_EQ(found->state, QueueState::Failed);
  EXPECT_EQ(found->folder, "00007");
  EXPECT_EQ(found->stage_frames, stored.stage_frames);
  EXPECT_EQ(found->video, "travel-00007.mp4");
  EXPECT_EQ(found->contact_sheet, "contact-sheet.png");
  ASSERT_TRUE(found->error);
  EXPECT_EQ(found->error->code(), ErrorCode::InvalidArgument);
  EXPECT_EQ(found->error->problems(), stored.error->problems());
  EXPECT_EQ(found->notes, stored.notes);
  EXPECT_EQ(found->started, 1764230000.25);
  EXPECT_EQ(found->finished, 1764230001.5);
  EXPECT_EQ(found->trashed, 3);
  EXPECT_EQ(store_.asked("job-0001"), "asked");
}

TEST_F(JobStoreTest, EveryStateHasANameAndComesBack) {
  for (int i = 0; i <= static_cast<int>(QueueState::Interrupted); ++i) {
    const auto state = static_cast<QueueState>(i);
    EXPECT_EQ(parse_queue_state(queue_state_name(state)), state);
    EXPECT_EQ(is_waiting(state) + is_in_work(state) + is_over(state), 1);
  }
}

TEST_F(JobStoreTest, SearchIgnoresCaseAndTakesNoCharacterForAnother) {
  store_.add(job_of("job-0001", "a red cat"), "", false);
  store_.add(job_of("job-0002", "100% cotton_wool"), "", false);
  store_.add(job_of("job-0003", "the sea",
                    "\xC3\x9C"
                    "bung \xD0\x9C\xD0\x9E\xD0\xA0\xD0\x95"),
             "", false);
  const auto found = [&](const std::string& text) {
    JobFilter filter;
    filter.search = text;
    return ids(store_.list(filter));
  };
  EXPECT_THAT(found("RED"), testing::ElementsAre("job-0001"));
  EXPECT_THAT(found("0%"), testing::ElementsAre("job-0002"));
  EXPECT_THAT(found("n_w"), testing::ElementsAre("job-0002"));
  EXPECT_THAT(found("%"), testing::ElementsAre("job-0002"));
  EXPECT_THAT(found("\xC3\xBC"
                    "bung"),
              testing::ElementsAre("job-0003"));
  EXPECT_THAT(found("\xD0\xBC\xD0\xBE\xD1\x80\xD0\xB5"), testing::ElementsAre("job-0003"));
  EXPECT_THAT(found("' OR 1=1 --"), testing::IsEmpty());
}

TEST_F(JobStoreTest, MovingBetweenNeighboursNeverRunsOutOfRoom) {
  for (const char* id : {"job-000a", "job-000b", "job-000c"}) {
    store_.add(job_of(id, "x"), "", false);
  }
  std::string last = "job-000b";
  for (int i = 0; i < 200; ++i) {  // Halving a double's gap works some fifty times.
    const std::string moved = i % 2 == 0 ? "job-000c" : "job-000b";
    const double place = store_.place_before(last);
    store_.change(moved, [&](JobRecord& job) { job.place = place; });
    EXPECT_EQ(store_.waiting_ids(), (std::vector<std::string>{"job-000a", moved, last})) << i;
    last = moved;
  }
}

TEST_F(JobStoreTest, TenThousandJobsListInMilliseconds) {
  const std::string long_prompt(600, 'x');
  {
    Database fast(path_, Database::Access::Write);
    store_.add(job_of("job-first", "a cat\n" + long_prompt), "", false);
    Transaction transaction(fast);
    Statement(fast,
              "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
              "INSERT INTO jobs(id, name, state, place, created, asked, search, request) "
              "SELECT 'job-' || printf('%05d', i), 'name ' || i, CASE WHEN i % 3 = 0 THEN 'queued' "
              "WHEN i = 5000 THEN 'failed' ELSE 'done' END, i, i, '', search || ' ' || i, request "
              "FROM n, jobs WHERE jobs.id = 'job-first'")
        .run();
    transaction.commit();
  }
  JobStore reader(path_, Database::Access::Read);
  JobFilter filter;
  const auto timed = [&](const char* what, double limit, const std::function<void()>& work) {
    double best = limit;
    for (int i = 0; i < 10 && best >= limit; ++i) {  // the first warms up; others may be at work
      const auto begin = Clock::now();
      work();
      best = std::min(best, milliseconds_since(begin));
    }
    EXPECT_LT(best, limit) << what;
  };
  // A page takes 3 ms on an idle machine; the limits leave room for a busy one and for sanitizers.
  timed("newest page", 100, [&] { EXPECT_EQ(reader.list(filter).size(), 50U); });
  filter.before = 5000;
  timed("page in the middle", 100, [&] { EXPECT_EQ(reader.list(filter).front().number, 4999); });
  filter.before = 0;
  filter.states = {QueueState::Failed};
  timed("rare state", 100, [&] { EXPECT_EQ(reader.list(filter).size(), 1U); });
  filter.states.clear();
  filter.search = "777";
  timed("search", 300, [&] { EXPECT_EQ(reader.list(filter).size(), 19U); });
  filter.search = "nowhere";
  timed("search for nothing", 300, [&] { EXPECT_TRUE(reader.list(filter).empty()); });
  timed("order of those that wait", 100, [&] { EXPECT_GT(reader.waiting_ids().size(), 3000U); });
  timed("the first that waits", 20, [&] { EXPECT_EQ(reader.waiting(1).size(), 1U); });

  filter = {};
  filter.limit = 200;
  std::set<std::int64_t> seen;
  while (true) {  // Every job once, page by page.
    const auto page = reader.list(filter);
    if (page.empty()) {
      break;
    }
    for (const JobRecord& job : page) {
      EXPECT_TRUE(seen.insert(job.number).second);
    }
    filter.before = page.back().number;
  }
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST_F(JobStoreTest, NumbersAndIdsOfJobsThatAreGoneDoNotComeBack) {
  store_.add(job_of("job-0001", "x"), "", false);
  store_.erase("job-0001");
  EXPECT_FALSE(store_.find("job-0001"));
  EXPECT_TRUE(store_.is_gone("job-0001"));
  EXPECT_EQ(store_.add(job_of("job-0002", "x"), "", false).number, 2);
}

TEST_F(JobStoreTest, ReadersSeeEveryChangeByItsRevision) {
  JobStore reader(path_, Database::Access::Read);
  const std::int64_t added = store_.add(job_of("job-0001", "x"), "", false).revision;
  store_.add(job_of("job-0002", "y"), "", false);
  EXPECT_EQ(reader.find("job-0001")->name, "");
  const JobRecord named = store_.change("job-0001", [](JobRecord& job) { job.name = "mine"; });
  EXPECT_GT(named.revision, added);
  EXPECT_EQ(reader.find("job-0001")->name, "mine");
  EXPECT_EQ(reader.find("job-0001")->revision, named.revision);
  expect_error(ErrorCode::Unsupported, "not this time", [&] {
    store_.change("job-0001", [](JobRecord& job) {
      job.name = "never";
      throw Error(ErrorCode::Unsupported, "not this time");
    });
  });
  EXPECT_EQ(reader.find("job-0001")->name, "mine");
}

TEST_F(JobStoreTest, TheJobBeforeIsTheLastOneThatIsNotInTheTrash) {
  JobStore reader(path_, Database::Access::Read);
  EXPECT_EQ(store_.add(job_of("job-0001", "x"), "", false).previous, 0);
  store_.add(job_of("job-0002", "x"), "", false);
  EXPECT_EQ(store_.add(job_of("job-0003", "x"), "", false).previous, 2);
  EXPECT_EQ(reader.find("job-0003")->previous, 2);
  store_.change("job-0002", [](JobRecord& job) { job.trashed = 1; });
  EXPECT_EQ(reader.find("job-0003")->previous, 1);
  EXPECT_EQ(reader.find(1)->id, "job-0001");
  EXPECT_FALSE(reader.find(0));
}

TEST_F(JobStoreTest, TheOrderIsReadAgainWhenItChanges) {
  JobStore reader(path_, Database::Access::Read);
  store_.add(job_of("job-0001", "x"), "", false);
  store_.add(job_of("job-0002", "x"), "", false);
  const auto order = reader.waiting_order();
  EXPECT_EQ(order->place("job-0002"), 2);
  EXPECT_EQ(order->place("job-0003"), std::nullopt);
  EXPECT_EQ(reader.waiting_order(), order);
  store_.add(job_of("job-0003", "x"), "", true);
  EXPECT_EQ(reader.waiting_order()->place("job-0002"), 3);
  EXPECT_EQ(store_.waiting_order()->place("job-0003"), 1);
  store_.change("job-0003", [](JobRecord& job) { job.trashed = 1; });
  EXPECT_EQ(store_.waiting_order()->place("job-0003"), std::nullopt);
}

/// The files of a folder must be as they were after `action` refused.
void expect_untouched(const TemporaryFolder& folder, const std::function<void()>& action) {
  const std::string before = read_file(folder / "queue.sqlite");
  action();
  EXPECT_EQ(read_file(folder / "queue.sqlite"), before);
}

TEST(JobStoreFile, DamageIsToldAndNothingOverwritten) {
  const TemporaryFolder folder;
  {
    JobStore store(folder / "queue.sqlite", Database::Access::Write);
    for (int i = 0; i < 50; ++i) {
      store.add(job_of("job-000" + std::to_string(i), std::string(3000, 'x')), "", false);
    }
  }
  std::string bytes = read_file(folder / "queue.sqlite");
  ASSERT_GT(bytes.size(), 100'000U);
  for (std::size_t i = 20'000; i < 60'000; ++i) {
    bytes[i] = static_cast<char>(i * 31);
  }
  std::ofstream(folder / "queue.sqlite", std::ios::binary) << bytes;
  expect_untouched(folder, [&] {
    expect_error(ErrorCode::Corrupt, "queue.sqlite",
                 [&] { JobStore store(folder / "queue.sqlite", Database::Access::Write); });
  });
}

TEST(JobStoreFile, WhatIsNoDatabaseIsLeftAlone) {
  const TemporaryFolder folder;
  std::ofstream(folder / "queue.sqlite")
      << "a shopping list, long enough to have a header " << std::string(5000, '.');
  expect_untouched(folder, [&] {
    expect_error(ErrorCode::Corrupt, "expected the queue's database",
                 [&] { JobStore store(folder / "queue.sqlite", Database::Access::Write); });
  });
}

TEST(JobStoreFile, AnotherProgramsDatabaseIsLeftAlone) {
  const TemporaryFolder folder;
  Database(folder / "queue.sqlite", Database::Access::Write).run("CREATE TABLE recipes(name TEXT)");
  expect_untouched(folder, [&] {
    expect_error(ErrorCode::Corrupt, "another program's database",
                 [&] { JobStore store(folder / "queue.sqlite", Database::Access::Write); });
  });
}

TEST(JobStoreFile, AnOlderVersionIsTakenOver) {
  const TemporaryFolder folder;
  {
    JobStore store(folder / "queue.sqlite", Database::Access::Write);
    store.add(job_of("job-0001", "a cat"), "", false);
  }
  Database(folder / "queue.sqlite", Database::Access::Write)
      .run("ALTER TABLE jobs DROP COLUMN revision; PRAGMA user_version=1");
  {
    JobStore store(folder / "queue.sqlite", Database::Access::Write);
    store.change("job-0001", [](JobRecord& job) { job.name = "kept"; });
  }
  JobStore store(folder / "queue.sqlite", Database::Access::Write);
  EXPECT_EQ(store.find("job-0001")->name, "kept");
  EXPECT_EQ(store.find("job-0001")->revision, 1);
}

TEST(JobStoreFile, ANewerVersionIsLeftAlone) {
  const TemporaryFolder folder;
  { JobStore store(folder / "queue.sqlite", Database::Access::Write); }
  Database(folder / "queue.sqlite", Database::Access::Write).run("PRAGMA user_version=99");
  expect_untouched(folder, [&] {
    expect_error(ErrorCode::Unsupported, "has version 99",
                 [&] { JobStore store(folder / "queue.sqlite", Database::Access::Write); });
  });
}

}  // namespace
}  // namespace ptravel
