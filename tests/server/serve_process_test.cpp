// The real program: started, asked over sockets, killed, started again.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "tests/http/raw_client.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// "prompt-travel serve" in a folder of its own.
class ServeProcess {
 public:
  ServeProcess(const TemporaryFolder& folder, std::vector<std::string> words)
      : output_(folder / "serve.txt") {
    words.insert(words.begin(), {PTRAVEL_PROGRAM, "serve"});
    std::vector<char*> arguments;
    for (std::string& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    std::filesystem::remove(output_);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int file = ::open(output_.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
      ::dup2(file, STDOUT_FILENO);
      ::dup2(file, STDERR_FILENO);
      ::setenv("PROMPT_TRAVEL_DEFAULT_MODEL", PTRAVEL_DEFAULT_MODEL, 1);
      if (::chdir(folder.path().c_str()) == 0) {
        ::execv(arguments[0], arguments.data());
      }
      ::_exit(127);
    }
  }
  ~ServeProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  /// The port that it tells; 0 when it ended or does not within 30 seconds.
  std::uint16_t port() {
    for (int i = 0; i < 3000 && !ended(); ++i) {
      const std::string text = output();
      const std::size_t at = text.find("http://127.0.0.1:");
      if (at != std::string::npos && text.find('/', at + 8) != std::string::npos) {
        return static_cast<std::uint16_t>(std::stoi(text.substr(at + 17)));
      }
      std::this_thread::sleep_for(10ms);
    }
    return 0;
  }
  std::string output() const {
    return std::filesystem::exists(output_) ? read_file(output_) : std::string();
  }
  bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_) {
      pid_ = -1;
    }
    return pid_ < 0;
  }
  /// Sends a signal and waits up to 20 seconds; the exit status, or minus the signal.
  int end_with(int signal) {
    ::kill(pid_, signal);
    return wait();
  }
  int wait() {
    for (int i = 0; i < 2000 && !ended(); ++i) {
      std::this_thread::sleep_for(10ms);
    }
    EXPECT_TRUE(ended());
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }

 private:
  std::filesystem::path output_;
  pid_t pid_ = -1;
  int status_ = -1;
};

Json get_json(std::uint16_t port, const std::string& path) {
  const test::RawReply reply = test::RawClient(port).ask(test::get(path));
  EXPECT_EQ(reply.status, 200) << path << " " << reply.body;
  return Json::parse(reply.body, nullptr, false);
}

std::string submission(const std::string& id) {
  return Json{{"id", id},
              {"request",
               {{"prompt", "girl, red hair\ngirl, blue hair"},
                {"travel_steps", 6},
                {"steps", 8},
                {"seed", 5},
                {"width", 64},
                {"height", 64}}}}
      .dump();
}

Json finished(std::uint16_t port, const std::string& id) {
  for (int i = 0; i < 1200; ++i) {
    Json job = get_json(port, "/api/v1/jobs/" + id);
    if (job.value("state", "") == "done" || job.value("state", "") == "failed") {
      return job;
    }
    std::this_thread::sleep_for(50ms);
  }
  ADD_FAILURE() << "the job did not end within a minute";
  return {};
}

std::string video_bytes(std::uint16_t port, const Json& job) {
  const std::string path = "/api/v1/jobs/" + job.at("id").get<std::string>() + "/files/" +
                           job.at("video").get<std::string>();
  return test::RawClient(port).ask(test::get(path)).body;
}

TEST(Serve, KilledAtAnyMomentItGoesOnAndTheVideoIsTheSame) {
  const TemporaryFolder folder;
  std::string undisturbed;
  {
    ServeProcess server(folder, {"--port", "0", "--out", "a"});
    const std::uint16_t port = server.port();
    ASSERT_NE(port, 0) << server.output();
    EXPECT_EQ(test::RawClient(port).ask(test::post("/api/v1/jobs", submission("job-00001"))).status,
              201);
    undisturbed = video_bytes(port, finished(port, "job-00001"));
    EXPECT_FALSE(undisturbed.empty());
    EXPECT_EQ(server.end_with(SIGTERM), 0);
  }
  for (const auto pause : {0ms, 150ms, 700ms, 1500ms}) {
    {
      ServeProcess server(folder, {"--port", "0", "--out", "b"});
      const std::uint16_t port = server.port();
      ASSERT_NE(port, 0) << server.output();
      // Accepted again and again under its id, it stays one job.
      const test::RawReply reply =
          test::RawClient(port).ask(test::post("/api/v1/jobs", submission("job-00001")));
      EXPECT_TRUE(reply.status == 201 || reply.status == 200) << reply.status;
      std::this_thread::sleep_for(pause);
      EXPECT_EQ(server.end_with(SIGKILL), -SIGKILL);
    }
  }
  ServeProcess server(folder, {"--port", "0", "--out", "b"});
  const std::uint16_t port = server.port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(get_json(port, "/api/v1/jobs").at("jobs").size(), 1U);
  EXPECT_EQ(video_bytes(port, finished(port, "job-00001")), undisturbed);
}

TEST(Serve, SigtermSavesAndEndsSoon) {
  const TemporaryFolder folder;
  ServeProcess server(folder, {"--port", "0", "--json"});
  const std::uint16_t port = server.port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(Json::parse(server.output()).at("event"), "serving");
  std::string body = submission("job-00001");
  body.replace(body.find("\"travel_steps\":6"), 16, "\"travel_steps\":500");
  EXPECT_EQ(test::RawClient(port).ask(test::post("/api/v1/jobs", body)).status, 201);
  test::RawClient listener(port);
  listener.send(test::get("/api/v1/events"));
  EXPECT_NE(listener.read_until("event: frame", 30s).find("event: frame"), std::string::npos);
  const auto before = Clock::now();
  EXPECT_EQ(server.end_with(SIGTERM), 0);
  EXPECT_LT(Clock::now() - before, 10s);
  EXPECT_TRUE(listener.ends());
}

TEST(Serve, SigtermDoesNotWaitForAHugeStep) {
  const TemporaryFolder folder;
  std::string body = submission("job-00001");
  for (const char* side : {"\"width\":64", "\"height\":64"}) {
    const std::string text = side;
    body.replace(body.find(text), text.size(), text.substr(0, text.find(':')) + ":2048");
  }
  std::string state;
  {
    ServeProcess server(folder, {"--port", "0"});
    const std::uint16_t port = server.port();
    ASSERT_NE(port, 0) << server.output();
    EXPECT_EQ(test::RawClient(port).ask(test::post("/api/v1/jobs", body)).status, 201);
    for (int i = 0; i < 500 && state != "drawing"; ++i) {
      std::this_thread::sleep_for(20ms);
      state = get_json(port, "/api/v1/jobs/job-00001").at("state");
    }
    EXPECT_EQ(state, "drawing");
    const auto before = Clock::now();
    EXPECT_EQ(server.end_with(SIGTERM), 0);
    EXPECT_LT(Clock::now() - before, 10s);
  }
  ServeProcess again(folder, {"--port", "0"});
  const std::uint16_t port = again.port();
  ASSERT_NE(port, 0) << again.output();
  EXPECT_EQ(get_json(port, "/api/v1/jobs").at("jobs").size(), 1U);
}

TEST(Serve, OtherMachinesNeedAPasswordOrAWord) {
  const TemporaryFolder folder;
  ServeProcess refused(folder, {"--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(refused.wait(), 2);
  EXPECT_THAT(refused.output(), testing::HasSubstr("--api-auth"));
  EXPECT_THAT(refused.output(), testing::HasSubstr("--insecure"));
  // A name, whatever it looks like.
  ServeProcess named(folder, {"--host", "127.0.0.1.example.invalid", "--port", "0"});
  EXPECT_EQ(named.wait(), 2);
  EXPECT_THAT(named.output(), testing::HasSubstr("--api-auth"));
  ServeProcess wrong(folder,
                     {"--api-auth", "nocolon", "--models-dir", "nowhere", "--port", "99999"});
  EXPECT_EQ(wrong.wait(), 2);
}

TEST(Serve, APasswordIsAskedFor) {
  const TemporaryFolder folder;
  ServeProcess server(folder, {"--port", "0", "--api-auth", "me:secret"});
  const std::uint16_t port = server.port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(test::RawClient(port).ask(test::get("/api/v1/bootstrap")).status, 401);
  // me:secret
  const std::string header = "Authorization: Basic bWU6c2VjcmV0\r\n";
  EXPECT_EQ(test::RawClient(port).ask(test::get("/api/v1/bootstrap", header)).status, 200);
  EXPECT_EQ(server.end_with(SIGINT), 0);
}

TEST(Serve, APortThatIsTakenIsNamed) {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  ServeProcess first(folder, {"--port", "0"});
  const std::uint16_t port = first.port();
  ASSERT_NE(port, 0) << first.output();
  ServeProcess second(other, {"--port", std::to_string(port)});
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.output(), testing::HasSubstr(std::to_string(port)));
}

}  // namespace
}  // namespace ptravel
