#include "ptravel/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ptravel {
namespace {

using nlohmann::json;

/// A job whose work announces a folder and then fails like this.
bool can_go_on_after(ErrorCode code, bool folder) {
  Job job("a");
  job.run([&](Progress&, const RunEventSink& events) {
    if (folder) {
      events({RunEvent::Kind::Folder, "", "out/prompt_travel/00000", 0});
    }
    throw Error(code, "failed");
  });
  return job.can_go_on();
}

TEST(Job, TellsItsStateAndWhatWentWrongAsData) {
  Job job("seven");
  EXPECT_EQ(job.state(), JobState::Waiting);
  job.run([&](Progress& progress, const RunEventSink&) {
    EXPECT_EQ(job.state(), JobState::Running);
    progress.begin("drawing", "frames", 4);
    throw Error(ErrorCode::InvalidArgument, Problem{"width", "63, expected a multiple of 8"});
  });
  EXPECT_EQ(job.state(), JobState::Failed);
  const json object = json::parse(job.to_json());
  EXPECT_EQ(object.at("id"), "seven");
  EXPECT_EQ(object.at("state"), "failed");
  EXPECT_EQ(object.at("progress").at("activity"), "drawing");
  EXPECT_EQ(object.at("error").at("code"), "invalid_argument");
  EXPECT_EQ(object.at("error").at("problems").at(0).at("field"), "width");
  EXPECT_TRUE(object.at("folder").is_null());
}

TEST(Job, CancelStopsItAlsoBeforeItBegins) {
  Job job("a");
  job.cancel();
  bool worked = false;
  job.run([&](Progress&, const RunEventSink&) { worked = true; });
  EXPECT_FALSE(worked);
  EXPECT_EQ(job.state(), JobState::Stopped);
}

TEST(Job, AnyExceptionEndsInIt) {
  Job job("a");
  job.run([](Progress&, const RunEventSink&) { throw std::bad_alloc(); });
  ASSERT_TRUE(job.error());
  EXPECT_EQ(job.error()->code(), ErrorCode::OutOfMemory);
}

TEST(Job, SaysThatItCanGoOnOnlyWhereThatCanSucceed) {
  EXPECT_TRUE(can_go_on_after(ErrorCode::Cancelled, true));
  EXPECT_TRUE(can_go_on_after(ErrorCode::Io, true));
  EXPECT_TRUE(can_go_on_after(ErrorCode::OutOfMemory, true));
  EXPECT_FALSE(can_go_on_after(ErrorCode::Cancelled, false));
  for (const ErrorCode code : {ErrorCode::InvalidArgument, ErrorCode::NotFound, ErrorCode::Corrupt,
                               ErrorCode::Unsupported, ErrorCode::Internal}) {
    EXPECT_FALSE(can_go_on_after(code, true)) << error_code_name(code);
  }
}

TEST(Job, EventsKeepTheirNamesAndFields) {
  EXPECT_EQ(to_json(RunEvent{RunEvent::Kind::Frame, "", "a/00003.png", 3}),
            R"({"event":"frame","path":"a/00003.png","index":3})");
  EXPECT_EQ(to_json(RunEvent{RunEvent::Kind::Note, "note: x", {}, 0}),
            R"({"event":"note","text":"note: x"})");
  EXPECT_EQ(to_json(RunEvent{RunEvent::Kind::ContactSheet, "", "a/b.png", 0}),
            R"({"event":"contact_sheet","path":"a/b.png"})");
  EXPECT_EQ(event_json("done", {{"video", "a.mp4"}}), R"({"event":"done","video":"a.mp4"})");
  const json progress = json::parse(to_json(ProgressSnapshot{"drawing", "frames", 1, 4, 0, -1, 0}));
  EXPECT_EQ(progress.at("event"), "progress");
  EXPECT_EQ(progress.at("total"), 4);
  EXPECT_TRUE(progress.at("seconds_left").is_null());
}

}  // namespace
}  // namespace ptravel
