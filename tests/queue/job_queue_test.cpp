// The queue as interfaces use it, with the tiny model.

#include "queue/job_queue.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/queue/queue_testing.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

TEST(JobQueueDrawing, AJobIsDrawnAndToldOf) {
  const TemporaryFolder out, whole_out;
  std::mutex mutex;
  std::vector<QueueState> states;
  std::vector<std::int64_t> frames;
  QueueWatcher watcher;
  watcher.job = [&](const JobRecord& job) {
    const std::lock_guard lock(mutex);
    if (states.empty() || states.back() != job.state) {
      states.push_back(job.state);
    }
  };
  watcher.frame = [&](const std::string&, std::int64_t index) { frames.push_back(index); };
  JobQueue queue(queue_options(out), watcher);
  queue.start();
  const auto submitted = queue.submit(small_request(out), "job-0001", "a walk", false);
  EXPECT_TRUE(submitted.is_new);
  EXPECT_EQ(submitted.job.number, 1);
  const JobRecord job = queue.wait("job-0001");
  EXPECT_EQ(job.state, QueueState::Done) << (job.error ? job.error->what() : "");
  EXPECT_EQ(job.frames_total, 4);
  EXPECT_EQ(job.frames_done, 4);
  EXPECT_EQ(job.video, "travel-00000.gif");
  EXPECT_THAT(job.stage_frames, testing::ElementsAre(0, 3));
  EXPECT_GT(job.finished, job.started);
  EXPECT_TRUE(queue.seconds_per_frame(small_request(out)).has_value());
  queue.stop();
  EXPECT_THAT(frames, testing::UnorderedElementsAre(0, 1, 2, 3));
  EXPECT_THAT(states,
              testing::ElementsAre(QueueState::Queued, QueueState::Loading, QueueState::Drawing,
                                   QueueState::Assembling, QueueState::Done));
  Progress progress;
  const RunResult whole = run_travel(small_request(whole_out), progress, kNoEvents);
  EXPECT_TRUE(contents(queue.run_folder(job)) == contents(whole.folder));
}

/// The pictures among which a pace is found count by themselves: with 20 of them for each frame the
/// film's frames are no slower.
TEST(JobQueueDrawing, SecondsPerFrameAreThoseOfOnePicture) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  queue.start();
  const auto seconds = [&](const std::string& id, Pace pace) {
    TravelRequest request = small_request(out);
    request.travel_steps = "1";
    request.fps = 0;
    request.pace = pace;
    request.pace_budget = 20;
    queue.submit(request, id, "", false);
    const JobRecord job = queue.wait(id);
    EXPECT_EQ(job.state, QueueState::Done) << (job.error ? job.error->what() : "");
    return queue.seconds_per_frame(request).value_or(0);
  };
  const double before = seconds("plain-01", Pace::Alpha);
  const double even = seconds("even-001", Pace::Even);
  const double preview = seconds("preview1", Pace::Preview);
  const double after = seconds("plain-02", Pace::Alpha);
  EXPECT_GT(std::min({before, even, preview, after}), 0);
  EXPECT_LT(even, 6 * std::max(before, after));
  EXPECT_LT(preview, 6 * std::max(before, after));
}

TEST(JobQueueStop, FromSeveralThreadsAtOnce) {
  for (int i = 0; i < 20; ++i) {
    const TemporaryFolder out;
    JobQueue queue(queue_options(out), {});
    queue.start();
    std::atomic<int> waiting{0};
    std::vector<std::thread> threads;
    for (int j = 0; j < 4; ++j) {
      threads.emplace_back([&] {
        ++waiting;
        while (waiting < 4) {
        }
        queue.stop();
        // Whoever comes back finds it ended.
        EXPECT_THROW(queue.run_task("late", [](ModelStore&, Progress&) {}), Error);
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }
}

TEST(JobQueueSubmit, TheSameIdFromEightThreadsIsOneJob) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  TravelRequest request = small_request(out);
  request.seed = {-1};
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::pair<std::int64_t, std::string>> jobs;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j) {
        const auto result = queue.submit(request, "the-same-id", "", false);
        made += result.is_new ? 1 : 0;
        const std::lock_guard lock(mutex);
        jobs.insert({result.job.number, to_text(result.job.request.seed.front())});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(jobs.size(), 1U);  // one number, one seed
  EXPECT_NE(jobs.begin()->second, "-1");
  EXPECT_EQ(queue.list({}).size(), 1U);
  request.steps = 3;
  expect_error(ErrorCode::InvalidArgument, "is taken by a job of another request",
               [&] { queue.submit(request, "the-same-id", "", false); });
}

TEST(JobQueueSubmit, WrongIdsNamesAndAFullQueueAreRefused) {
  const TemporaryFolder out;
  JobQueueOptions options = queue_options(out);
  options.longest = 2;
  JobQueue queue(options, {});
  const TravelRequest request = small_request(out);
  for (const char* id :
       {"short", "has space in it", "../../../etc/passwd", "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4"}) {
    expect_error(ErrorCode::InvalidArgument, "id: expected 8 to 64",
                 [&] { queue.submit(request, id, "", false); });
  }
  expect_error(ErrorCode::InvalidArgument, "name: 201 characters",
               [&] { queue.submit(request, "job-0001", std::string(201, 'x'), false); });
  EXPECT_EQ(queue.submit(request, "", "", false).job.id.size(), 22U);
  queue.submit(request, "job-0002", "", false);
  expect_error(ErrorCode::InvalidArgument, "queue: 2 jobs wait",
               [&] { queue.submit(request, "job-0003", "", false); });
  EXPECT_FALSE(queue.submit(request, "job-0002", "", false).is_new);
}

TEST(JobQueueOrder, FrontBeforeAndCancelledJobs) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  const TravelRequest request = small_request(out);
  for (const char* id : {"job-000a", "job-000b", "job-000c"}) {
    queue.submit(request, id, "", false);
  }
  queue.submit(request, "job-000d", "", true);
  using Ids = std::vector<std::string>;
  EXPECT_EQ(queue.waiting_ids(), (Ids{"job-000d", "job-000a", "job-000b", "job-000c"}));
  queue.move_to_front("job-000c");
  queue.move_before("job-000b", "job-000d");
  EXPECT_EQ(queue.waiting_ids(), (Ids{"job-000c", "job-000b", "job-000d", "job-000a"}));
  queue.move_before("job-000b", "job-000b");
  EXPECT_EQ(queue.position(*queue.find("job-000d")), 3);
  EXPECT_EQ(queue.waiting_count(), 4);
  EXPECT_EQ(queue.cancel("job-000b").state, QueueState::Cancelled);
  EXPECT_EQ(queue.position(*queue.find("job-000b")), std::nullopt);
  EXPECT_EQ(queue.waiting_ids(), (Ids{"job-000c", "job-000d", "job-000a"}));
  EXPECT_EQ(queue.continue_job("job-000b").state, QueueState::Queued);
  EXPECT_EQ(queue.waiting_ids(), (Ids{"job-000b", "job-000c", "job-000d", "job-000a"}));
  EXPECT_EQ(queue.rename("job-000a", "the last").name, "the last");
  EXPECT_EQ(queue.previous(*queue.find("job-000c"))->id, "job-000b");
  expect_error(ErrorCode::InvalidArgument, "is queued, expected cancelled",
               [&] { queue.continue_job("job-000a"); });
  expect_error(ErrorCode::NotFound, "no job nobody-has-it", [&] { queue.cancel("nobody-has-it"); });
  expect_error(ErrorCode::NotFound, "no job nobody-has-it",
               [&] { queue.move_before("job-000a", "nobody-has-it"); });
}

TEST(JobQueueDrawing, ACancelledJobKeepsItsFramesAndGoesOn) {
  const TemporaryFolder out;
  JobQueue* running = nullptr;
  QueueWatcher watcher;
  watcher.frame = [&](const std::string& id, std::int64_t index) {
    if (id == "job-0001" && index == 1) {
      running->cancel(id);
    }
  };
  JobQueue queue(queue_options(out), watcher);
  running = &queue;
  queue.submit(small_request(out), "job-0001", "", false);
  queue.start();
  const JobRecord cancelled = queue.wait("job-0001");
  EXPECT_EQ(cancelled.state, QueueState::Cancelled);
  EXPECT_EQ(cancelled.frames_done, 2);
  EXPECT_EQ(cancelled.frames_total, 4);
  expect_error(ErrorCode::InvalidArgument, "is cancelled, expected one that waits",
               [&] { queue.cancel("job-0001"); });
  queue.continue_job("job-0001");
  const JobRecord job = queue.wait("job-0001");
  EXPECT_EQ(job.state, QueueState::Done);
  EXPECT_EQ(job.folder, cancelled.folder);
}

TEST(JobQueueDrawing, FramesOfTheJobInWorkAreThoseThatDrawingTold) {
  const TemporaryFolder out;
  JobQueue* running = nullptr;
  std::string told;
  std::int64_t done = 0;
  QueueWatcher watcher;
  watcher.frame = [&](const std::string& id, std::int64_t index) {
    if (index == 1) {
      const JobRecord job = *running->find(id);
      const fs::path frame = running->run_folder(job) / "00000.png";
      fs::rename(frame, out / "frame.png");  // nobody looks into the folder
      told = running->frames(job);
      done = job.frames_done;
      fs::rename(out / "frame.png", frame);
    }
  };
  JobQueue queue(queue_options(out), watcher);
  running = &queue;
  queue.submit(small_request(out), "job-0001", "", false);
  queue.start();
  const JobRecord job = queue.wait("job-0001");
  EXPECT_EQ(job.state, QueueState::Done);
  EXPECT_EQ(told, "0-1");
  EXPECT_EQ(done, 2);
  fs::remove(queue.run_folder(job) / "00002.png");
  EXPECT_EQ(queue.frames(job), "0-1,3");
}

TEST(JobQueueDrawing, AJobThatCannotBeDrawnFailsAndTheNextOneIsDrawn) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  TravelRequest request = small_request(out);
  request.model = (out / "no-such.safetensors").string();
  queue.submit(request, "job-0001", "", false);
  queue.submit(small_request(out), "job-0002", "", false);
  queue.start();
  const JobRecord failed = queue.wait("job-0001");
  EXPECT_EQ(failed.state, QueueState::Failed);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code(), ErrorCode::NotFound);
  EXPECT_EQ(failed.folder, "");
  EXPECT_EQ(queue.wait("job-0002").state, QueueState::Done);
  EXPECT_FALSE(fs::exists(out / "prompt_travel/00001"));
}

TEST(JobQueueDrawing, AFolderThatTheUserRemovedIsDrawnAnew) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  queue.submit(small_request(out), "job-0001", "", false);
  queue.submit(small_request(out), "job-0002", "", false);
  queue.cancel("job-0001");
  queue.start();
  queue.wait("job-0002");
  queue.continue_job("job-0001");
  const JobRecord first = queue.wait("job-0001");
  EXPECT_EQ(first.folder, "00001");
  EXPECT_EQ(first.state, QueueState::Done);
}

TEST(JobQueueDrawing, APreviewAndTheSamplersPlaceAreTold) {
  const TemporaryFolder out;
  std::mutex mutex;
  std::vector<LivePreview> previews;
  std::vector<ProgressSnapshot> told;
  QueueWatcher watcher;
  watcher.preview = [&](const LivePreview& preview) {
    const std::lock_guard lock(mutex);
    previews.push_back(preview);
  };
  watcher.progress = [&](const std::string& id, const ProgressSnapshot& snapshot) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(id, "job-0001");
    told.push_back(snapshot);
  };
  JobQueue queue(queue_options(out), watcher);
  queue.start();
  queue.submit(small_request(out), "job-0001", "", false);
  queue.wait("job-0001");
  queue.stop();
  ASSERT_FALSE(previews.empty());  // the first comes with the first step
  EXPECT_EQ(previews.front().number, 1U);
  EXPECT_EQ(previews.front().job, "job-0001");
  EXPECT_EQ(previews.front().frame, 0);
  EXPECT_EQ(previews.front().step, 1);
  EXPECT_EQ(previews.front().steps, 2);
  EXPECT_EQ(previews.front().image.width, 4);
  EXPECT_FALSE(queue.preview());
  const bool stepped = std::any_of(told.begin(), told.end(), [](const ProgressSnapshot& snapshot) {
    return snapshot.phase == WorkPhase::Drawing && snapshot.sampling.step > 0;
  });
  EXPECT_TRUE(stepped);
}

TEST(JobQueueTasks, ATaskGetsTheDeviceBetweenJobsBeforeThoseThatWait) {
  const TemporaryFolder out;
  std::mutex mutex;
  std::vector<std::string> order;
  const auto note = [&](const std::string& what) {
    const std::lock_guard lock(mutex);
    order.push_back(what);
  };
  std::atomic<bool> drawing{false};
  QueueWatcher watcher;
  watcher.job = [&](const JobRecord& job) {
    drawing = drawing || job.state == QueueState::Drawing;
    if (is_over(job.state)) {
      note(job.id);
    }
  };
  JobQueue queue(queue_options(out), watcher);
  TravelRequest longer = small_request(out);
  longer.travel_steps = "30";
  queue.submit(longer, "job-0001", "", false);
  queue.submit(small_request(out), "job-0002", "", false);
  queue.start();
  wait_until([&] { return drawing.load(); });
  queue.run_task("looking", [&](ModelStore& models, Progress& progress) {
    note("task");
    EXPECT_GT(models.models(), 0U);
    EXPECT_EQ(queue.progress().activity, "looking");
    EXPECT_FALSE(queue.current());
    progress.check_cancelled();
  });
  queue.wait("job-0002");
  wait_until([&] {
    const std::lock_guard lock(mutex);
    return order.size() == 3;
  });
  EXPECT_THAT(order, testing::ElementsAre("job-0001", "task", "job-0002"));
  EXPECT_GT(queue.model_bytes(), 0U);
  queue.unload_models();
  EXPECT_EQ(queue.model_bytes(), 0U);
}

TEST(JobQueueTasks, WhatATaskThrowsComesBackAndInterruptStopsIt) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  queue.start();
  EXPECT_FALSE(queue.interrupt());
  expect_error(ErrorCode::Unsupported, "not today", [&] {
    queue.run_task(
        "x", [](ModelStore&, Progress&) { throw Error(ErrorCode::Unsupported, "not today"); });
  });
  std::atomic<bool> begun{false};
  std::thread other([&] {
    wait_until([&] { return begun.load(); });
    EXPECT_TRUE(queue.interrupt());
  });
  expect_error(ErrorCode::Cancelled, "stopped", [&] {
    queue.run_task("waits", [&](ModelStore&, Progress& progress) {
      begun = true;
      while (true) {
        progress.check_cancelled();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  });
  other.join();
  queue.stop();
  expect_error(ErrorCode::Cancelled, "the program ends",
               [&] { queue.run_task("late", [](ModelStore&, Progress&) {}); });
}

TEST(JobQueueVideo, IsMadeAgainFromTheFrames) {
  const TemporaryFolder out;
  JobQueue queue(queue_options(out), {});
  queue.submit(small_request(out), "job-0001", "", false);
  VideoSettings settings;
  settings.fps = 4;
  settings.contact_sheet = true;
  Progress progress;
  expect_error(ErrorCode::InvalidArgument, "is queued, expected one that has frames",
               [&] { queue.make_video("job-0001", settings, progress); });
  queue.start();
  const JobRecord drawn = queue.wait("job-0001");
  const std::string before = read_file(queue.run_folder(drawn) / "travel-00000.gif");
  EXPECT_EQ(queue.make_video("job-0001", settings, progress), "travel-00000.gif");
  EXPECT_NE(read_file(queue.run_folder(drawn) / "travel-00000.gif"), before);
  EXPECT_EQ(queue.find("job-0001")->contact_sheet, "contact-sheet.png");
}

}  // namespace
}  // namespace ptravel
