// The command lines in deploy/, run as the engines would.

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "tests/cli/run_program.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

const std::string kFolder = "outputs/prompt_travel/00000";
const std::string kModels = PTRAVEL_TEST_DATA "/tiny_sd1";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

/// The lists behind a key of a YAML file ("args: [...]"), as shell words.
std::vector<std::string> lists_of(const std::string& yaml, const std::string& key) {
  std::vector<std::string> lists;
  for (const std::string_view line : split(yaml, '\n')) {
    const std::string_view text = trimmed(line);
    if (text.starts_with(key + ": [")) {
      std::string words;
      for (const auto& word : nlohmann::json::parse(text.substr(key.size() + 2))) {
        words += "'" + word.get<std::string>() + "' ";
      }
      lists.push_back(words);
    }
  }
  return lists;
}

std::string value_of(const std::string& yaml, const std::string& key) {
  for (const std::string_view line : split(yaml, '\n')) {
    if (trimmed(line).starts_with(key + ":")) {
      return replaced(std::string(trimmed(trimmed(line).substr(key.size() + 1))), "\"", "");
    }
  }
  return "";
}

/// A planned run of five frames.
void plan(const TemporaryFolder& folder) {
  const Outcome outcome =
      run(folder, "plan --model '" + kModels +
                      "/model.safetensors' --prompt 'a cat' --prompt 'a dog' --travel-steps 3 "
                      "--steps 2 --width 64 --height 64 --seed 3 --format gif --threads 1");
  ASSERT_EQ(outcome.status, 0) << outcome.errors;
}

void expect_runs(const TemporaryFolder& folder, const std::string& line) {
  const Outcome outcome = run_command(folder, line);
  EXPECT_EQ(outcome.status, 0) << line << "\n" << outcome.errors;
}

std::string kubernetes_line(const std::string& yaml) {
  const auto lines = lists_of(yaml, "command");
  EXPECT_EQ(lines.size(), 1u);
  return replaced(replaced(replaced(lines.at(0), "'prompt-travel'", "'" PTRAVEL_PROGRAM "'"),
                           "/runs/prompt_travel/00000", kFolder),
                  "'/models'", "'" + kModels + "'");
}

TEST(Deploy, KubernetesJobsDrawAndFinish) {
  const TemporaryFolder folder;
  plan(folder);
  const std::string frames = read_file(PTRAVEL_DEPLOY "/kubernetes/frames.yaml");
  const std::string count = value_of(frames, "value");
  EXPECT_EQ(value_of(frames, "completions"), count);
  EXPECT_EQ(value_of(frames, "completionMode"), "Indexed");
  expect_runs(folder, "env JOB_COMPLETION_INDEX=" + std::to_string(std::stoi(count) - 1) +
                          " JOB_COMPLETIONS=" + count + " " + kubernetes_line(frames));
  EXPECT_TRUE(fs::exists(folder / kFolder / "00004.png"));
  EXPECT_FALSE(fs::exists(folder / kFolder / "00000.png"));
  expect_runs(folder, "env JOB_COMPLETION_INDEX=0 JOB_COMPLETIONS=1 " + kubernetes_line(frames));
  expect_runs(folder, kubernetes_line(read_file(PTRAVEL_DEPLOY "/kubernetes/finish.yaml")));
  EXPECT_TRUE(fs::exists(folder / kFolder / "travel-00000.gif"));
}

TEST(Deploy, OpenJobDescriptionsDrawAndFinish) {
  const TemporaryFolder folder;
  plan(folder);
  const auto lines = lists_of(read_file(PTRAVEL_DEPLOY "/openjd/travel.yaml"), "args");
  ASSERT_EQ(lines.size(), 2u);
  for (const char* chunk : {"0-2", "3-4"}) {
    std::string line = "'" PTRAVEL_PROGRAM "' " + lines[0];
    line = replaced(replaced(line, "{{Param.RunFolder}}", kFolder), "{{Param.ModelsDir}}", kModels);
    expect_runs(folder, replaced(line, "{{Task.Param.Frame}}", chunk));
  }
  EXPECT_TRUE(fs::exists(folder / kFolder / "00004.png"));
  const std::string line = "'" PTRAVEL_PROGRAM "' " + lines[1];
  expect_runs(folder, replaced(replaced(line, "{{Param.RunFolder}}", kFolder),
                               "{{Param.ModelsDir}}", kModels));
  EXPECT_TRUE(fs::exists(folder / kFolder / "travel-00000.gif"));
}

/// No container engine is needed for that; the image itself is not built.
TEST(Deploy, TheContainersStepsAreThoseOfTheDemo) {
  const std::string image = read_file(PTRAVEL_DEPLOY "/Containerfile");
  const std::string demo = read_file(PTRAVEL_DEPLOY "/../demo.sh");
  std::size_t at = 0;
  int steps = 0;
  for (const std::string_view line : split(demo, '\n')) {
    if (line.starts_with("scripts/install_packages ") || line.starts_with("cmake ")) {
      const std::size_t found = image.find(std::string(line) + " \\\n", at);
      ASSERT_NE(found, std::string::npos) << line;
      at = found + line.size();
      ++steps;
    }
  }
  EXPECT_EQ(steps, 3);
}

TEST(Deploy, SlurmScriptsDrawAndFinish) {
  const TemporaryFolder folder;
  plan(folder);
  const std::string with_program = "env PROMPT_TRAVEL='" PTRAVEL_PROGRAM "' ";
  const std::string task = "SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_ID=";
  expect_runs(folder, with_program + task + "1 " PTRAVEL_DEPLOY "/slurm/frames.sh " + kFolder);
  EXPECT_TRUE(fs::exists(folder / kFolder / "00004.png"));
  EXPECT_FALSE(fs::exists(folder / kFolder / "00000.png"));
  expect_runs(folder, with_program + task + "0 " PTRAVEL_DEPLOY "/slurm/frames.sh " + kFolder);
  expect_runs(folder, with_program + PTRAVEL_DEPLOY "/slurm/finish.sh " + kFolder);
  EXPECT_TRUE(fs::exists(folder / kFolder / "travel-00000.gif"));
}

}  // namespace
}  // namespace ptravel
