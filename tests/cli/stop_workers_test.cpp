// Ctrl-C and sudden ends while local workers draw.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/text.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kFolder = "outputs/prompt_travel/00000";
/// Long enough to be stopped in the middle.
const std::string kRequest =
    " --model '" PTRAVEL_TEST_DATA
    "/tiny_sd1/model.safetensors' --prompt 'a cat' --prompt 'a dog' --travel-steps 60 --steps 8 "
    "--width 64 --height 64 --seed 3 --format gif --fps 8 --threads 1";

std::size_t frames_in(const TemporaryFolder& folder) {
  std::error_code error;
  const fs::directory_iterator files(folder / kFolder, error);
  return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](const auto& entry) {
    return entry.path().extension() == ".png";
  }));
}

template <typename Condition>
bool comes_true(const Condition& condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

bool is_there(pid_t process) {
  const fs::path status = "/proc/" + std::to_string(process) + "/status";
  std::error_code error;
  return fs::exists(status, error) && read_file(status).find("State:\tZ") == std::string::npos;
}

/// `render --workers 2` in a group of processes of its own, as a shell starts it, when the first
/// frames are drawn.
class Rendering {
 public:
  explicit Rendering(const TemporaryFolder& folder) {
    const std::string line = "cd '" + folder.path().string() +
                             "' && exec " PTRAVEL_PROGRAM " render --workers 2" + kRequest +
                             " >out.txt 2>err.txt";
    process_ = ::fork();
    if (process_ == 0) {
      ::setpgid(0, 0);
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    EXPECT_TRUE(comes_true([&] { return frames_in(folder) >= 4; }));
    const std::string number = std::to_string(process_);
    const std::string children = read_file("/proc/" + number + "/task/" + number + "/children");
    for (const std::string_view child : split(trimmed(children), ' ')) {
      workers_.push_back(static_cast<pid_t>(parse_integer(child).value_or(0)));
    }
    EXPECT_EQ(workers_.size(), 2u);
  }
  ~Rendering() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      wait();
    }
  }
  Rendering(const Rendering&) = delete;
  Rendering& operator=(const Rendering&) = delete;

  const std::vector<pid_t>& workers() const { return workers_; }
  pid_t process() const { return process_; }
  /// To all that a terminal's key would reach.
  void press(int signal) const { ::kill(-process_, signal); }
  int wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  bool has_workers() const { return std::ranges::any_of(workers_, is_there); }

 private:
  pid_t process_ = -1;
  std::vector<pid_t> workers_;
};

void expect_goes_on(const TemporaryFolder& folder) {
  EXPECT_LT(frames_in(folder), 62u) << "it was not stopped in the middle";
  const Outcome resumed = run(folder, "resume " + kFolder + " --threads 1");
  EXPECT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_THAT(resumed.errors, testing::Not(HasSubstr("damaged")));
  for (const auto& entry : fs::directory_iterator(folder / kFolder)) {
    EXPECT_NE(entry.path().extension(), ".part") << entry.path();
  }
  EXPECT_THAT(run(folder, "status " + kFolder).output, HasSubstr("finished, 62 of 62 frames"));
}

TEST(StopWorkers, TheTerminalsKeyReachesThemOnceAndTheyEnd) {
  const TemporaryFolder folder;
  Rendering rendering(folder);
  for (const pid_t worker : rendering.workers()) {
    EXPECT_NE(::getpgid(worker), rendering.process());
  }
  rendering.press(SIGINT);
  EXPECT_EQ(rendering.wait(), 130);
  EXPECT_FALSE(rendering.has_workers());
  const std::string told = read_file(folder / "err.txt");
  EXPECT_THAT(told, HasSubstr("to go on: prompt-travel resume " + kFolder));
  expect_goes_on(folder);
}

TEST(StopWorkers, TheyEndWhenTheirParentIsKilled) {
  const TemporaryFolder folder;
  Rendering rendering(folder);
  ::kill(rendering.process(), SIGKILL);
  EXPECT_EQ(rendering.wait(), -SIGKILL);
  EXPECT_TRUE(comes_true([&] { return !rendering.has_workers(); }));
  expect_goes_on(folder);
}

TEST(StopWorkers, AKilledOneIsToldAndHowToGoOn) {
  const TemporaryFolder folder;
  Rendering rendering(folder);
  ASSERT_EQ(rendering.workers().size(), 2u);
  ::kill(rendering.workers()[1], SIGKILL);
  EXPECT_EQ(rendering.wait(), 1);
  const std::string told = read_file(folder / "err.txt");
  EXPECT_THAT(told, HasSubstr("[workers] worker 2 of 2 was ended by signal 9"));
  EXPECT_THAT(told, HasSubstr("to go on: prompt-travel resume " + kFolder));
  EXPECT_EQ(frames_in(folder), 62u) << "the other one draws the rest";
}

}  // namespace
}  // namespace ptravel
