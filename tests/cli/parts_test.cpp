// A film in parts by several processes at once, as machines draw it.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string request(const std::string& settings) {
  return "--model '" PTRAVEL_TEST_DATA
         "/tiny_sd1/model.safetensors' --prompt 'a cat' --prompt 'a dog' --prompt 'the sea' "
         "--travel-steps 4 --steps 3 --width 64 --height 64 --seed 3 --format gif "
         "--contact-sheet --threads 1 " +
         settings;
}

const char* const kFolder = "outputs/prompt_travel/00000";

std::map<std::string, std::string> files_of(const TemporaryFolder& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder / kFolder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

/// A process of the program that draws a part; waited for when it ends.
class Worker {
 public:
  Worker(const TemporaryFolder& folder, const std::string& choice) {
    const std::string line = "cd '" + folder.path().string() +
                             "' && exec " PTRAVEL_PROGRAM " frames " + kFolder + " --threads 1 " +
                             choice + " >/dev/null 2>&1";
    process_ = ::fork();
    if (process_ == 0) {
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Worker() { wait(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void kill() { ::kill(process_, SIGKILL); }
  int wait() {
    int status = 0;
    if (process_ > 0) {
      ::waitpid(process_, &status, 0);
      process_ = 0;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t process_ = 0;
};

class Parts : public testing::TestWithParam<const char*> {};

TEST_P(Parts, OfSeveralProcessesOneOfThemKilledAreTheBytesOfOne) {
  const TemporaryFolder whole, parts;
  const Outcome rendered = run(whole, "render " + request(GetParam()));
  ASSERT_EQ(rendered.status, 0) << rendered.errors;
  const Outcome planned = run(parts, "plan --json " + request(GetParam()));
  ASSERT_EQ(planned.status, 0) << planned.errors;
  const std::string last = planned.output.substr(planned.output.find("{\"event\":\"plan\""));
  EXPECT_EQ(nlohmann::json::parse(last).at("frames"), 11);
  EXPECT_FALSE(fs::exists(parts / kFolder / "00000.png"));
  {
    Worker killed(parts, "--part 1/1");
    Worker second(parts, "--frames 2-4,9");
    Worker third(parts, "--part 2/3");
    for (int i = 0; i < 2000 && !fs::exists(parts / kFolder / "00000.png"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    killed.kill();
    EXPECT_EQ(killed.wait(), -SIGKILL);
    EXPECT_EQ(second.wait(), 0);
    EXPECT_EQ(third.wait(), 0);
  }
  const Outcome early = run(parts, std::string("finish ") + kFolder);
  if (early.status != 0) {
    EXPECT_THAT(early.errors, HasSubstr("frames are missing"));
  }
  const Outcome rest = run(parts, std::string("frames ") + kFolder);
  EXPECT_EQ(rest.status, 0) << rest.errors;
  const Outcome finished = run(parts, std::string("finish ") + kFolder);
  EXPECT_EQ(finished.status, 0) << finished.errors;
  const auto expected = files_of(whole);
  const auto found = files_of(parts);
  for (const auto& [name, bytes] : expected) {
    EXPECT_TRUE(found.count(name) > 0 && found.at(name) == bytes) << name;
  }
  EXPECT_EQ(found.size(), expected.size());
}

INSTANTIATE_TEST_SUITE_P(
    Ways, Parts, testing::Values("", "--mode grad", "--genesis embryo", "--genesis successive"));

TEST(Parts, LocalWorkersGiveTheBytesOfOneProcess) {
  const TemporaryFolder whole, workers, resumed;
  ASSERT_EQ(run(whole, "render " + request("--fps 8")).status, 0);
  const Outcome outcome = run_process(workers, "render --workers 2 " + request("--fps 8"));
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("travel-00000.gif"));
  EXPECT_TRUE(files_of(workers) == files_of(whole));
  ASSERT_EQ(run(resumed, "plan " + request("--fps 8")).status, 0);
  const std::string folder = kFolder;
  const Outcome part =
      run_process(resumed, "frames --json " + folder + " --part 1/2 --workers 3 --threads 1");
  EXPECT_EQ(part.status, 0) << part.errors;
  EXPECT_THAT(part.output, HasSubstr("\"event\":\"frame\""));
  EXPECT_FALSE(fs::exists(resumed / kFolder / "00010.png"));
  EXPECT_EQ(run_process(resumed, "resume " + folder + " --workers 2 --threads 1").status, 0);
  EXPECT_TRUE(files_of(resumed) == files_of(whole));
  EXPECT_THAT(run(resumed, "status " + folder).output, HasSubstr("finished, 11 of 11 frames"));
  const Outcome wrong = run(resumed, "frames " + folder + " --workers 0");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("--workers: 0, expected 1 to"));
  fs::remove(resumed / kFolder / "00003.png");
  const Outcome failed =
      run_process(resumed, "frames " + folder + " --workers 2 --model nowhere.safetensors");
  EXPECT_NE(failed.status, 0);
  EXPECT_THAT(failed.errors, HasSubstr("nowhere.safetensors"));
}

TEST(Parts, AListOfDevicesGivesTheBytesOfOneProcess) {
  const TemporaryFolder whole, listed, resumed;
  ASSERT_EQ(run(whole, "render --device cpu " + request("--fps 8")).status, 0);
  const Outcome outcome =
      run_process(listed, "render --json --device cpu,cpu " + request("--fps 8"));
  EXPECT_EQ(outcome.status, 0) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("\"event\":\"frame\""));
  EXPECT_TRUE(files_of(listed) == files_of(whole));
  const std::string folder = kFolder;
  ASSERT_EQ(run(resumed, "plan --device cpu " + request("--fps 8")).status, 0);
  const Outcome part =
      run_process(resumed, "frames " + folder + " --part 1/2 --device cpu,cpu,cpu");
  EXPECT_EQ(part.status, 0) << part.errors;
  EXPECT_FALSE(fs::exists(resumed / kFolder / "00010.png"));
  EXPECT_EQ(run_process(resumed, "resume " + folder + " --device cpu,cpu").status, 0);
  EXPECT_TRUE(files_of(resumed) == files_of(whole));
}

/// What cannot be drawn on says which device it is; each command and file that takes no list says
/// what it takes.
TEST(Parts, WrongDevicesAreOneLine) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, "plan --device cpu " + request("")).status, 0);
  write_file_atomic(folder / "film.toml", "device = \"cpu,cpu\"\n");
  const std::string one_of = ", expected one of auto, cpu, cuda";
  for (const auto& [words, message] : std::vector<std::pair<std::string, std::string>>{
           {"render --device cuda:x", "--device: \"cuda:x\", expected cpu or a card such as"},
           {"frames FOLDER --device cpu,", "--device: \"\" in \"cpu,\", expected cpu or a card"},
           {"resume FOLDER --device cpu,cuda:0",
            "--device: \"cpu,cuda:0\" has processor and cards"},
           {"render --device cpu,cpu --workers 2", "--workers: 2, expected none beside a list of"},
           {"frames FOLDER --device cpu,cpu --workers 1", "--workers: 1, expected none beside"},
           {"render --device cpu,cpu --dry-run",
            "--device: the processes of a list draw, expected"},
           {"frames FOLDER --device cpu,cpu --profile",
            "--device: the processes of a list are not"},
           {"plan --device cpu,cpu", "--device: \"cpu,cpu\"" + one_of},
           {"render --config film.toml", "device: \"cpu,cpu\"" + one_of},
           {"serve --device cpu,cpu", "--device: \"cpu,cpu\"" + one_of},
           {"submit FOLDER --engine slurm --device cpu,cpu", "--device: \"cpu,cpu\"" + one_of},
           {"upscale a.png --out b.png --device cpu,cpu", "--device: \"cpu,cpu\"" + one_of}}) {
    std::string line = words;
    if (const auto at = line.find("FOLDER"); at != std::string::npos) {
      line.replace(at, 6, kFolder);
    }
    const Outcome outcome = run(folder, line + (line.starts_with("render") ? " --prompt a" : ""));
    EXPECT_EQ(outcome.status, 2) << words;
    EXPECT_THAT(outcome.errors, HasSubstr(message)) << words;
  }
  const std::string frames = std::string("frames ") + kFolder + " --device ";
  const Outcome hidden =
      run_command(folder, "CUDA_VISIBLE_DEVICES=4 " PTRAVEL_PROGRAM " " + frames + "cuda:0,cuda:1");
  EXPECT_EQ(hidden.status, 2);
  EXPECT_THAT(hidden.errors, HasSubstr("--device: \"cuda:1\", expected one of the cards that"));
  const Outcome away = run_process(folder, frames + "cuda:1000,cuda:1001");
  EXPECT_EQ(away.status, 1);
  EXPECT_THAT(away.errors, testing::ContainsRegex("cuda:100[01]: \\[device\\] cuda: "));
  EXPECT_FALSE(fs::exists(folder / kFolder / "00000.png"));
}

/// A run that was begun with other kernels than this processor's best goes on with those.
TEST(Parts, KernelsArePinnedForAllMachines) {
  const TemporaryFolder whole, parts;
  const std::string baseline = "--kernels baseline " + request("");
  ASSERT_EQ(run(whole, "render " + baseline).status, 0);
  const auto manifest = nlohmann::json::parse(read_file(whole / kFolder / "travel.json"));
  EXPECT_EQ(manifest.at("kernels"), "baseline");
  ASSERT_EQ(run(parts, "plan " + baseline).status, 0);
  const Outcome drawn = run(parts, std::string("frames ") + kFolder);
  EXPECT_EQ(drawn.status, 0) << drawn.errors;
  EXPECT_THAT(drawn.errors, testing::Not(HasSubstr("kernels")));
  EXPECT_EQ(run(parts, std::string("finish ") + kFolder).status, 0);
  EXPECT_TRUE(files_of(parts) == files_of(whole));
  const Outcome wrong = run(parts, "render --kernels abacus " + request(""));
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("--kernels: \"abacus\", expected what this processor runs"));
}

TEST(Parts, EnginesChooseThem) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, "plan " + request("")).status, 0);
  const std::string frames = std::string(" " PTRAVEL_PROGRAM " frames ") + kFolder;
  const Outcome slurm = run_command(
      folder, "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=11" + frames + " --threads 1");
  EXPECT_EQ(slurm.status, 0) << slurm.errors;
  EXPECT_THAT(slurm.errors, HasSubstr("part 2 of 11"));
  EXPECT_TRUE(fs::exists(folder / kFolder / "00001.png"));
  EXPECT_FALSE(fs::exists(folder / kFolder / "00000.png"));
  const Outcome kubernetes = run_command(folder, "JOB_COMPLETION_INDEX=0" + frames);
  EXPECT_EQ(kubernetes.status, 2);
  EXPECT_THAT(kubernetes.errors, HasSubstr("JOB_COMPLETIONS: is not set"));
}

/// The part that an engine tells a task is for `frames` alone.
TEST(Parts, LocalWorkersOfRenderAndResumeDrawAllWhateverTheEnvironmentSays) {
  const TemporaryFolder folder;
  const std::string program = " " PTRAVEL_PROGRAM " ";
  const Outcome rendered = run_command(folder, "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=11" +
                                                   program + "render --workers 2 " + request(""));
  EXPECT_EQ(rendered.status, 0) << rendered.errors;
  const std::string in_pod = "JOB_COMPLETION_INDEX=0 JOB_COMPLETIONS=11" + program;
  for (const char* name : {"00000.png", "00003.png"}) {
    fs::remove(folder / kFolder / name);
  }
  const Outcome part =
      run_command(folder, in_pod + "frames --workers 2 --threads 1 " + std::string(kFolder));
  EXPECT_EQ(part.status, 0) << part.errors;
  EXPECT_TRUE(fs::exists(folder / kFolder / "00000.png"));
  EXPECT_FALSE(fs::exists(folder / kFolder / "00003.png"));
  const Outcome resumed =
      run_command(folder, in_pod + "resume --workers 2 --threads 1 " + std::string(kFolder));
  EXPECT_EQ(resumed.status, 0) << resumed.errors;
  EXPECT_TRUE(fs::exists(folder / kFolder / "00003.png"));
}

TEST(Parts, WrongChoicesAreOneLine) {
  const TemporaryFolder folder;
  ASSERT_EQ(run(folder, "plan " + request("")).status, 0);
  for (const auto& [choice, message] :
       {std::pair{"--part 5/4", "--part: \"5/4\", expected a part of parts"},
        std::pair{"--frames 3-11", "--frames: 3-11, expected frames of the film, 0-10"},
        std::pair{"--unit 11", "--unit: 11, expected one of the film's units, 0-10"},
        std::pair{"--unit 1 --part 1/2", "expected one of --frames, --unit and --part"}}) {
    const Outcome outcome = run(folder, std::string("frames ") + kFolder + " " + choice);
    EXPECT_EQ(outcome.status, 2) << choice;
    EXPECT_THAT(outcome.errors, HasSubstr(message));
  }
  for (const auto& [words, message] :
       {std::pair{"render --workers 2 --from x.png", "--workers: draw a whole travel, expected no"},
        std::pair{"render --workers 2 --dry-run --prompt a", "--workers: draw, expected no --dry"},
        std::pair{"frames FOLDER --workers 2 --profile",
                  "--workers: are not measured, expected no"},
        std::pair{"resume FOLDER --workers 2 --debug", "--workers: do not tell their steps, exp"},
        std::pair{"submit FOLDER --engine slurm --chunk 0", "--chunk: 0, expected 1 to"},
        std::pair{"submit FOLDER --engine slurm --cancel --chunk 2", "--chunk: is for jobs that b"},
        std::pair{"submit FOLDER --engine slurm --cancel --partition x", "--partition: is for job"},
        std::pair{"submit FOLDER --engine slurm --cancel --threads 2", "--threads: is for jobs"}}) {
    std::string line = words;
    if (const auto at = line.find("FOLDER"); at != std::string::npos) {
      line.replace(at, 6, kFolder);
    }
    const Outcome outcome = run(folder, line);
    EXPECT_EQ(outcome.status, 2) << words;
    EXPECT_THAT(outcome.errors, HasSubstr(message));
  }
  const Outcome missing = run(folder, std::string("finish ") + kFolder);
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.errors, HasSubstr("11 of 11 frames are missing"));
}

}  // namespace
}  // namespace ptravel
